"""A desk that is a demo: how far it is written, and signing in with one click."""

from allauth.account.utils import get_next_redirect_url
from django.contrib import messages
from django.contrib.auth import login
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from deskhand.blueprint import demo
from deskhand.portal.set_up import BACKEND
from deskhand.ui import gates
from deskhand.ui.http import SignedInRequest, go, show


@gates.staff("desk.configure")
@require_safe
def progress(request: SignedInRequest) -> HttpResponse:
    """Shows itself again every second until the demo is written; then leads to the desk."""
    how_far = demo.progress()
    if how_far is None:
        return go(request, "/desk/", whole_page=True)
    return show(request, "portal/demo_progress.html", {"how_far": how_far}, parts=("progress",))


@gates.public
@require_POST
def sign_in(request: HttpRequest, role: str) -> HttpResponse:
    """Become the demo's customer, manager or agent. On a desk that is no demo this page does not exist.

    Leads back to the page that asked to sign in, if it is on this person's side: a text whose session ended waits there.
    An administrator who looks has to sign in again: a click that leads back would make an administrator of any visitor.
    """
    player = demo.player(role)
    if player is None:
        raise Http404
    before = request.user
    login(request, player, backend=BACKEND)
    if before.is_authenticated and before.can("desk.configure"):
        words = _("You are %(name)s now. To be %(before)s again, sign out and sign in with your password.")
        messages.info(request, words % {"name": player.name, "before": before.name})
    asked_for: str = get_next_redirect_url(request) or ""
    is_theirs = asked_for.startswith("/desk/") == player.start_page.startswith("/desk/")
    return go(request, asked_for if asked_for and is_theirs else player.start_page)
