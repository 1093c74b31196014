"""The session engine (settings.SESSION_ENGINE): Django's, in the database, with the person in the same query."""

from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends import db

from deskhand.accounts.models import Session, User


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

    def _get_session_from_db(self) -> Session | None:
        row: Session | None = super()._get_session_from_db()  # type: ignore[misc]  # Django has it, its stub does not
        self.person = row.user if row else None
        return row
