"""What must hold after every step, and when everything has come to rest."""

from collections import defaultdict
from typing import Any

from django.db.models import Q

from deskhand.core.models import Job
from deskhand.core.text import excerpt
from deskhand.mail.models import Mail, State
from deskhand.tickets import invariants
from deskhand.tickets.events import Kind
from deskhand.tickets.models.event import Event, ScheduledChange
from deskhand.tickets.models.ticket import Ticket
from deskhand.tickets.queries import Tab, View, portal_page, staff_page, tab_counts, view_counts
from tests.mail.sink import parsed, text_of
from tests.simulation.enclosing import check_blobs, download, may_have
from tests.simulation.world import CANARY, CUSTOMERS, STAFF, World, hold, is_signed_out


class Checks:
    """They remember what they have seen, so that each new mail is looked at once, and nothing goes backward."""

    def __init__(self) -> None:
        self.last_mail = 0
        self.received = 0
        self.seen: dict[tuple[str, int], int] = {}
        self.arrived: dict[tuple[int, str], set[str]] = defaultdict(set)  # (message, address) → Message-IDs
        self.got: dict[str, set[str]] = defaultdict(set)  # canary → names
        self.order: dict[tuple[str, str], int] = {}

    def after_a_step(self, world: World) -> None:
        """Everything but the pages."""
        world.facts.read()
        world.check_texts()
        self._rows(world)
        self._files(world)
        self._mails(world)
        self._arrivals(world)
        self._look(world)

    def at_rest(self, world: World) -> None:
        """The mail server is well, the worker has done all there is: now everything has arrived."""
        world.sink.refused = set()
        world.serve_mail("ok")
        for _ in range(3):
            world.settle(mails=True)
        world.facts.read()
        world.check_texts()
        waiting = ScheduledChange.objects.filter(state="pending")
        hold(not waiting.exists(), "a reply waits for ever")
        self.after_a_step(world)
        self._everything_told(world)
        for line in invariants.broken():
            hold(False, line)  # noqa: FBT003 - it does not hold
        check_blobs(world)
        for row in world.facts.files[-6:]:
            for name in CUSTOMERS + STAFF:
                download(world, name, row)
        for name in CUSTOMERS + STAFF:
            for path in pages(world, name):
                self._page(world, name, path)

    # Rows

    def _rows(self, world: World) -> None:
        numbers = list(world.facts.tickets)
        hold(numbers == list(range(1001, 1001 + len(numbers))), f"ticket numbers are not in a row: {numbers}")
        for key, event in world.facts.seen.items():
            name, number = key
            hold(event >= self.seen.get(key, 0), f"{name} has not seen any more what {name} had seen of #{number}")
            hold(event <= world.facts.tickets[number]["last_event"], f"{name} has seen the future of #{number}")
        hold(self.seen.keys() <= world.facts.seen.keys(), "what somebody had seen is forgotten")
        self.seen = dict(world.facts.seen)
        hold(not Job.objects.filter(state=Job.State.DEAD).exists(), f"a job is dead: {dead()}")
        for line in invariants.broken(rules=world.rng.sample(invariants.RULES, 2)):
            hold(False, line)  # noqa: FBT003 - it does not hold
        self._fold(world, world.number() if numbers else 0)

    def _fold(self, world: World, number: int) -> None:
        """Tags, followers, and who spoke last, played from the timeline."""
        if not number:
            return
        tags: set[str] = set()
        followers: set[int] = set()
        row, preview, replier, by_staff = world.facts.tickets[number], "", None, False
        for event in Event.objects.filter(ticket__number=number).select_related("message", "by").order_by("pk"):
            value: Any = event.after or event.before
            match Kind(event.kind):
                case Kind.TAGGED:
                    hold(value["name"] not in tags, f"#{number} was tagged twice with {value}")
                    tags.add(value["name"])
                case Kind.UNTAGGED:
                    tags.remove(value["name"])
                case Kind.FOLLOWED:
                    followers.add(value["id"])
                case Kind.UNFOLLOWED:
                    followers.remove(value["id"])
                case Kind.OPENED | Kind.REPLIED:
                    assert event.message is not None
                    preview = excerpt(event.message.text)
                    replier, by_staff = event.by.username if event.by else None, event.message.by_staff
                case Kind.REDACTED if event.is_public:
                    preview = ""
                case Kind.NOTED:
                    hold(not event.is_public, f"a note in #{number} is public")
        ticket = Ticket.objects.get(number=number)
        hold(set(ticket.tags.values_list("name", flat=True)) == tags, f"tags of #{number}: the timeline says {tags}")
        hold(
            set(ticket.followers.values_list("user_id", flat=True)) == followers,
            f"followers of #{number}: the timeline says {followers}",
        )
        refusals = Event.objects.filter(ticket__number=number, kind=Kind.REFUSED).count()
        hold(row["attempts"] == refusals, f"#{number} counts {row['attempts']} attempts, {refusals} were refused")
        told = (preview, replier, by_staff)
        has = (row["preview"], row["last_replier__username"], row["last_reply_by_staff"])
        hold(told == has, f"#{number} ends with {has}, its timeline with {told}")

    # Files

    def _files(self, world: World) -> None:
        """Each file is its sender's, and in the one message that it was sent with, or in none yet."""
        inside: dict[int, list[str]] = defaultdict(list)
        for row in world.facts.files:
            sent = world.contents[row.name]
            hold(row.owner == sent.owner, f"{row} was sent by {sent.owner}")
            if row.message and not row.is_removed:
                inside[row.message].append(row.name)
        for canary, said in world.said.items():
            if said.state in {"said", "gone"}:
                names, wanted = sorted(inside.pop(said.message, [])), said.files if said.state == "said" else []
                hold(names == wanted, f"{canary} has the files {names}, and was sent with {wanted} ({said.state})")
        hold(not inside, f"files of nobody's message: {dict(inside)}")
        if world.facts.files:
            download(world, world.anybody(), world.rng.choice(world.facts.files[-20:]))

    # Mails

    def _mails(self, world: World) -> None:
        """Whoever is written to may know what the mail says."""
        for mail in Mail.objects.filter(pk__gt=self.last_mail).select_related("recipient", "ticket").order_by("pk"):
            self.last_mail = mail.pk
            world.mails[mail.pk] = mail.ticket.number if mail.ticket else 0
            assert mail.recipient is not None
            assert mail.ticket is not None
            name, number = mail.recipient.username or "", mail.ticket.number
            hold(mail.recipient.is_active, f"{name} has left and is written to")
            for canary in found(mail.subject + mail.text + mail.html):
                hold(may_read_in_mail(world, name, number, canary), f"a mail about #{number} tells {name} of {canary}")
                if canary in world.said:
                    hold(
                        world.said[canary].message in mail.messages,
                        f"mail {mail.pk} does not know that it quotes {canary}",
                    )
            hold(
                found(mail.text) & world.said.keys() == found(mail.html) & world.said.keys(),
                f"mail {mail.pk} says two things",
            )

    def _arrivals(self, world: World) -> None:
        """What arrived is a mail of ours, to its recipient, in order, each message under one Message-ID."""
        new = world.sink.received[self.received :]
        self.received += len(new)
        for mail in map(parsed, new):
            key, address = str(mail["Message-ID"]), str(mail["To"]).rpartition("<")[2].rstrip(">")
            row = Mail.objects.get(message_id=key)
            hold(row.to_address == address, f"{key} went to {address} instead of {row.to_address}")
            line = (address, str(mail["References"]))
            hold(row.pk >= self.order.get(line, 0), f"mails to {address} about {line[1]} arrived out of order")
            self.order[line] = row.pk
            name = address.partition("@")[0]
            for canary in found(text_of(mail)) & world.said.keys():
                message = world.said[canary].message
                self.arrived[message, address].add(key)
                self.got[canary].add(name)
                hold(len(self.arrived[message, address]) == 1, f"{canary} came to {address} in two different mails")

    def _everything_told(self, world: World) -> None:
        hold(not Job.objects.exists(), "jobs are left")
        left = Mail.objects.exclude(state__in=(State.SENT, State.DISCARDED, State.DEAD, State.HELD))
        hold(not left.exists(), f"mails are stuck: {list(left.values_list('pk', 'state', 'problem', 'attempts'))}")
        for row in Mail.objects.filter(state__in=(State.DEAD, State.HELD)):
            for canary in found(row.text) & world.said.keys():
                world.said[canary].due.discard(row.to_address.partition("@")[0])
        for canary, said in world.said.items():
            if said.state == "said":
                missing = said.due - self.got[canary]
                hold(not missing, f"{canary} of {said.author} in #{said.number} never reached {missing}")
            if said.state == "gone":
                for word in (canary, *said.files):
                    quoting = Mail.objects.filter(Q(text__contains=word) | Q(html__contains=word))
                    hold(not quoting.exists(), f"{word} is redacted and lives on in a mail")

    # Pages

    def _look(self, world: World) -> None:
        """Somebody looks at some page."""
        name = world.anybody()
        self._page(world, name, world.rng.choice(pages(world, name)))
        self._lists(world, world.anybody())

    def _page(self, world: World, name: str, path: str) -> None:
        answer = world.get(name, path)
        if answer is None:
            return
        user = world.facts.people[name]
        if not user.is_active:
            hold(is_signed_out(answer), f"{name} has left and was answered {answer.status_code} at {path}")
            return
        is_desk, number = path.startswith("/desk/"), _after("/tickets/", path)
        words = answer.content.decode()
        if is_desk and user.role == "customer":
            hold(answer.status_code == 403, f"{name} got {path}")
        elif number:
            works, takes_part = world.facts.works_on(name, number), world.facts.takes_part(name, number)
            if not is_desk and user.role != "customer":
                takes_part = takes_part and (works or world.facts.tickets[number]["requester__username"] == name)
            sees = works if is_desk else takes_part
            hold((answer.status_code == 200) == sees, f"{name} was answered {answer.status_code} at {path}")
            if sees:
                whole = {
                    c
                    for c, s in world.said.items()
                    if s.number == number and s.state == "said" and (is_desk or s.is_public)
                }
                hold(whole <= found(words), f"{path} does not show {name} {whole - found(words)}")
        elif mail := _after("/desk/mailroom/", path):
            may = world.facts.works_on(name, world.mails[mail])
            hold(answer.status_code == (200 if may else 404), f"{name} was answered {answer.status_code} at {path}")
        else:
            hold(answer.status_code in {200, 303}, f"{name} was answered {answer.status_code} at {path}")
        gone = _gone(world) if "/mailroom/" in path else set()  # it is there until the worker comes round
        for canary in found(words) - gone:
            hold(
                may_read(world, name, canary, is_desk=is_desk),
                f"{path} tells {name} of {canary}: {world.said.get(canary)}",
            )

    def _lists(self, world: World, name: str) -> None:
        """Each list holds exactly what belongs to it, its count says so, and what is new is marked."""
        user = world.facts.people[name]
        if not user.is_active:
            return
        world.facts.read()  # a page may have marked something as seen
        if user.is_staff:
            counts = view_counts(user)
            mine = [(n, row) for n, row in world.facts.tickets.items() if world.facts.works_on(name, n)]
            for view, wanted in {
                View.OPEN: {n for n, row in mine if row["is_unsolved"]},
                View.MINE: {n for n, row in mine if row["is_unsolved"] and row["assignee__username"] == name},
                View.UNASSIGNED: {n for n, row in mine if row["is_unsolved"] and row["assignee_id"] is None},
                View.OVERDUE: {n for n, row in mine if row["overdue_since"]},
                View.SOLVED: {n for n, row in mine if not row["is_unsolved"]},
            }.items():
                rows = staff_page(view, user=user, limit=1000).rows
                hold(sorted(row.number for row in rows) == sorted(wanted), f"{name}'s list {view} is not {wanted}")
                if view is not View.SOLVED:
                    hold(counts[view] == len(wanted), f"{name}'s count of {view} is wrong")
                times = [row.at for row in rows]
                hold(times == sorted(times, reverse=True), f"{name}'s list {view} is out of order")
                _hold_unread(world, name, rows, "last_event")
        concerns = {n for n in world.facts.tickets if world.facts.takes_part(name, n)}
        if user.is_staff:
            concerns = {n for n in concerns if _sees(world, name, n)}
        tabs = tab_counts(user)
        for tab in Tab:
            wanted = {n for n in concerns if _is_in(world.facts.tickets[n], tab)}
            rows = portal_page(tab, user=user, limit=1000).rows
            hold(sorted(row.number for row in rows) == sorted(wanted), f"{name}'s tab {tab} is not {wanted}")
            hold(tabs[tab] == len(wanted), f"{name}'s count of {tab} is wrong")
            _hold_unread(world, name, rows, "last_public_event")


