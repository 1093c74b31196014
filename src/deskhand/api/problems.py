"""How the API answers: JSON, and one shape for everything that is refused, `{"detail": "…", "errors": {"field": ["…"]}}`."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

from django.http import HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pydantic import BaseModel, Field

from deskhand.core import limits, text
from deskhand.entitlements.models import Purchase
from deskhand.tickets import errors
from deskhand.tickets.errors import ChangeError, Reason
from deskhand.tickets.fields import FieldsError

JSON: Final = "application/json"


class ProblemOut(BaseModel):
    """What was refused, and why, by field of the request if it is about one."""

    detail: str
    errors: dict[str, list[str]] = Field(default_factory=dict)


# What any address can answer besides, for the document (ninja's `response=`).
REFUSALS: Final[dict[Any, Any]] = {frozenset({401, 403, 404, 409, 413, 415, 422, 429}): ProblemOut}


class Problem(Exception):  # noqa: N818 - it is an answer, not a failure of ours
    """Raised anywhere below a view, it becomes the answer."""

    def __init__(
        self,
        status: int,
        detail: str = "",
        *,
        errors: Mapping[str, str | list[str]] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.status = int(status)
        self.detail = detail or usual(status)
        self.errors = {name: [said] if isinstance(said, str) else said for name, said in (errors or {}).items()}
        self.headers = dict(headers or {})
        super().__init__(self.status, self.detail)

    @property
    def body(self) -> str:
        """Its JSON."""
        return ProblemOut(detail=self.detail, errors=self.errors).model_dump_json()

    @property
    def response(self) -> HttpResponse:
        """The answer."""
        return json_response(self.body, self.status, headers=self.headers)


def json_response(body: str, status: int, *, headers: Mapping[str, str] | None = None) -> HttpResponse:
    """A JSON text as an answer."""
    return HttpResponse(body, status=status, content_type=JSON, headers=dict(headers or {}))


def wrong(field: str, said: str) -> Problem:
    """422 about one field."""
    return Problem(422, errors={field: said})


def missing() -> Problem:
    """404: there is none, or not for this person, which reads the same."""
    return Problem(404)


def too_many(*, seconds: int = limits.WINDOW_S) -> Problem:
    """429, and when to try again."""
    return Problem(429, headers={"Retry-After": str(seconds)})


def unknown_token(hint: str = "") -> Problem:
    """401, and how to say who one is."""
    return Problem(401, hint, headers={"WWW-Authenticate": 'Bearer realm="api"'})


def sentences(found: Sequence[Any], *, skip: int = 0) -> dict[str, list[str]]:
    """pydantic's complaints by field; the first `skip` steps of each way say nothing to who sent it."""
    told: dict[str, list[str]] = {}
    for each in found:
        way = ".".join(str(step)[:80] for step in each["loc"][skip:]) or "body"
        told.setdefault(way, []).append(each["msg"])
    return told


def usual(status: int) -> str:
    """The sentence for a status when there is nothing more to say."""
    return str(_USUAL.get(int(status), HTTPStatus(status).phrase))


_USUAL: Final[dict[int, Promise]] = {
    401: gettext_lazy("Send a valid API token in the header: Authorization: Bearer dh_…"),
    403: gettext_lazy("This is not allowed to the owner of this token."),
    404: gettext_lazy("There is nothing at this address, or it is not yours to see."),
    405: gettext_lazy("This address does not take that method."),
    409: gettext_lazy("This is not possible as things stand."),
    413: gettext_lazy("The request is too large."),
    415: gettext_lazy("Send JSON: Content-Type: application/json"),
    422: gettext_lazy("The request was understood and cannot be followed."),
    429: gettext_lazy("Too many requests. Try again later."),
    500: gettext_lazy("Something went wrong on our side. It has been written down."),
    503: gettext_lazy("The desk is not there at the moment. Try again later."),
    507: gettext_lazy("There is no room left on our side. Nothing was changed."),
}


def refused(error: ChangeError) -> Problem:
    """Why a change of a ticket was refused, as an answer to a program."""
    match error:
        case FieldsError():
            return Problem(422, errors={f"fields.{slug}": said for slug, said in error.errors.items()})
        case errors.NothingWrittenError():
            return wrong("text", _("Write something first."))
        case errors.MessageTooLongError():
            return wrong("text", _at_most(error.count, error.most))
        case errors.SubjectTooLongError():
            return wrong("subject", _at_most(error.count, error.most))
        case errors.PurchaseNeededError():
            return wrong("purchase", _("Name the purchase that this is about."))
        case errors.ForeignPurchaseError():
            return wrong("purchase", _("There is no such purchase of this person."))
        case errors.InstallationNeededError():
            return wrong("installation", _("Name the installation that this is about."))
        case errors.NoSupportError():
            return Problem(403, errors={"purchase": _no_support(error.reason, error.purchase)})
        case errors.CannotBeAssignedError():
            return wrong("assignee", _("This person cannot look after the ticket."))
        case _:
            return Problem(403)


def _at_most(count: int, most: int) -> str:
    return _("At most %(most)d characters, please; it has %(count)d.") % {"most": most, "count": count}


def _no_support(reason: Reason, purchase: Purchase | None) -> str:
    match reason:
        case Reason.OVER if purchase and purchase.product.renew_url:
            return _("Its support is over. Renew it here: %(url)s") % {"url": text.one_line(purchase.product.renew_url)}
        case Reason.OVER:
            return _("Its support is over.")
        case Reason.REFUNDED:
            return _("This purchase is no longer active.")
        case Reason.NO_SUPPORT:
            return _("It comes without support.")
        case _:
            return _("There is no purchase with active support.")
