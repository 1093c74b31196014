"""The people of the desk: find, invite, change, let go. Customers reach none of it."""

from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlencode

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from deskhand.accounts import changes, handover, passwords, policy, queries
from deskhand.accounts.models import User
from deskhand.accounts.queries import State
from deskhand.accounts.roles import Role
from deskhand.entitlements.queries import held_by
from deskhand.staff.forms_people import (
    AccountForm,
    FilterForm,
    HandedPasswordForm,
    NameForm,
    PlaceForm,
    RoleForm,
    Way,
    words,
)
from deskhand.staff.forms_shop import state_badge
from deskhand.ui import gates
from deskhand.ui.forms import kept, once
from deskhand.ui.http import SignedInRequest, go, show

PURCHASES: Final = 5  # on a person's page


@gates.staff("people.read")
@require_safe
def people(request: SignedInRequest) -> HttpResponse:
    """Everybody, 50 at a time; by words, role and state."""
    form = FilterForm(request.GET)
    form.is_valid()  # a value that no select offers is not in cleaned_data, so it filters nothing
    given = form.cleaned_data
    filters = {name: given[name] for name in ("q", "role", "state") if given.get(name)}
    page = queries.people_page(
        viewer=request.user, search=given.get("q", ""), role=given.get("role", ""), state=given.get("state", ""),
        before=given.get("before"), after=given.get("after"),
    )  # fmt: skip
    prefix = reverse("staff:people")
    context = {
        "form": FilterForm(initial=filters),
        "people": page.rows,
        "is_filtered": bool(filters),
        "person_url": prefix,
        "newer": f"{prefix}?{urlencode({**filters, 'before': page.before})}" if page.before else None,
        "older": f"{prefix}?{urlencode({**filters, 'after': page.after})}" if page.after else None,
    }
    return show(request, "staff/people/people.html", context)


@gates.staff("people.invite")
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def invite(request: SignedInRequest) -> HttpResponse:
    """Make an account: mail the link to set it up (S2.4), or hand over the password (S4.2)."""
    here = reverse("staff:invite")
    if request.method != "POST":
        form = AccountForm(
            viewer=request.user, initial=kept(request, here) or {"role": request.GET.get("role", Role.CUSTOMER)}
        )
        return show(request, "staff/people/invite.html", {"form": form})
    form = AccountForm(request.POST, viewer=request.user)
    if form.is_valid():
        given = dict(form.cleaned_data)
        way, password = given.pop("how", Way.INVITE), given.pop("password", "")
        try:
            if way == Way.HAND_OVER:
                return _create_account(request, password or passwords.generated(), given)
            with once(request) as sending:
                person = changes.invite(**given, by=request.user, at=timezone.now())
                sending.leads_to = reverse("staff:person", args=[person.pk])
                messages.success(request, _("The invitation to %(email)s is on its way.") % {"email": person.email})
            return go(request, sending.leads_to)
        except changes.AddressTakenError as error:
            form.add_error("email", words(error))
        except changes.NameTakenError as error:
            form.add_error("username", words(error))
        except changes.PeopleError as error:
            form.add_error(None, words(error))
    return show(request, "staff/people/invite.html", {"form": form}, status=422)


@gates.staff("people.read")
@require_safe
def person(request: SignedInRequest, pk: int) -> HttpResponse:
    """One person: who, what they may, where they belong, and how far the invitation is."""
    return _page(request, _person(request, pk))


@gates.staff("people.change")
@require_POST
def name(request: SignedInRequest, pk: int) -> HttpResponse:
    """Another name or username."""
    found = _person(request, pk)
    form = NameForm(request.POST)
    return _save(request, found, form, "name_form", lambda: _change_name(request, found, form))


@gates.staff("people.change_role")
@require_POST
def role(request: SignedInRequest, pk: int) -> HttpResponse:
    """Another role."""
    found = _person(request, pk)
    form = RoleForm(request.POST, roles=list(Role.values))
    return _save(request, found, form, "role_form", lambda: _change_role(request, found, form))


@gates.staff("organization.change")
@require_POST
def place(request: SignedInRequest, pk: int) -> HttpResponse:
    """Another organization, or its manager."""
    found = _person(request, pk)
    form = PlaceForm(request.POST, viewer=request.user)
    return _save(request, found, form, "place_form", lambda: _put_in_place(request, found, form))


@gates.staff("people.change")
@require_POST
def deactivate(request: SignedInRequest, pk: int) -> HttpResponse:
    """Out at once."""
    found = _person(request, pk)
    return _do(request, found, lambda: changes.deactivate(found, by=request.user, at=timezone.now()))


@gates.staff("people.change")
@require_POST
def reactivate(request: SignedInRequest, pk: int) -> HttpResponse:
    """May sign in again."""
    found = _person(request, pk)
    return _do(request, found, lambda: changes.reactivate(found, by=request.user, at=timezone.now()))


@gates.staff("people.invite")
@require_POST
def invitation(request: SignedInRequest, pk: int) -> HttpResponse:
    """Mail a fresh link; older ones are dead (S2.5)."""
    found = _person(request, pk)
    return _do(request, found, lambda: changes.resend_invitation(found, by=request.user, at=timezone.now()))


