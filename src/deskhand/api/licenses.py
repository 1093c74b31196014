"""A bought product calls home. Its key is all that it has: whoever holds it learns no more than the key's own matters."""

from typing import Final

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Router

from deskhand.accounts.tokens import Scope
from deskhand.api.answering import shown
from deskhand.api.bearer import Bearer, address
from deskhand.api.problems import REFUSALS, Problem, too_many, wrong
from deskhand.api.shapes import ActivationIn, ActivationOut
from deskhand.core import limits, text
from deskhand.core.limits import Allowance
from deskhand.entitlements.changes import activate
from deskhand.entitlements.errors import InvalidDomainError, LicenseEndedError, NoRoomError, UnknownLicenseError

router = Router(tags=["Licenses"])
BY_ADDRESS: Final = Allowance("activations", most=60)
BY_KEY: Final = Allowance("activations-of-key", most=20)
_trusted: Final = Bearer(Scope.ACTIVATE_LICENSES)


@router.post("/licenses/activate", auth=None, response={200: ActivationOut, **REFUSALS})
def activation(request: HttpRequest, given: ActivationIn) -> HttpResponse:
    """May it run here? The first domains or devices bind the license; the same one again is always welcome.

    Needs no token. A server that asks for many sends one with the scope licenses:activate, and is counted by it instead of by
    its address.
    """
    at = timezone.now()
    if request.headers.get("Authorization"):
        _trusted(request)
    elif not BY_ADDRESS.take(address(request), at=at):
        raise too_many(seconds=limits.seconds_left(at=at))
    if not BY_KEY.take(text.one_line(given.key).upper(), at=at):
        raise too_many(seconds=limits.seconds_left(at=at))
    try:
        made = activate(key=given.key, domain=given.domain, at=at)
    except UnknownLicenseError:
        raise Problem(404, _("There is no such license.")) from None
    except LicenseEndedError:
        raise Problem(403, _("This license is valid no more.")) from None
    except InvalidDomainError:
        raise wrong("domain", _("This names no domain and no device.")) from None
    except NoRoomError:
        raise Problem(409, _("This license runs on as many installations as it allows.")) from None
    license_ = made.license
    return shown(
        ActivationOut(
            valid=True, valid_until=license_.valid_until, product=license_.purchase.product.slug, domain=made.domain
        )
    )
