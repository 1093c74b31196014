"""Who plays in the demo. Their addresses end in `.example`: no mail can ever reach anybody by accident (RFC 2606)."""

from dataclasses import dataclass
from typing import Final

from deskhand.accounts.roles import Role


@dataclass(frozen=True, slots=True)
class Player:
    """A person of the demo. `place` is an organization's name for a customer, a team's key for staff."""

    key: str
    name: str
    role: Role
    place: str
    is_manager: bool = False

    @property
    def email(self) -> str:
        """Also how the demo finds its own people again."""
        return f"{self.key}@{DOMAINS[self.place] if self.role == Role.CUSTOMER else 'tally.example'}"


BAKERY: Final = "Marlow & Finch Bakeries"
DELI: Final = "Harbour Lane Deli"
WHOLESALE: Final = "Orchard & Sons Wholesale"
DOMAINS: Final = {BAKERY: "marlowfinch.example", DELI: "harbourlane.example", WHOLESALE: "orchardsons.example"}
SITES: Final = {
    BAKERY: ("the Mill Road bakery", "our station shop", "the old bakehouse"),
    DELI: ("the market hall counter", "our shop by the harbor", "the Lane Street deli"),
    WHOLESALE: ("the cold store", "warehouse two", "the loading bay"),
}
TEAMS: Final = {"support": "Product help", "shipping": "Orders and shipping", "security": "Security and privacy"}
PRIVATE_TEAM: Final = "security"
TEAM_MEMBERS: Final = {
    "support": ("tomas", "ingrid", "daniel", "priya"),
    "shipping": ("daniel", "ingrid"),
    "security": ("mei", "priya"),
}
AGENTS: Final = (
    Player("priya", "Priya Nair", Role.LEAD, "support"),
    Player("tomas", "Tomás Varga", Role.AGENT, "support"),
    Player("ingrid", "Ingrid Solberg", Role.AGENT, "support"),
    Player("daniel", "Daniel Okafor", Role.AGENT, "shipping"),
    Player("mei", "Mei Chou", Role.AGENT, "security"),
)
CUSTOMERS: Final = (
    Player("nora", "Nora Petersen", Role.CUSTOMER, BAKERY),
    Player("samuel", "Samuel Marlow", Role.CUSTOMER, BAKERY, is_manager=True),
    Player("aisha", "Aisha Karim", Role.CUSTOMER, BAKERY),
    Player("leon", "Leon Fischer", Role.CUSTOMER, BAKERY),
    Player("greta", "Greta Lindqvist", Role.CUSTOMER, DELI, is_manager=True),
    Player("paolo", "Paolo Ricci", Role.CUSTOMER, DELI),
    Player("hannah", "Hannah Cohen", Role.CUSTOMER, DELI),
    Player("tuan", "Tuan Pham", Role.CUSTOMER, DELI),
    Player("marta", "Marta Nowak", Role.CUSTOMER, WHOLESALE, is_manager=True),
    Player("owen", "Owen Hughes", Role.CUSTOMER, WHOLESALE),
    Player("sofia", "Sofía Delgado", Role.CUSTOMER, WHOLESALE),
    Player("ben", "Ben Achterberg", Role.CUSTOMER, WHOLESALE),
)
EVERYBODY: Final = (*AGENTS, *CUSTOMERS)
# Who a visitor can be with one click: never somebody who may configure the desk.
OPEN_TO_ALL: Final = {"customer": CUSTOMERS[0], "manager": CUSTOMERS[1], "agent": AGENTS[1]}
