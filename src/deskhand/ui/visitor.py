"""Who is asking."""

from django.conf import settings
from django.contrib import auth
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare
from django.utils.functional import SimpleLazyObject

from deskhand.accounts.models import User


class Visitor(AuthenticationMiddleware):
    """`request.user`, from the query that read the session."""

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        request.user = SimpleLazyObject(lambda: visitor(request))  # type: ignore[assignment]  # stands for what it returns


def visitor(request: HttpRequest) -> User | AnonymousUser:
    """The person signed in, if the session is still theirs: active, and the same password and epoch (A16, E07).

    Whatever is not plainly so is Django's to judge: it knows rotated keys, and ends a session that is no longer valid.
    """
    session = request.session
    pk = session.get(auth.SESSION_KEY)
    person: User | None = getattr(session, "person", None)
    is_theirs = (
        person is not None
        and person.is_active
        and str(person.pk) == pk
        and session.get(auth.BACKEND_SESSION_KEY) in settings.AUTHENTICATION_BACKENDS
        and constant_time_compare(session.get(auth.HASH_SESSION_KEY, ""), person.get_session_auth_hash())
    )
    return person if person and is_theirs else auth.get_user(request)
