"""What people do all day, as requests: `reads` can be repeated, `writes` take a fresh form each."""

from collections.abc import Callable
from dataclasses import dataclass

from bench.asking import Ask, Browser
from bench.facts import Facts, Ticket

READS = ("list", "ticket", "ticket_swap", "mine", "mine_manager", "list_restricted")
WRITES = ("create", "reply")
PEOPLE = 4  # of each sort
TEXT = "We have changed the cable and the port, and *both* lights are on.\n\nPlease try it again: https://example.test/guide."

LEADS = [f"lead{n}@example.test" for n in range(1, PEOPLE + 1)]
AGENTS = [f"agent{n:02d}@example.test" for n in range(1, PEOPLE + 1)]  # the fifth is in the private team


@dataclass(frozen=True, slots=True)
class People:
    """Who is signed in: cookies by address."""

    leads: list[str]
    agents: list[str]
    customers: list[str]
    managers: list[str]

    @property
    def everybody(self) -> list[str]:
        return [*self.leads, *self.agents, *self.customers, *self.managers]


def people(facts: Facts) -> People:
    """Whom the scenarios need, by address."""
    return People(
        LEADS, AGENTS, facts.customers(PEOPLE, managers=False)[:PEOPLE], facts.customers(PEOPLE, managers=True)
    )


def reads(facts: Facts, who: People, cookies: dict[str, str], *, variety: int) -> dict[str, list[Ask]]:
    """Each reading scenario's requests; `variety` different tickets."""
    newest = _links("/desk/tickets/{}/", facts.newest_unsolved())
    tickets = facts.tickets(variety)
    lead = cookies[who.leads[0]]
    swap = {"HX-Request": "true", "HX-Target": "main"}
    return {
        "list": [Ask("/desk/tickets/?view=open", cookies[email], newest) for email in who.leads],
        "ticket": [_ticket(ticket, lead) for ticket in tickets],
        "ticket_swap": [_ticket(ticket, lead, **swap) for ticket in tickets],
        "mine": [_mine(cookies[email], facts.of_requester(email)) for email in who.customers],
        "mine_manager": [_mine(cookies[email], facts.of_members(email)) for email in who.managers],
        "list_restricted": [
            Ask(
                "/desk/tickets/?view=open",
                cookies[email],
                _links("/desk/tickets/{}/", facts.newest_unsolved_for(email)),
            )
            for email in who.agents
        ],
    }


def _ticket(ticket: Ticket, cookie: str, **headers: str) -> Ask:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return Ask(f"/desk/tickets/{ticket.number}/?view=open", cookie, ticket.begins, headers=names)


def _mine(cookie: str, numbers: list[int]) -> Ask:
    return Ask("/tickets/?tab=all", cookie, _links("/tickets/{}/", numbers))


def _links(pattern: str, numbers: list[int]) -> tuple[str, ...]:
    return tuple(pattern.format(number) for number in numbers)


Write = Callable[[Browser, int], Ask]


def create(facts: Facts, round_name: str) -> Write:
    """A customer's new ticket; it goes to a team of one, so that two mails leave."""
    topic = facts.one("SELECT id FROM tickets_topic WHERE is_default")

    def prepared(browser: Browser, number: int) -> Ask:
        subject = f"Both lights are off {round_name} {number}"
        values = browser.fill("/tickets/new/", "/tickets/new/", subject=subject, text=TEXT, topic=topic)
        return Ask("/tickets/new/", browser.cookie, values=values, leads_to="/tickets/")

    return prepared


def reply(tickets: list[Ticket]) -> Write:
    """An agent's reply; one mail leaves."""

    def prepared(browser: Browser, number: int) -> Ask:
        page = f"/desk/tickets/{tickets[number].number}/"
        values = browser.fill(f"{page}?view=open", f"{page}messages/", text=f"{TEXT} ({number})", kind="reply")
        return Ask(f"{page}messages/", browser.cookie, values=values, leads_to=page)

    return prepared
