"""What happens in the demo, worked out before anything is written: a pure function of the moment it is made.

The same moment gives the same plan, so that a job which was interrupted goes on where it stopped.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final

from deskhand.blueprint import people
from deskhand.blueprint.people import Player
from deskhand.blueprint.stories import Said, Story, fill, fresh_stories, stories

TICKETS: Final = 200
DAYS: Final = 60
_SEED: Final = 20_26
_MINUTES_AGO: Final = (12, 25, 41, 64, 95, 130, 185, 260)  # when the fresh questions came
_ANSWERED_BY_NOW: Final = timedelta(days=4)  # over any weekend, and not yet given up
_OPENS, _CLOSES = 7, 18  # office hours, UTC: agents answer only then
_GREETS: Final = ("Hello", "Hi", "Good morning")  # who greets already is not made to greet twice
_GREETINGS: Final = ("", "Hello,\n\n", "Hi there,\n\n", "Good morning,\n\n", "Dear support team,\n\n", "Hi all,\n\n")
_GOODBYES: Final = (
    "",
    "\n\nThanks, {me}",
    "\n\nBest regards\n{name}",
    "\n\n{name}, {place}",
    "\n\nThank you!\n{me}",
    "\n\n– {me}",
)
_AGAIN: Final = (
    "I am sorry to open this again, but it has come back this morning. Same as before.",
    "It worked for a few days, and today it is exactly as it was. What now?",
    "One more thing about this: does the same also hold for our other shop?",
)
_AGAIN_ANSWERED: Final = (
    "Thank you for coming back to this one, so that everything stays in one place. I will look at it today.",
    "Good that you write. It holds for all of your shops; and if it happens once more, I will call you.",
)
_NEVER_MIND: Final = (
    "We have found it ourselves in the meantime. Thanks anyway, this can be closed.",
    "This is no longer needed on our side. Thank you for your trouble.",
)


@dataclass(frozen=True, slots=True)
class Happening:
    """What one person does at one moment: actions as `tickets.actions` understands them, with keys in place of ids."""

    at: datetime
    by: str
    actions: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Planned:
    """One ticket from its opening to where it stands now."""

    at: datetime
    requester: str
    subject: str
    text: str
    priority: str
    happenings: tuple[Happening, ...]
    files: tuple[str, ...] = ()


def tickets(at: datetime) -> list[Planned]:
    """All tickets of the demo, oldest first, none of them touched after `at`."""
    told: list[Planned] = []
    until = at - timedelta(minutes=5)
    for index, (story, opened) in enumerate(zip(_deck(), _openings(at), strict=True)):
        told.append(_Teller(story, f"{_SEED} {index}", until=until).tell(opened))
    waiting = next(story for story in stories() if story.ends == "waiting")
    visitor = people.OPEN_TO_ALL["customer"]
    told.append(_Teller(waiting, f"{_SEED} waiting", until=until, requester=visitor).tell(at - _ANSWERED_BY_NOW))
    for story, minutes in zip(fresh_stories(), _MINUTES_AGO, strict=True):
        opened = at - timedelta(minutes=minutes)
        by = visitor if minutes == min(_MINUTES_AGO) else None
        told.append(_Teller(story, f"{_SEED} fresh {minutes}", until=opened, requester=by).tell(opened))
    return sorted(told, key=lambda ticket: ticket.at)


def _deck() -> Iterator[Story]:
    """As many stories as it takes: each is told once before any is told again."""
    chance = Random(f"{_SEED} deck")  # noqa: S311 - the same demo every time, nothing secret
    wanted = TICKETS - len(fresh_stories()) - 1
    while wanted > 0:
        pile = list(stories())
        chance.shuffle(pile)
        yield from pile[:wanted]
        wanted -= len(pile)


def _openings(at: datetime) -> list[datetime]:
    """Mostly spread over the weeks, thirty of them in the last three days."""
    chance = Random(f"{_SEED} openings")  # noqa: S311 - the same
    count = TICKETS - len(fresh_stories()) - 1
    recent = [at - timedelta(hours=chance.uniform(6, 72)) for _ in range(30)]
    older = [at - timedelta(days=chance.uniform(3, DAYS)) for _ in range(count - len(recent))]
    return [_on_a_workday(moment, chance) for moment in sorted(older + recent)]


def _on_a_workday(moment: datetime, chance: Random) -> datetime:
    """Customers write on weekends too, but less."""
    return moment - timedelta(days=2) if moment.weekday() >= 5 and chance.random() < 0.7 else moment


def _in_office(moment: datetime, chance: Random) -> datetime:
    """The moment itself in office hours, else some time into the next office day."""
    if moment.weekday() < 5 and _OPENS <= moment.hour < _CLOSES:
        return moment
    later = moment if moment.hour < _OPENS and moment.weekday() < 5 else moment + timedelta(days=1)
    while later.weekday() >= 5:
        later += timedelta(days=1)
    return later.replace(hour=_OPENS, minute=0) + timedelta(minutes=chance.randint(3, 170))


class _Teller:
    """Tells one story with one customer, until the story or the time is over.

    Words and times have a chance of their own each: what is said must not hang on when the demo is made.
    """

    def __init__(self, story: Story, seed: str, *, until: datetime, requester: Player | None = None) -> None:
        self.story, self.until = story, until
        self.chance = Random(f"{seed} times")  # noqa: S311 - the same demo every time, nothing secret
        self.wording = Random(f"{seed} words")  # noqa: S311 - the same
        self.requester = requester or self.wording.choice(people.CUSTOMERS)
        key = self.wording.choice(people.TEAM_MEMBERS[story.team])
        self.agent = next(agent for agent in people.AGENTS if agent.key == key)
        self.facts = _facts(self.requester, self.agent, self.wording)
        self.done: list[Happening] = []
        self.is_over = False

    def tell(self, opened: datetime) -> Planned:
        """The whole ticket."""
        subject = self._words(self.wording.choice(self.story.subjects))
        opening = self._words(self.story.messages[0].text)
        if not opening.startswith(_GREETS):
            opening = (
                self._words(self.wording.choice(_GREETINGS)) + opening + self._words(self.wording.choice(_GOODBYES))
            )
        self._converse(opened)
        if not self.is_over:
            self._afterwards()
        return Planned(
            at=opened,
            requester=self.requester.key,
            subject=subject,
            text=opening,
            priority=self.story.priority if self.chance.random() < 0.6 else "medium",
            happenings=tuple(self.done),
            files=self.story.messages[0].files,
        )

    def _converse(self, opened: datetime) -> None:
        moment = self._office(opened, 0.1, 3)
        self._happen(moment, self.agent.key, *self._triage())
        for said in self.story.messages[1:]:
            moment = self._moment_of(said, moment)
            by = self.requester.key if said.who == "customer" else self.agent.key
            self._happen(moment, by, self._spoken(said))
        if self.story.ends == "in_progress":
            self._happen(moment + timedelta(minutes=1), self.agent.key, {"do": "set_status", "status": "in_progress"})
        self.last = moment

    def _triage(self) -> Iterator[dict[str, Any]]:
        yield {"do": "move_to_team", "team": self.story.team}
        yield {"do": "assign", "agent": self.agent.key}
        yield {"do": "set_priority", "priority": self.story.priority}
        for tag in self.story.tags:
            yield {"do": "tag", "name": tag}

    def _afterwards(self) -> None:
        """How it ended; what was left lying for two weeks was settled by somebody."""
        end = self.story.ends
        if end in {"resolved", "closed"}:
            by_customer = end == "closed" and self.chance.random() < 0.4
            done: dict[str, Any] = {"do": "close"} if end == "closed" else {"do": "set_status", "status": "resolved"}
            moment = self._later(1, 20) if by_customer else self._office(self.last, 1, 20)
            self._happen(moment, self.requester.key if by_customer else self.agent.key, done)
            self.last = moment
            if self.chance.random() < 0.06:
                self._once_more()
        elif self.until - self.last > timedelta(days=9):
            words = {"do": "reply", "text": self.chance.choice(_NEVER_MIND)}
            self._happen(self._later(60, 190), self.requester.key, words, {"do": "close"})

    def _once_more(self) -> None:
        moment = self._later(40, 130)
        self._happen(moment, self.requester.key, {"do": "reply", "text": self.chance.choice(_AGAIN)})
        answer = {"do": "reply", "text": self.chance.choice(_AGAIN_ANSWERED)}
        moment = self._office(moment, 0.5, 5)
        self._happen(moment, self.agent.key, answer)

    def _moment_of(self, said: Said, before: datetime) -> datetime:
        match said.who:
            case "customer":
                return before + timedelta(hours=self.chance.uniform(0.3, 16))
            case "note":
                return self._office(before, 0.1, 0.5)
            case _:
                return self._office(before, 0.2, 4)

    def _spoken(self, said: Said) -> dict[str, Any]:
        spoken = {"do": "note" if said.who == "note" else "reply", "text": self._words(said.text)}
        return {**spoken, "files": list(said.files)} if said.files else spoken

    def _happen(self, moment: datetime, by: str, *actions: dict[str, Any]) -> None:
        """Note it down, unless it would lie in the future: then the story has got only as far as here."""
        self.is_over = self.is_over or moment > self.until
        if not self.is_over:
            self.done.append(Happening(at=moment, by=by, actions=actions))

    def _words(self, text: str) -> str:
        return fill(text, self.facts, self.wording)

    def _later(self, least_hours: float, most_hours: float) -> datetime:
        return self.last + timedelta(hours=self.chance.uniform(least_hours, most_hours))

    def _office(self, before: datetime, least_hours: float, most_hours: float) -> datetime:
        return _in_office(before + timedelta(hours=self.chance.uniform(least_hours, most_hours)), self.chance)


def _facts(requester: Player, agent: Player, chance: Random) -> dict[str, str]:
    colleagues = [person for person in people.CUSTOMERS if person.place == requester.place and person != requester]
    letters = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
    return {
        "me": requester.name.split()[0],
        "name": requester.name,
        "place": requester.place,
        "agent": agent.name.split()[0],
        "colleague": chance.choice(colleagues).name.split()[0],
        "site": chance.choice(people.SITES[requester.place]),
        "product": chance.choice(("Tally 2", "Tally 2 Wide", "Tally Mini")),
        "order": f"TL-{chance.randint(40_100, 58_900)}",
        "invoice": f"RE-{chance.randint(20_100, 29_900)}",
        "serial": "T2-" + "".join(chance.choice(letters) for _ in range(6)),
        "count": str(chance.randint(2, 9)),
        "day": chance.choice(("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")),
        "version": f"4.{chance.randint(2, 9)}.{chance.randint(0, 4)}",
    }