@gates.staff("people.change")
@sensitive_post_parameters("password")
@require_POST
def password(request: SignedInRequest, pk: int) -> HttpResponse:
    """A new temporary password, to hand over (S4.2)."""
    found = _person(request, pk)
    form = HandedPasswordForm(request.POST, person=found)
    if form.is_valid():
        given = form.cleaned_data["password"] or passwords.generated()
        hashed = passwords.hashed(given)
        try:
            with once(request, leads_to=reverse("staff:person", args=[found.pk])):
                handover.hand_over_password(found, password=hashed, by=request.user, at=timezone.now())
        except changes.PeopleError as error:
            form.add_error(None, words(error))
        else:
            return _handed_over(request, found, given)
    return _page(request, _person(request, found.pk), status=422, sent={"password_form": form})


def _create_account(request: SignedInRequest, password: str, given: dict[str, Any]) -> HttpResponse:
    hashed = passwords.hashed(password)
    with once(request) as sending:
        person = handover.create_account(**given, password=hashed, by=request.user, at=timezone.now())
        sending.leads_to = reverse("staff:person", args=[person.pk])
    return _handed_over(request, person, password)


def _handed_over(request: SignedInRequest, person: User, password: str) -> HttpResponse:
    """The answer to the form itself, not a page to go to: so the password is shown once and written down nowhere."""
    context = {
        "person": person,
        "password": password,
        "sign_in_url": f"{settings.PUBLIC_URL}{reverse('account_login')}",
    }
    return show(request, "staff/people/handed_over.html", context)


def _person(request: SignedInRequest, pk: int) -> User:
    return get_object_or_404(User.objects.visible_to(request.user).select_related("organization", "invited_by"), pk=pk)


def _change_name(request: SignedInRequest, found: User, form: NameForm) -> None:
    changes.change_profile(found, by=request.user, at=timezone.now(), **form.cleaned_data)


def _change_role(request: SignedInRequest, found: User, form: RoleForm) -> None:
    changes.change_role(found, role=form.cleaned_data["role"], by=request.user, at=timezone.now())


def _put_in_place(request: SignedInRequest, found: User, form: PlaceForm) -> None:
    changes.put_in_organization(found, **form.cleaned_data, by=request.user, at=timezone.now())


def _save(
    request: SignedInRequest, found: User, form: forms.Form, part: str, write: Callable[[], None]
) -> HttpResponse:
    """Check the form, write once, show the person again; a refusal stands in the form."""
    url = reverse("staff:person", args=[found.pk])
    if form.is_valid():
        try:
            with once(request, leads_to=url):
                write()
                messages.success(request, _("Saved."))
            return go(request, url)
        except changes.PeopleError as error:
            form.add_error(None, words(error))
    return _page(request, _person(request, found.pk), status=422, sent={part: form})


def _do(request: SignedInRequest, found: User, write: Callable[[], None]) -> HttpResponse:
    url = reverse("staff:person", args=[found.pk])
    try:
        with once(request, leads_to=url):
            write()
            messages.success(request, _("Done."))
    except changes.PeopleError as error:
        return _page(request, _person(request, found.pk), status=422, refusal=words(error))
    return go(request, url)


def _page(
    request: SignedInRequest,
    found: User,
    *,
    status: int = 200,
    refusal: str = "",
    sent: dict[str, forms.Form] | None = None,
) -> HttpResponse:
    viewer = request.user
    roles = policy.roles_to_give(viewer, found)
    bought = held_by(found, at=timezone.now()) if viewer.can("purchase.read") else []
    shown: dict[str, forms.Form | None] = {
        "name_form": NameForm(initial={"name": found.name, "username": found.username})
        if policy.can_change_person(viewer, found)
        else None,
        "role_form": RoleForm(roles=roles, initial={"role": found.role}) if roles else None,
        "place_form": PlaceForm(
            viewer=viewer, initial={"organization": found.organization_id, "is_manager": found.is_manager}
        )
        if policy.can_place(viewer, found)
        else None,
        "password_form": HandedPasswordForm(person=found) if policy.can_hand_over_password(viewer, found) else None,
    }
    context = {
        "person": found,
        "state": queries.state_of(found),
        "State": State,
        "role_label": Role(found.role).label,
        "addresses": queries.addresses_of(found),
        "teams": queries.teams_of(found),
        "is_expired": queries.is_invitation_expired(found, at=timezone.now()),
        "can_invite": policy.can_invite(viewer, found.role),
        "can_end": policy.can_end_account(viewer, found),
        "tickets_url": f"{reverse('staff:search')}?{urlencode({'q': found.email})}",
        "purchases": [(held, state_badge(held.purchase.state)) for held in bought[:PURCHASES]],
        "more_purchases": f"{reverse('staff:purchases')}?{urlencode({'q': found.email})}"
        if len(bought) > PURCHASES
        else None,
        "purchase_url": reverse("staff:purchases"),
        "refusal": refusal,
        **shown,
        **(sent or {}),
    }
    return show(request, "staff/people/person.html", context, status=status)
