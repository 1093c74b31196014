"""The session engine (settings.SESSION_ENGINE): Django's, in the database, with the person in the same query."""

from collections.abc import Sequence
from functools import cache
from typing import Any, Final, Generic, TypeVar

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import UpdateError
from django.db import InterfaceError, OperationalError, connection, models
from django.utils import timezone

from deskhand.accounts.models import Organization, Session, User

M = TypeVar("M", bound=models.Model)

# Every request makes this one query: to write it with the ORM takes three times as long as all the rest of it.
_READ: Final = """
SELECT s.session_data, {columns}
FROM accounts_session s
LEFT JOIN accounts_user u ON u.id = s.user_id
LEFT JOIN accounts_organization o ON o.id = u.organization_id
WHERE s.session_key = %s AND s.expire_date > %s
"""


class SessionStore(db.SessionStore):
    """`person` is who was signed in when the session was read; whether they still are is the caller's question."""

    person: User | None = None

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        """The row to save, with whose it is beside the sealed data."""
        row = super().create_model_instance(data)
        assert isinstance(row, Session)  # noqa: S101 - says what get_model_class does
        row.user_id = data.get(SESSION_KEY)
        return row

    def save(self, must_create: bool = False) -> None:  # noqa: FBT001, FBT002 - Django's signature
        """Django takes any failure for a session that somebody has ended, and answers 400; a database that is away is none."""
        try:
            super().save(must_create)
        except UpdateError as error:
            if isinstance(error.__context__, OperationalError | InterfaceError):
                raise error.__context__ from None
            raise

    def load(self) -> dict[str, Any]:
        """What the session holds; nothing, and no key any more, if there is none or its time is over."""
        text, people, organizations = _reading()
        with connection.cursor() as cursor:
            cursor.execute(text, (self.session_key, connection.ops.adapt_datetimefield_value(timezone.now())))
            found = cursor.fetchall()
        if not found:
            self._session_key = self.person = None
            return {}
        data, *values = found[0]
        self.person = people.made(values[: people.width])
        if self.person:
            self.person.organization = organizations.made(values[people.width :])
        held: dict[str, Any] = self.decode(data)
        return held


class _Columns(Generic[M]):
    """All columns of a model as they stand in a row, and the instance that such a row is."""

    def __init__(self, model: type[M], table: str) -> None:
        fields = model._meta.concrete_fields  # noqa: SLF001 - Django documents it, with the underscore
        self.model = model
        self.width = len(fields)
        self.text = ", ".join(f'{table}."{field.column}"' for field in fields)
        self._names = [field.attname for field in fields]
        self._converters = [
            (at, convert, column)
            for at, column in enumerate(field.cached_col for field in fields)
            for convert in (*connection.ops.get_db_converters(column), *column.get_db_converters(connection))
        ]

    def made(self, values: Sequence[Any]) -> M | None:
        """None for a row that an outer join has left empty."""
        if values[0] is None:
            return None
        read = list(values)
        for at, convert, column in self._converters:
            read[at] = convert(read[at], column, connection)
        return self.model.from_db(connection.alias, self._names, read)


@cache
def _reading() -> tuple[str, _Columns[User], _Columns[Organization]]:
    people, organizations = _Columns(User, "u"), _Columns(Organization, "o")
    columns = f"{people.text}, {organizations.text}"
    return _READ.format(columns=columns), people, organizations
