"""Attached files, for customers and staff alike: one set of addresses, and `visible_to` says whose they are."""

from dataclasses import replace
from uuid import UUID

from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from deskhand.tickets import attachments
from deskhand.tickets.models.message import Attachment
from deskhand.ui import attaching, gates
from deskhand.ui.files import serve, serve_thumbnail
from deskhand.ui.http import SignedInRequest, show
from deskhand.ui.uploads import takes_files


@require_safe
@gates.portal
def file(request: SignedInRequest, key: UUID, name: str) -> HttpResponseBase:
    """The file, to be saved. `name` is there for people and browsers only."""
    found = _found(request, key)
    return serve(request, name=found.name, size=found.size, sha256=found.sha256)


@require_safe
@gates.portal
def thumbnail(request: SignedInRequest, key: UUID) -> HttpResponseBase:
    """Its small picture."""
    found = _found(request, key)
    if not found.thumbnail:
        raise Http404
    return serve_thumbnail(request, sha256=found.thumbnail)


@takes_files
@require_POST
@gates.portal
def upload(request: SignedInRequest) -> HttpResponse:
    """Stage the files of a form that is still being written (`staged`: the keys of those it has already).

    Answers the rows of the new ones and of those that were refused; 422, 429 or 507 when none was taken.
    """
    box = attaching.take(request, attachments, at=timezone.now(), field="staged")
    known = set(request.POST.getlist("staged"))
    new = replace(box, files=[file for file in box.files if str(file.key) not in known])
    return show(request, "portal/files.html", {"box": new}, status=200 if new.files else box.status)


@require_POST
@gates.portal
def drop(request: SignedInRequest, key: UUID) -> HttpResponse:
    """Take away a file of one's own that is in no message yet."""
    if not attachments.drop(_found(request, key), by=request.user, at=timezone.now()):
        raise Http404
    return HttpResponse(status=204)


def _found(request: SignedInRequest, key: UUID) -> Attachment:
    """The file, if this person may read it; else the same 404 as for a key that nobody has."""
    return get_object_or_404(Attachment.objects.visible_to(request.user), key=key)
