"""Organizations (customers who belong together) and teams (agents who share tickets)."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from deskhand.accounts import changes, queries
from deskhand.accounts.models import Organization, Team
from deskhand.staff.forms_people import OrganizationForm, TeamForm, words
from deskhand.ui import gates
from deskhand.ui.forms import kept, once
from deskhand.ui.http import SignedInRequest, go, show


@gates.staff("people.read")
@require_http_methods(["GET", "HEAD", "POST"])
def organizations(request: SignedInRequest) -> HttpResponse:
    """All of them, with a form to add one."""
    here = reverse("staff:organizations")
    if request.method != "POST":
        return _organizations(request, OrganizationForm(initial=kept(request, here)))
    return _save_organization(request, None)


@gates.staff("people.read")
@require_http_methods(["GET", "HEAD", "POST"])
def organization(request: SignedInRequest, pk: int) -> HttpResponse:
    """One organization: its name and its members."""
    found = get_object_or_404(queries.organizations_for(request.user), pk=pk)
    if request.method != "POST":
        given = kept(request, request.path)
        return _organization(request, found, OrganizationForm(initial=given or {"name": found.name}))
    return _save_organization(request, found)


@gates.staff("people.read")
@require_safe
def teams(request: SignedInRequest) -> HttpResponse:
    """All of them."""
    return show(request, "staff/people/teams.html", {"teams": queries.teams()})


@gates.staff("team.change")
@require_http_methods(["GET", "HEAD", "POST"])
def new_team(request: SignedInRequest) -> HttpResponse:
    """Make a team."""
    form = TeamForm(viewer=request.user, initial=kept(request, request.path))
    return _save_team(request, None) if request.method == "POST" else _team(request, None, form)


@gates.staff("team.change")
@require_http_methods(["GET", "HEAD", "POST"])
def team(request: SignedInRequest, pk: int) -> HttpResponse:
    """One team: name, privacy, members."""
    found = get_object_or_404(queries.teams_for(request.user), pk=pk)
    if request.method == "POST":
        return _save_team(request, found)
    members = [member.pk for member in found.members.all()]
    initial = {"name": found.name, "is_private": found.is_private, "members": members}
    return _team(request, found, TeamForm(viewer=request.user, initial=kept(request, request.path) or initial))


def _save_organization(request: SignedInRequest, found: Organization | None) -> HttpResponse:
    if not request.user.can("organization.change"):
        raise PermissionDenied
    form = OrganizationForm(request.POST)
    if form.is_valid():
        try:
            with once(request) as sending:
                saved = changes.save_organization(
                    **form.cleaned_data, organization=found, by=request.user, at=timezone.now()
                )
                sending.leads_to = reverse("staff:organization", args=[saved.pk])
                messages.success(request, _("Saved."))
            return go(request, sending.leads_to)
        except changes.PeopleError as error:
            form.add_error("name", words(error))
    if found is None:
        return _organizations(request, form, status=422)
    return _organization(request, found, form, status=422)


def _save_team(request: SignedInRequest, found: Team | None) -> HttpResponse:
    form = TeamForm(request.POST, viewer=request.user)
    if form.is_valid():
        given = form.cleaned_data
        try:
            with once(request, leads_to=reverse("staff:teams")):
                saved = changes.save_team(
                    name=given["name"], is_private=given["is_private"], team=found, by=request.user, at=timezone.now()
                )
                changes.set_team_members(saved, members=given["members"], by=request.user, at=timezone.now())
                messages.success(request, _("Saved."))
            return go(request, reverse("staff:teams"))
        except changes.NameTakenError as error:
            form.add_error("name", words(error))
        except changes.PeopleError as error:
            form.add_error(None, words(error))
    return _team(request, found, form, status=422)


def _organizations(request: SignedInRequest, form: OrganizationForm, *, status: int = 200) -> HttpResponse:
    context = {
        "organizations": queries.organizations(),
        "form": form if request.user.can("organization.change") else None,
        "prefix": reverse("staff:organizations"),
    }
    return show(request, "staff/people/organizations.html", context, status=status)


def _organization(
    request: SignedInRequest, found: Organization, form: OrganizationForm, *, status: int = 200
) -> HttpResponse:
    # The heading shows the stored name, not one that was refused.
    context = {
        "organization": queries.organizations_for(request.user).get(pk=found.pk),
        "form": form if request.user.can("organization.change") else None,
        "people": queries.members_of(found, viewer=request.user),
        "person_url": reverse("staff:people"),
    }
    return show(request, "staff/people/organization.html", context, status=status)


def _team(request: SignedInRequest, found: Team | None, form: TeamForm, *, status: int = 200) -> HttpResponse:
    heading = queries.teams_for(request.user).get(pk=found.pk).name if found else _("New team")
    path = reverse("staff:team", args=[found.pk]) if found else reverse("staff:new_team")
    context = {"heading": heading, "form": form, "path": path}
    return show(request, "staff/people/team.html", context, status=status)
