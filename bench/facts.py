"""What is true of the seeded desk, asked of its database without any code of the product: what every answer must hold."""

import sqlite3
from dataclasses import dataclass
from typing import Any

from bench.desks import Desk

SHOWN = 50  # rows of a page


@dataclass(frozen=True, slots=True)
class Ticket:
    """A ticket that is asked for: its number, whose it is, and how each of its messages begins."""

    number: int
    requester: str
    begins: tuple[str, ...]


class Facts:
    """A connection that only reads."""

    def __init__(self, desk: Desk) -> None:
        self._line: Any
        self._mark = "%s" if desk.database_url else "?"
        if desk.database_url:
            import psycopg

            self._line = psycopg.connect(desk.database_url, autocommit=True)
        else:
            self._line = sqlite3.connect(
                f"file:{desk.data}/deskhand.sqlite3?mode=ro", uri=True, check_same_thread=False
            )

    def rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """What a statement with ? for its values returns."""
        return list(self._line.execute(sql.replace("?", self._mark), values).fetchall())

    def one(self, sql: str, *values: object) -> Any:  # noqa: ANN401 - one column of one row
        """The first column of the first row."""
        return self.rows(sql, *values)[0][0]

    def newest_unsolved(self) -> list[int]:
        """Numbers on the first page of all that is open."""
        return self._numbers("is_unsolved", "updated_at")

    def newest_unsolved_for(self, email: str) -> list[int]:
        """The same for an agent who is in no private team."""
        person = self.one("SELECT id FROM accounts_user WHERE email = ?", email)
        seen = """is_unsolved AND (team_id NOT IN (SELECT id FROM accounts_team WHERE is_private) OR assignee_id = ?
            OR requester_id = ? OR id IN (SELECT ticket_id FROM tickets_follower WHERE user_id = ?))"""
        return self._numbers(seen, "updated_at", person, person, person)

    def of_requester(self, email: str) -> list[int]:
        """Numbers on the first page of a customer's own tickets."""
        own = "requester_id = (SELECT id FROM accounts_user WHERE email = ?)"
        return self._numbers(own, "public_updated_at", email)

    def of_members(self, email: str) -> list[int]:
        """Numbers on the first page of what a manager sees."""
        own = "organization_id = (SELECT organization_id FROM accounts_user WHERE email = ?)"
        return self._numbers(own, "public_updated_at", email)

    def customers(self, count: int, *, managers: bool) -> list[str]:
        """Addresses of customers who have some tickets (their organization has some), the largest organization first."""
        least = 5 if managers else 3
        found = self.rows(
            "SELECT u.email FROM accounts_user u WHERE u.role = 'customer' AND u.is_manager = ? AND "
            "(SELECT count(*) FROM tickets_ticket t WHERE t.requester_id = u.id) >= ? ORDER BY u.id LIMIT ?",
            managers, 0 if managers else least, count,
        )  # fmt: skip
        return [row[0] for row in found]

    def tickets(self, count: int) -> list[Ticket]:
        """Unsolved tickets of public teams without followers, spread over the whole time."""
        found = self.rows(
            "SELECT t.id, t.number, u.email FROM tickets_ticket t JOIN accounts_user u ON u.id = t.requester_id "
            "JOIN accounts_team m ON m.id = t.team_id WHERE t.is_unsolved AND NOT m.is_private "
            "AND NOT EXISTS (SELECT 1 FROM tickets_follower f WHERE f.ticket_id = t.id) ORDER BY t.id"
        )
        step = max(1, len(found) // count)
        return [
            Ticket(number, email, tuple(self._begins(pk)))
            for pk, number, email in (found[at * step % len(found)] for at in range(count))
        ]

    def begins(self, number: int) -> list[str]:
        """How each message of a ticket begins, the oldest first."""
        return self._begins(self.one("SELECT id FROM tickets_ticket WHERE number = ?", number))

    def _begins(self, ticket: int) -> list[str]:
        rows = self.rows("SELECT text FROM tickets_message WHERE ticket_id = ? ORDER BY id", ticket)
        return [row[0][:40].partition("\n")[0] for row in rows]

    def _numbers(self, condition: str, by: str, *values: object) -> list[int]:
        rows = self.rows(
            f"SELECT number FROM tickets_ticket WHERE {condition} ORDER BY {by} DESC, id DESC LIMIT {SHOWN}", *values
        )
        return [row[0] for row in rows]

    def close(self) -> None:
        """Let the database go."""
        self._line.close()
