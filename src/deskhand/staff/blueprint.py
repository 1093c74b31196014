"""The desk as a file: take it out, look at what another one would change, bring it in, go back to what was before."""

from collections.abc import Sequence
from typing import Final

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from deskhand.blueprint import changes, presets, queries
from deskhand.blueprint.document import BlueprintError, Problem
from deskhand.blueprint.models import Snapshot
from deskhand.blueprint.reader import read
from deskhand.desk.queries import current_desk
from deskhand.staff import proof
from deskhand.ui import gates
from deskhand.ui.forms import kept, once
from deskhand.ui.http import SignedInRequest, go, show

SHOWN: Final = 10  # snapshots
_THIS_DESK: Final = "desk"


@gates.staff("desk.configure")
@require_http_methods(["GET", "HEAD", "POST"])
def blueprint(request: SignedInRequest) -> HttpResponse:
    """The page; with `?from=` the file of this desk or of a preset stands in its field, to be changed there."""
    if request.method == "POST":
        return _received(request)
    again = kept(request, reverse("staff:settings_blueprint"))
    if again and "text" in again:
        return _looked_at(request, str(again["text"]))
    return _page(request, _asked_for(request.GET.get("from", "")))


@gates.staff("desk.configure")
@require_safe
def export(request: SignedInRequest) -> HttpResponse:
    """The desk as it stands, as a download."""
    return _file(changes.export(), "desk.yaml")


@gates.staff("desk.configure")
@require_safe
def snapshot(request: SignedInRequest, pk: int) -> HttpResponse:
    """The desk as it was, as a download."""
    return _file(_snapshot(pk).text, f"desk-{pk}.yaml")


@gates.staff("desk.configure")
@require_POST
def go_back(request: SignedInRequest, pk: int) -> HttpResponse:
    """The desk as it was before an import, in one step. What is there now is kept, too."""
    back = _snapshot(pk)
    url = reverse("staff:settings_blueprint")
    if not proof.is_fresh(request):
        return proof.ask(request, back=url)
    try:
        with once(request, leads_to=url):
            at = timezone.localtime(back.at)
            why = _("Before going back to %(at)s") % {"at": f"{at:%Y-%m-%d %H:%M}"}
            done = changes.go_back(back, by=request.user, at=timezone.now(), why=why)
            _say(request, done)
    except BlueprintError as error:
        return _page(request, back.text, problems=_with_lines(error, back.text), status=422)
    return go(request, url)


def _received(request: SignedInRequest) -> HttpResponse:
    """Show what would change, or change it; the password is asked for before the latter."""
    text = request.POST.get("text", "").replace("\r\n", "\n")
    url = reverse("staff:settings_blueprint")
    if request.POST.get("do") != "import":
        return _looked_at(request, text)
    if not proof.is_fresh(request):
        return proof.ask(request, back=url)
    try:
        with once(request, leads_to=url):
            title = read(text).title()
            why = _("Before an import of “%(title)s”") % {"title": title} if title else _("Before an import")
            _say(request, changes.bring_in(text, by=request.user, at=timezone.now(), why=why))
    except BlueprintError as error:
        return _page(request, text, problems=_with_lines(error, text), status=422)
    return go(request, url)


def _looked_at(request: SignedInRequest, text: str) -> HttpResponse:
    try:
        found = changes.preview(text, by=request.user, at=timezone.now())
    except BlueprintError as error:
        return _page(request, text, problems=_with_lines(error, text), status=422)
    return _page(request, text, found=found)


def _page(
    request: SignedInRequest,
    text: str,
    *,
    found: list[str] | None = None,
    problems: Sequence[tuple[Problem, str]] = (),
    status: int = 200,
) -> HttpResponse:
    context = {
        "here": "settings_blueprint",
        "text": text,
        "found": found,
        "problems": problems,
        "presets": [(name, presets.preset(name).title()) for name in presets.names()],
        "began_with": _title(current_desk().preset),
        "snapshots": queries.snapshots(limit=SHOWN),
    }
    return show(request, "staff/blueprint.html", context, status=status)


def _asked_for(name: str) -> str:
    if name == _THIS_DESK:
        return changes.export()
    return presets.text(name) if name in presets.names() else ""


def _title(name: str) -> str:
    return presets.preset(name).title() if name in presets.names() else ""


def _with_lines(error: BlueprintError, text: str) -> list[tuple[Problem, str]]:
    """Each problem with what stands on its line."""
    lines = ["", *text.split("\n")]
    return [(problem, lines[problem.line].strip() if problem.line < len(lines) else "") for problem in error.problems]


def _say(request: SignedInRequest, done: changes.Imported) -> None:
    count = len(done.differences)
    if count:
        words = ngettext("Done: %(count)s thing is different now.", "Done: %(count)s things are different now.", count)
        messages.success(request, words % {"count": count})
    else:
        messages.info(request, _("The desk is what the file says; nothing was to be done."))


def _snapshot(pk: int) -> Snapshot:
    found = queries.snapshot(pk)
    if found is None:
        raise Http404
    return found


def _file(text: str, name: str) -> HttpResponse:
    response = HttpResponse(text, content_type="application/yaml; charset=utf-8")
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name) or "attachment"
    return response
