"""A desk that is a demo: how far it is written, and signing in with one click."""

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
    return go(request, player.start_page)