def _sees(world: World, name: str, number: int) -> bool:
    return world.facts.works_on(name, number) or world.facts.tickets[number]["requester__username"] == name


def _is_in(row: dict[str, Any], tab: Tab) -> bool:
    if tab in {Tab.OPEN, Tab.SOLVED}:
        return bool(row["is_unsolved"]) is (tab is Tab.OPEN)
    return tab is Tab.ALL or row["category"] == str(tab)


def _hold_unread(world: World, name: str, rows: list[Any], column: str) -> None:
    for row in rows:
        is_unread = world.facts.seen.get((name, row.number), 0) < world.facts.tickets[row.number][column]
        hold(row.is_unread == is_unread, f"#{row.number} is unread for {name}: {row.is_unread}")


def _gone(world: World) -> set[str]:
    gone = {canary for canary, said in world.said.items() if said.state == "gone"}
    return gone | {name.partition(".")[0] for canary in gone for name in world.said[canary].files}


def found(words: str) -> set[str]:
    return set(CANARY.findall(words))


def dead() -> list[Any]:
    return list(Job.objects.filter(state=Job.State.DEAD).values_list("name", "attempts", "error"))


def _after(prefix: str, path: str) -> int:
    digits = path.partition(prefix)[2].partition("/")[0]
    return int(digits) if digits.isdigit() else 0


