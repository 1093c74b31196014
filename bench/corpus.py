"""A desk's tickets, always the same ones: random by fixed seeds, so that every run and every size can be compared.

Four messages a ticket (customer, agent, customer, agent) of about 630 characters, a fifth of the tickets unsolved, half of those
unassigned. Some words occur in known shares only: `kestrelite` (rare, first message), `wolframite` (rare, third message),
`printer` and `offline` (a tenth of the tickets each, both in the first message of three in a hundred).
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

PASSWORD: Final = "a benchmark's password"  # everybody's, of a desk that nobody else sees
AGENTS: Final = 20
CUSTOMERS: Final = 10_000
TEAMS: Final = ("Hardware", "Software", "Network", "Billing", "Accounts")
BEGIN: Final = datetime(2024, 1, 1, tzinfo=UTC)
SPAN_S: Final = 700 * 24 * 3600
CHARACTERS: Final = 600
MESSAGES: Final = 4

_SMALL = """the to and a of is in it for on with that this we you have not be are was can our my please when after from if but
they has been there will would could your just what which all any some one two more again still before about""".split()
_TRADE = """account password login invoice payment refund order delivery license server database backup restore connection
timeout error message screen laptop keyboard monitor cable router switch firewall certificate browser version update upgrade
install download upload folder document calendar meeting mailbox attachment signature template report export import customer
contract renewal subscription profile permission manager office branch department phone headset camera battery charger memory
disk storage token session cookie cache proxy domain page button field form filter search result language option feature request
incident change approval deadline schedule outage latency bandwidth signal wireless network address gateway policy audit warning
failure crash freeze restart driver firmware tablet mobile application service ticket priority agent colleague project budget
supplier warranty repair replacement shipment tracking number case status pending resolved closed urgent normal major""".split()
_SYLLABLES = (
    "ba be bi bo da de di do fa fe fi fo ga ge go ka ke ki ko la le li lo ma me mi mo na ne ni no ra re ri ro".split()
)


@dataclass(frozen=True, slots=True)
class Written:
    """One message."""

    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Case:
    """One ticket: people and team by position, the messages oldest first."""

    position: int
    subject: str
    team: int
    customer: int
    agent: int
    is_assigned: bool
    is_unsolved: bool
    messages: list[Written]


class _Words:
    """A long text without end, cut into sentences: frequent words are frequent, rare ones rare."""

    def __init__(self) -> None:
        luck = random.Random(5)
        rare = sorted({"".join(luck.choices(_SYLLABLES, k=luck.randint(3, 5))) for _ in range(3000)})
        luck.shuffle(rare)
        words = _SMALL + _TRADE + rare
        weights = [1 / (rank + 8) ** 0.95 for rank in range(len(words))]
        self.words = luck.choices(words, weights, k=200_000)
        self.sentences: list[str] = []
        begin = 0
        while begin < len(self.words) - 20:
            end = begin + luck.randint(6, 14)
            self.sentences.append(" ".join(self.words[begin:end]).capitalize() + ".")
            begin = end

    def text(self, luck: random.Random, marks: list[str]) -> str:
        """Three paragraphs, a fifth longer or shorter than CHARACTERS."""
        length, target = 0, CHARACTERS * luck.uniform(0.8, 1.2)
        begin = end = luck.randrange(len(self.sentences) - 60)
        while length < target:
            length += len(self.sentences[end]) + 1
            end += 1
        said = self.sentences[begin:end]
        if marks:
            said[luck.randrange(len(said))] += f" {' '.join(marks).capitalize()}."
        third = max(1, -(-len(said) // 3))
        return "\n\n".join(" ".join(said[at : at + third]) for at in range(0, len(said), third))

    def subject(self, luck: random.Random, position: int) -> str:
        """Some words, and the case's own number."""
        begin = luck.randrange(len(self.words) - 10)
        return f"{' '.join(self.words[begin : begin + luck.randint(3, 7)]).capitalize()} [case {position:06d}]"


def customers(count: int) -> int:
    """How many customers a desk of so many tickets has: CUSTOMERS, or fewer on a very small one."""
    return min(CUSTOMERS, max(200, count))


def cases(count: int) -> Iterator[Case]:
    """The tickets, oldest first, positions from 1."""
    luck, words = random.Random(42), _Words()
    rare = max(2, count // 5000)
    first = set(random.Random(1).sample(range(1, count + 1), rare))
    third = set(random.Random(2).sample(range(1, count + 1), rare))
    for position in range(1, count + 1):
        is_unsolved = luck.random() < 0.2
        marks = _marks(luck)
        if position in first:
            marks[0].append("kestrelite")
        if position in third:
            marks[2].append("wolframite")
        at = BEGIN + timedelta(seconds=int(position * SPAN_S / count))
        messages = []
        for turn in range(MESSAGES):
            messages.append(Written(words.text(luck, marks[turn]), at))
            at += timedelta(seconds=luck.randint(600, 86_400))
        yield Case(
            position=position, subject=words.subject(luck, position), team=luck.randrange(len(TEAMS)),
            customer=luck.randrange(customers(count)), agent=luck.randrange(AGENTS),
            is_assigned=not is_unsolved or luck.random() < 0.5, is_unsolved=is_unsolved, messages=messages,
        )  # fmt: skip


def _marks(luck: random.Random) -> list[list[str]]:
    marks: list[list[str]] = [[] for _ in range(MESSAGES)]
    chance = luck.random()
    if chance < 0.03:
        marks[0] = ["printer", "is", "offline"]
        return marks
    if chance < 0.10:
        marks[luck.randrange(MESSAGES)].append("printer")
    if 0.08 < chance < 0.15:
        marks[luck.randrange(MESSAGES)].append("offline")
    return marks
