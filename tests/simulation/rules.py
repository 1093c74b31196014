"""What can happen. Each rule does one thing, says whether it had to be accepted, and tells in a line what it did."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError

from deskhand.accounts import changes as people
from deskhand.core.html import compose
from deskhand.desk.changes import configure
from deskhand.mail.changes import send_held
from deskhand.tickets.attachments import staged
from deskhand.tickets.changes import Change, ChangeError, change_ticket
from deskhand.tickets.events import Via
from deskhand.tickets.models.choices import Priority, Status, Topic
from deskhand.tickets.models.event import Event, ScheduledChange
from deskhand.tickets.undo import undo
from tests.simulation import enclosing, timely
from tests.simulation.enclosing import enclose
from tests.simulation.world import CUSTOMERS, STAFF, BrokenError, World, dying, failing, hold

Rule = Callable[[World], str]
RULES: list[tuple[Rule, int]] = []


def rule(weight: int) -> Callable[[Rule], Rule]:
    """Register a rule; the heavier, the more often."""

    def register(function: Rule) -> Rule:
        RULES.append((function, weight))
        return function

    return register


def expect(world: World, status: int, *, name: str, may: bool | None, otherwise: set[int]) -> bool:
    """Was it accepted? Must it have been (`may`; None: either is right)? A refusal is one of `otherwise`."""
    if status == 0:
        hold(not world.facts.people[name].is_active, f"{name} is active and was sent to sign in")
        return False
    accepted = status in {200, 204, 303}
    hold(accepted or status in otherwise, f"{name} was answered {status}")
    hold(may is None or accepted == may, f"{name} was answered {status}, and may: {may}")
    return accepted


# Customers


@rule(8)
def open_in_the_portal(world: World) -> str:
    """A new ticket, also of somebody who works here."""
    name = world.rng.choice([*CUSTOMERS, *CUSTOMERS, *STAFF])
    canary, text = world.words()
    subject = world.canary("s")
    priority = world.rng.choice(["low", "medium", "high", "urgent"])
    before, enclosed = set(world.facts.tickets), enclose(world, name)
    values = {"subject": subject, "text": text, "priority": priority, **enclosed.values}
    values["topic"] = Topic.objects.get(is_default=True).pk
    status = world.post(name, "/tickets/new/", "/tickets/new/", **values)
    may = world.facts.people[name].is_active and enclosed.fits
    if not expect(world, status, name=name, may=may, otherwise=set() if enclosed.fits else {422}):
        world.refuse(canary, text, name, 0)
        return f"{name} cannot open a ticket"
    world.facts.read()
    (number,) = set(world.facts.tickets) - before
    world.subjects[subject] = number
    world.say(canary, text, name, number, is_public=True, files=enclosed.names)
    world.said[canary].due = world.facts.hearers(number)  # also whoever opened it gets a confirmation
    return f"{name} opens #{number}"


@rule(12)
def reply_in_the_portal(world: World) -> str:
    """A further message of a customer, a follower, a manager, or of somebody who has no business there."""
    name, number = world.rng.choice([*CUSTOMERS, *CUSTOMERS, *STAFF]), world.number()
    canary, text = world.words()
    takes_part, may = world.facts.takes_part(name, number), world.facts.may_write(name, number)
    if world.facts.people[name].is_staff:
        takes_part = takes_part and _sees(world, name, number)
    enclosed, page = enclose(world, name), f"/tickets/{number}/"
    status = world.post(name, f"{page}replies/", page, text=text, **enclosed.values)
    may = takes_part and may and enclosed.fits
    if expect(world, status, name=name, may=may, otherwise={422} if takes_part else {404}):
        world.say(canary, text, name, number, is_public=True, files=enclosed.names)
        row = world.facts.tickets[number]
        hold(row["category"] in {"open", "in_progress"}, f"{name} wrote in #{number}, and it is {row['category']}")
        return f"{name} replies in #{number}"
    world.refuse(canary, text, name, number)
    return f"{name} cannot reply in #{number}"


def _sees(world: World, name: str, number: int) -> bool:
    """Staff in the portal: a ticket of a private team that they opened stays theirs."""
    return world.facts.works_on(name, number) or world.facts.tickets[number]["requester__username"] == name


@rule(3)
def close_or_reopen_in_the_portal(world: World) -> str:
    """The customer says it is done, or that it is back."""
    name, number, verb = world.rng.choice(CUSTOMERS), world.number(), world.rng.choice(["close", "reopen"])
    takes_part = world.facts.takes_part(name, number)
    may = takes_part and world.facts.may_close(name, number) if verb == "close" else world.facts.may_write(name, number)
    status = world.post(name, f"/tickets/{number}/{verb}/", f"/tickets/{number}/")
    accepted = expect(world, status, name=name, may=may, otherwise={422} if takes_part else {404})
    world.facts.read()
    if accepted:
        is_done = world.facts.tickets[number]["category"] == "closed"
        hold(is_done == (verb == "close") or verb == "reopen", f"{name}: {verb} left #{number} as it was")
    return f"{name}: {verb} #{number} ({status})"


@rule(3)
def follow_in_the_portal(world: World) -> str:
    """A colleague is added, or somebody is taken off."""
    name, whom, number = world.rng.choice(CUSTOMERS), world.rng.choice([*CUSTOMERS, "ada"]), world.number()
    takes_part, page = world.facts.takes_part(name, number), f"/tickets/{number}/"
    person = world.facts.people[whom]
    if world.rng.random() < 0.6:
        status = world.post(name, f"{page}followers/", page, email=person.email)
        accepted = expect(world, status, name=name, may=None, otherwise={422} if takes_part else {404})
        own = world.facts.people[name].organization_id
        colleague = own is not None and person.organization_id == own and person.role == "customer"
        hold(not accepted or colleague, f"{name} added {whom}, who is no colleague")
        return f"{name} adds {whom} to #{number} ({status})"
    world.excuse_person(whom, number)
    status = world.post(name, f"{page}followers/{person.pk}/remove/", page)
    expect(world, status, name=name, may=None, otherwise={422, 404} if takes_part else {404})
    return f"{name} takes {whom} off #{number} ({status})"


@rule(3)
def read_in_the_portal(world: World) -> str:
    """The page says what it showed, also with a number that somebody made up."""
    name, number = world.anybody(), world.number()
    event = world.rng.choice([0, world.facts.tickets[number]["last_public_event"], 10**9])
    page = f"/tickets/{number}/"
    takes_part = world.facts.takes_part(name, number)
    if world.facts.people[name].is_staff:
        takes_part = takes_part and _sees(world, name, number)
    status = world.post(name, f"{page}seen/?event={event}", page)
    expect(world, status, name=name, may=takes_part, otherwise={404})
    return f"{name} has seen #{number} up to {event}"


# Staff


def _refusals(world: World, name: str) -> set[int]:
    """How somebody is turned away who does not work on the ticket."""
    return {403} if world.facts.people[name].role == "customer" else {404}


@rule(10)
def reply_of_an_agent(world: World) -> str:
    """It waits its window; a writer who has not read what came is held back."""
    name, number = world.rng.choice([*STAFF, *STAFF, "carl", "eve"]), world.number()
    canary, text = world.words()
    works = world.facts.works_on(name, number)
    enclosed = enclose(world, name)
    values: dict[str, Any] = {"kind": "reply", "text": text, **enclosed.values}
    if world.rng.random() < 0.4:
        values["status"] = world.rng.choice(list(Status.objects.values_list("pk", flat=True)))
    held = False
    if world.rng.random() < 0.3:
        events = Event.objects.filter(ticket__number=number)
        values["shown"] = world.rng.choice(list(events.values_list("pk", flat=True)))
        told = events.filter(pk__gt=values["shown"], is_public=True, kind__in=("ticket.replied", "ticket.opened"))
        held = told.exclude(by__username=name).exists()
    status = world.post(name, f"/desk/tickets/{number}/messages/", f"/desk/tickets/{number}/", **values)
    refusals = {422} if works and (held or not enclosed.fits) else _refusals(world, name)
    if expect(world, status, name=name, may=works and enclosed.fits and not held, otherwise=refusals):
        world.say(canary, text, name, number, is_public=True, waits=True, files=enclosed.names)
        return f"{name} replies in #{number} in a moment"
    world.refuse(canary, text, name, number)
    return f"{name} cannot reply in #{number} ({status})"


@rule(6)
def note(world: World) -> str:
    """For staff only, at once."""
    name, number = world.rng.choice([*STAFF, *STAFF, "mona"]), world.number()
    canary, text = world.words()
    enclosed = enclose(world, name)
    values = {"kind": "note", "text": text, **enclosed.values}
    before = dict(world.facts.tickets[number])
    status = world.post(name, f"/desk/tickets/{number}/messages/", f"/desk/tickets/{number}/", **values)
    works = world.facts.works_on(name, number)
    refusals = {422} if works else _refusals(world, name)
    if expect(world, status, name=name, may=works and enclosed.fits, otherwise=refusals):
        world.say(canary, text, name, number, is_public=False, files=enclosed.names)
        world.facts.read()
        after = world.facts.tickets[number]
        for column in ("status_id", "public_updated_at", "last_public_event", "preview", "last_replier__username"):
            hold(before[column] == after[column], f"a note of {name} changed {column} of #{number} (H02)")
        return f"{name} notes in #{number}"
    world.refuse(canary, text, name, number)
    return f"{name} cannot note in #{number} ({status})"


@rule(4)
def take_back(world: World) -> str:
    """A reply that waits (or was refused) comes back to the composer of its author."""
    waiting = list(ScheduledChange.objects.filter(state__in=("pending", "refused")).order_by("pk"))
    if not waiting:
        return "nothing waits"
    row = world.rng.choice(waiting)
    author, number = row.by.username or "", row.ticket.number
    name = author if world.rng.random() < 0.8 else world.anybody()
    if name == author:
        (canary, said), *_rest = [(c, s) for c, s in world.said.items() if s.text == row.actions[0]["text"]]
    page, keys = f"/desk/tickets/{number}/", row.actions[0].get("files", [])
    status = world.post(name, f"{page}scheduled/{row.pk}/take-back/", page)
    works = world.facts.works_on(name, number)
    expect(world, status, name=name, may=works, otherwise=_refusals(world, name))
    row.refresh_from_db()
    if row.state == "canceled":
        hold(name == author, f"{name} took back what {author} wrote")
        said.state = "never"
        answer = world.get(name, page)
        shown = answer.content.decode() if answer is not None else ""
        hold(canary in shown, f"{name} took back a text that is gone")
        free = {str(file.key) for file in world.facts.files if file.is_free and file.owner == name}
        hold(all(key in shown for key in free & set(keys)), f"{name} took back files that are gone")
    return f"{name} takes back a reply of {author} in #{number} ({status}): {row.state}"


@rule(14)
def set_a_property(world: World) -> str:
    """Status, priority, assignee, team, subject, a tag, a follower; close and reopen."""
    name, number = world.rng.choice([*STAFF, *STAFF, "carl"]), world.number()
    verb = world.rng.choice(["status", "priority", "assignee", "team", "subject", "tags", "follow", "close", "reopen"])
    values: dict[str, Any] = {}
    match verb:
        case "status":
            values = {"status": world.rng.choice(list(Status.objects.values_list("pk", flat=True)))}
        case "priority":
            values = {"priority": world.rng.choice(list(Priority.objects.values_list("pk", flat=True)))}
        case "assignee":
            values = {"assignee": world.rng.choice(["", *(world.facts.people[n].pk for n in STAFF)])}
        case "team":
            values = {"team": world.rng.choice(["", world.cast.support.pk, world.cast.private.pk])}
        case "subject":
            values = {"subject": world.canary("s")}
        case "tags":
            values = _tags(world, number)
        case "follow":
            values = _follows(world, number)
    status = world.post(name, f"/desk/tickets/{number}/{verb}/", f"/desk/tickets/{number}/", **values)
    works = world.facts.works_on(name, number)
    free = verb in {"assignee", "team", "follow"}  # it depends on whom
    may = None if free and works else works
    refusals = {422, 404} if works else _refusals(world, name)
    accepted = expect(world, status, name=name, may=may, otherwise=refusals)
    if accepted and verb == "subject":
        world.subjects[values["subject"]] = number
    if accepted and verb in {"assignee", "team"}:
        world.facts.read()
        chosen = world.facts.tickets[number]["assignee__username"]
        asked = world.facts.people.get(chosen or "")
        fits = asked is None or (asked.is_staff and asked.is_active and _may_be_given(world, chosen, number))
        hold(fits, f"#{number} was given to {chosen}, who cannot look after it")
    return f"{name}: {verb} of #{number} {values} ({status})"


def _may_be_given(world: World, name: str, number: int) -> bool:
    row, user = world.facts.tickets[number], world.facts.people[name]
    rank = user.role in {"lead", "admin"}
    return rank or row["team_id"] not in world.facts.private or (row["team_id"], name) in world.facts.members


def _tags(world: World, number: int) -> dict[str, str]:
    tags = list(world.ticket(number).tags.values_list("name", flat=True))
    if tags and world.rng.random() < 0.5:
        return {"remove": world.rng.choice(tags)}
    return {"add": world.canary("t") if world.rng.random() < 0.5 or not tags else world.rng.choice(tags)}


def _follows(world: World, number: int) -> dict[str, Any]:
    whom = world.rng.choice([*CUSTOMERS[:3], *STAFF])
    if world.rng.random() < 0.4:
        world.excuse_person(whom, number)
        return {"stop": world.facts.people[whom].pk}
    return {"email": world.facts.people[whom].email}


@rule(3)
def redact(world: World) -> str:
    """The author or a lead blanks a message for good."""
    texts = [(canary, said) for canary, said in world.said.items() if said.state == "said"]
    if not texts:
        return "nothing to redact"
    canary, said = world.rng.choice(texts[-15:])
    name, number = world.rng.choice([said.author, *STAFF]), said.number
    page = f"/desk/tickets/{number}/"
    status = world.post(name, f"{page}messages/{said.message}/redact/", page)
    works, user = world.facts.works_on(name, number), world.facts.people[name]
    may = works and (name == said.author or user.role in {"lead", "admin"})
    if expect(world, status, name=name, may=may, otherwise={422} if works else _refusals(world, name)):
        said.state, said.due = "gone", set()
    return f"{name} redacts {canary} in #{number} ({status})"


@rule(3)
def open_for_a_customer(world: World) -> str:
    """An agent opens a ticket for somebody who called."""
    name, customer = world.rng.choice([*STAFF, "carl"]), world.facts.people[world.rng.choice(CUSTOMERS)]
    canary, text = world.words()
    subject, enclosed = world.canary("s"), enclose(world, name)
    values = {
        "customer": customer.email, "subject": subject, "text": text, "topic": Topic.objects.get(is_default=True).pk,
        "priority": Priority.objects.get(is_default=True).pk,
        "team": world.rng.choice(["", world.cast.support.pk, world.cast.private.pk]), **enclosed.values,
    }  # fmt: skip
    before = set(world.facts.tickets)
    status = world.post(name, "/desk/tickets/new/", "/desk/tickets/new/", **values)
    user = world.facts.people[name]
    may = None if user.is_staff and enclosed.fits else False
    if not expect(world, status, name=name, may=may, otherwise={422} if user.is_staff else {403}):
        world.refuse(canary, text, name, 0)
        return f"{name} cannot open a ticket for {customer}"
    world.facts.read()
    (number,) = set(world.facts.tickets) - before
    world.subjects[subject] = number
    world.say(canary, text, name, number, is_public=True, files=enclosed.names)
    return f"{name} opens #{number} for {customer}"


@rule(4)
def undo_something(world: World) -> str:
    """Anybody presses an old "Undo"."""
    name, number = world.rng.choice([*STAFF, "carl"]), world.number()
    events = list(Event.objects.filter(ticket__number=number).order_by("-pk").values_list("change", flat=True)[:10])
    page = f"/desk/tickets/{number}/"
    for whom in world.facts.people:
        world.excuse_person(whom, number)  # it may take a follower off
    status = world.post(name, f"{page}undo/", page, change=str(world.rng.choice(events)))
    works = world.facts.works_on(name, number)
    expect(world, status, name=name, may=works, otherwise=_refusals(world, name))
    return f"{name} undoes something in #{number} ({status})"


@rule(3)
def undo_and_undo_that(world: World) -> str:
    """Undo puts back what was; the undo of it what was set."""
    number = world.number()
    ticket, lead = world.ticket(number), world.facts.people["otto"]
    before = _state(world, number)
    tag = world.canary("t")
    with change_ticket(ticket, by=lead, via=Via.STAFF, at=world.at) as change:
        change.set_priority(world.rng.choice(list(Priority.objects.all())))
        change.set_status(world.rng.choice(list(Status.objects.all())))
        change.tag(tag)
        change.assign(world.rng.choice([None, lead]))
        change.set_subject(subject := world.canary("s"))
        change.set_topic(world.rng.choice(list(Topic.objects.order_by("pk"))), timely.answers(world))
    world.subjects[subject] = number
    after = _state(world, number)
    undone = change.id
    hold(undo(undone, by=lead, at=world.at) == [], "undo left something that nobody had touched")
    hold(_state(world, number) == before, f"undo of #{number}: {before} became {_state(world, number)}")
    again = Event.objects.filter(ticket=ticket).order_by("-pk").values_list("change", flat=True)[0]
    hold(again != undone, "undo wrote nothing")
    undo(again, by=lead, at=world.at)
    hold(_state(world, number) == after, f"undo of undo of #{number}: {after} became {_state(world, number)}")
    return f"otto undoes, and undoes that, in #{number}"


def _state(world: World, number: int) -> dict[str, Any]:
    world.facts.read()
    row = world.facts.tickets[number]
    names = (
        "status_id", "category", "is_unsolved", "priority_id", "assignee_id", "team_id", "subject", "topic_id", "fields",
    )  # fmt: skip
    return {name: row[name] for name in names} | {"tags": set(world.ticket(number).tags.values_list("name", flat=True))}


@rule(4)
def many_verbs_at_once(world: World) -> str:
    """One change with several verbs; when one of them is refused, or the process dies, nothing of it happens."""
    name, number = world.rng.choice(STAFF), world.number()
    canary, text = world.words()
    body, by = compose(text), world.facts.people[name]
    free = [row for row in world.facts.files if row.is_free and row.owner == name]
    files = staged(owner=by, keys=[row.key for row in world.rng.sample(free, min(len(free), world.rng.randint(0, 2)))])
    verbs: list[Callable[[Change], None]] = [
        lambda change: change.reply(body, files),
        lambda change: change.tag("zqt0qz"),
        lambda change: change.set_priority(Priority.objects.get(slug=world.rng.choice(["low", "high"]))),
        lambda change: change.follow(world.facts.people["cora"]),
        lambda change: change.move_to_team(world.rng.choice([None, world.cast.private])),
        lambda change: change.assign(world.facts.people[world.rng.choice(["carl", "bea", "otto"])]),
        lambda change: change.close(),
    ]  # fmt: skip
    spoken = [verbs[0], *world.rng.sample(verbs[1:], 3)]
    nth = world.rng.choice([0, 0, *range(1, 14)])
    refused = done = False
    with dying(nth or 10**9):
        try:
            with change_ticket(world.ticket(number), by=by, via=Via.STAFF, at=world.at) as change:
                for verb in spoken:
                    try:
                        verb(change)
                    except ChangeError:
                        refused = True
            done = True
        except ChangeError:
            refused = True
    if done:
        hold(not refused, "a change with a refused verb was written")
        world.say(canary, text, name, number, is_public=True, files=[file.name for file in files])
    else:
        world.refuse(canary, text, name, number)
    return f"{name} does several things to #{number}: {'done' if done else 'refused' if refused else 'died'}"


@rule(2)
def the_system_acts(world: World) -> str:
    """A rule without a person."""
    number = world.number()
    with change_ticket(world.ticket(number), by=None, via=Via.SYSTEM, at=world.at) as change:
        change.set_status(world.rng.choice(list(Status.objects.all())))
    return f"the desk sets a status of #{number}"


@rule(3)
def send_an_old_form(world: World) -> str:
    """A form that did its work long ago is sent again: it does nothing now."""
    if not world.sent:
        return "no old form"
    name, path, values = world.rng.choice(world.sent)
    client, events = world.browser(name), Event.objects.count()
    if client is None:
        return f"{name} is gone"
    answer = client.post(path, world.as_sent(values))
    hold(answer.status_code in {303, 403, 404, 422}, f"{path} again: {answer.status_code}")
    hold(Event.objects.count() == events, f"{path} was done twice")
    return f"{name} sends an old form to {path} ({answer.status_code})"


# People and settings


@rule(3)
def change_a_person(world: World) -> str:
    """Somebody leaves, comes back, gets another role or place."""
    otto, name = world.facts.people["otto"], world.rng.choice(["ada", "bea", "lena", "carl", "cora", "mona", "eve"])
    person = world.person(name)
    world.excuse_person(name)
    what = world.rng.choice(["end", "role", "place", "end"] if person.is_active else ["back"])
    with dying(world.rng.choice([1, 2, 3, 10**9, 10**9])):
        match what:
            case "end":
                people.deactivate(person, by=otto, at=world.at)
            case "back":
                people.reactivate(person, by=otto, at=world.at)
            case "role" if name in STAFF:
                role = world.rng.choice(["agent", "agent", "lead", "customer"])
                people.change_role(person, role=role, by=otto, at=world.at)
            case _ if person.role == "customer":
                place = world.rng.choice([None, world.cast.acme, world.cast.elsewhere])
                if name == "eve":
                    place = world.cast.elsewhere
                is_manager = place is not None and world.rng.random() < 0.5
                people.put_in_organization(person, organization=place, is_manager=is_manager, by=otto, at=world.at)
    return f"{name}: {what}"


@rule(1)
def everybody_comes_back(world: World) -> str:
    """So that the stage is not empty for long."""
    otto = world.facts.people["otto"]
    for name in STAFF + CUSTOMERS:
        world.excuse_person(name)
    for name, role in (("ada", "agent"), ("bea", "agent"), ("lena", "lead")):
        people.change_role(world.person(name), role=role, by=otto, at=world.at)
    for name in ("ada", "bea", "lena", "carl", "cora", "mona", "eve"):
        people.reactivate(world.person(name), by=otto, at=world.at)
    people.set_team_members(world.cast.private, members=[world.person("bea")], by=otto, at=world.at)
    return "everybody is back"


@rule(2)
def change_the_private_team(world: World) -> str:
    """Its members, or whether it is private."""
    otto = world.facts.people["otto"]
    if world.rng.random() < 0.5:
        able = [person for person in world.facts.people.values() if person.is_active and person.is_staff]
        members = world.rng.sample(able, min(len(able), world.rng.randint(0, 2)))
        people.set_team_members(world.cast.private, members=members, by=otto, at=world.at)
        return f"the private team is {members}"
    private = world.rng.random() < 0.7
    people.save_team(name="Legal", is_private=private, by=otto, at=world.at, team=world.cast.private)
    return f"the team Legal is private: {private}"


@rule(1)
def change_the_desk(world: World) -> str:
    """What customers may do."""
    flags = ["customers_may_close", "customers_may_reopen", "managers_may_reply", "managers_may_close"]
    days = ["reopen_days", "auto_close_days"]
    name = world.rng.choice(flags + days)
    value = world.rng.random() < 0.6 if name in flags else world.rng.choice([None, 1, 4])
    try:
        configure(by=world.facts.people["otto"], at=world.at, **{name: value})
    except ValidationError as error:
        raise BrokenError(str(error)) from error
    return f"the desk's {name} changes"


@rule(1)
def change_the_kinds_of_files(world: World) -> str:
    """What may be attached from now on; what is attached stays."""
    kinds = world.rng.choice(["jpg png pdf zip", "jpg png pdf zip", "pdf"])
    configure(by=world.facts.people["otto"], at=world.at, file_kinds=kinds)
    return f"files may be {kinds}"


# Topics and time

rule(4)(timely.sort_anew)
rule(5)(timely.sweep)


# Files

rule(5)(enclosing.stage_some)
rule(2)(enclosing.drop_one)
rule(2)(enclosing.sweep)


# The worker, the mail server, the clock


@rule(10)
def the_worker_works(world: World) -> str:
    """It does what is due."""
    return f"the worker does {world.work(limit=world.rng.choice([1, 3, 1000]))} jobs"


@rule(3)
def the_worker_dies(world: World) -> str:
    """In the middle of a statement, wherever that is."""
    nth = world.rng.randint(1, 40)
    with dying(nth):
        world.work()
    return f"the worker dies before its write {nth}"


POINTS = (
    "job.after_claim", "job.after_step", "job.before_finish", "outbox.after_claim", "smtp.after_connect",
    "smtp.after_data_before_ack", "smtp.after_ack_before_mark",
)  # fmt: skip


@rule(3)
def a_point_fails(world: World) -> str:
    """An error, or the end, at one of the named points."""
    point, nth = world.rng.choice(POINTS), world.rng.randint(1, 3)
    with failing(point, nth, dies=world.rng.random() < 0.5):
        world.work()
    return f"{point} fails"


@rule(3)
def the_mail_server_changes(world: World) -> str:
    """It works, or not, in one of its ways."""
    mode = world.rng.choice(["ok", "ok", "ok", "450", "452", "abort", "away", "none"])
    world.serve_mail(mode)
    return f"the mail server is {mode}"


@rule(1)
def a_recipient_is_refused(world: World) -> str:
    """The server knows nobody by this name, for a while."""
    world.sink.refused = {
        world.facts.people[name].email for name in world.rng.sample(CUSTOMERS, world.rng.randint(0, 2))
    }
    return f"the mail server refuses {world.sink.refused}"


@rule(1)
def held_mails_are_sent(world: World) -> str:
    """A lead sends what was held."""
    return f"otto sends {send_held(by=world.facts.people['otto'], at=world.at)} held mails"


@rule(6)
def time_passes(world: World) -> str:
    """Seconds to days, sometimes backward; before a long pause the desk tells what is to be told."""
    by = world.rng.choice(
        [timedelta(seconds=20), timedelta(minutes=2), timedelta(hours=1), timedelta(days=2), -timedelta(hours=2)]
    )
    if by >= timedelta(hours=1):
        world.settle(mails=False)
        world.check_texts()
    world.pass_time(by)
    return f"{by} pass"