def pages(world: World, name: str) -> list[str]:
    """Where this person could look; a customer is curious about the workspace, too."""
    number = world.number()
    some = (
        [f"/tickets/{number}/", "/tickets/?tab=all", "/tickets/", "/tickets/?tab=all&q=zqs", f"/desk/tickets/{number}/"]
        if number
        else ["/tickets/"]
    )
    if world.facts.people[name].is_staff:
        some += ["/desk/tickets/?view=open", "/desk/tickets/?view=mine", "/desk/search/?q=zqs", "/desk/mailroom/"]
        if world.mails:
            some.append(f"/desk/mailroom/{world.rng.choice(list(world.mails)[-20:])}/")
    return some


def may_read(world: World, name: str, canary: str, *, is_desk: bool) -> bool:
    """May this page tell this person of it?"""
    if canary.startswith("zqt"):
        return is_desk
    facts = world.facts
    if canary.startswith("zqf"):
        rows = [row for row in facts.files if row.name.startswith(f"{canary}.")]
        return any(may_have(world, name, row, is_portal=not is_desk) for row in rows)
    if canary.startswith("zqs"):
        number = world.subjects.get(canary, 0)
        return bool(number) and (facts.works_on(name, number) if is_desk else facts.takes_part(name, number))
    said = world.said[canary]
    if said.state in {"waiting", "never"}:
        return is_desk and said.author == name
    if said.state == "gone":
        return False
    return facts.works_on(name, said.number) if is_desk else said.is_public and facts.takes_part(name, said.number)


def may_read_in_mail(world: World, name: str, number: int, canary: str) -> bool:
    """May a mail about this ticket tell this person of it?"""
    works = world.facts.works_on(name, number)
    hears = name in world.facts.hearers(number)
    if canary.startswith("zqt"):
        return works
    if canary.startswith("zqs"):
        return world.subjects.get(canary) == number and (works or hears)
    if canary.startswith("zqf"):
        return any(
            may_read_in_mail(world, name, number, of) for of, said in world.said.items()
            if any(file.startswith(f"{canary}.") for file in said.files)
        )  # fmt: skip
    said = world.said[canary]
    return said.number == number and said.state == "said" and (works or (hears and said.is_public))
