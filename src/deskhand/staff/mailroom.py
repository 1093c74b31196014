"""The Mailroom: every mail of the desk, what became of it and why, and what to do about it."""

from collections.abc import Callable
from typing import Final
from urllib.parse import urlencode

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_POST

from deskhand.core import text
from deskhand.mail import changes, queries, wire
from deskhand.mail.changes import MailError
from deskhand.mail.models import Mail
from deskhand.mail.policy import can_read_invitation_link
from deskhand.mail.queries import Tab
from deskhand.mail.trial import post_trial
from deskhand.ui import gates
from deskhand.ui.forms import kept, once
from deskhand.ui.http import CSP, SignedInRequest, go, show

# A mail is shown as it is sent, with its own style sheet, but it can do nothing: no script, no form, nothing loaded.
MAIL_CSP: Final = "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'self'"


class RetryForm(forms.Form):
    """Send it again, perhaps elsewhere."""

    address = forms.CharField(label=gettext_lazy("Address"), max_length=254, widget=forms.EmailInput)


class DiscardForm(forms.Form):
    """Why it need not be sent."""

    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200)


@gates.staff("mail.read")
@require_GET
def mailroom(request: SignedInRequest) -> HttpResponse:
    """Fifty mails of one state, newest first."""
    tab = _tab(request.GET.get("state", ""))
    words = text.one_line(request.GET.get("q", "")[:200])
    page = queries.mails_page(tab, user=request.user, words=words, before=text.number(request.GET.get("before", "")))
    here, counts = reverse("staff:mailroom"), queries.tab_counts(request.user)
    query = {"state": tab.value, **({"q": words} if words else {})}
    context = {
        **_server(),
        "rows": page.rows,
        "words": words,
        "tab": tab.value,
        "tabs": [
            (label, f"{here}?{urlencode({**query, 'state': each.value})}", each == tab, counts.get(each) or None)
            for each, label in _labels().items()
        ],
        "held": counts[Tab.HELD],
        "prefix": here,
        "older": f"{here}?{urlencode({**query, 'before': page.next})}" if page.next else None,
        "newest": f"{here}?{urlencode(query)}" if request.GET.get("before") else None,
    }
    return show(request, "staff/mailroom.html", context)


@gates.staff("mail.read")
@require_GET
def mail(request: SignedInRequest, pk: int) -> HttpResponse:
    """One mail: how it reads, where it is, what went wrong."""
    found = _mail(request, pk)
    return _page(request, found)


@gates.staff("mail.read")
@require_GET
def mail_html(request: SignedInRequest, pk: int) -> HttpResponse:
    """The HTML body alone, for the frame on the mail's page."""
    response = HttpResponse(queries.readable_html(_mail(request, pk)))
    response["Content-Security-Policy"] = MAIL_CSP
    response["X-Frame-Options"] = "SAMEORIGIN"
    return response


@gates.staff("mail.send")
@require_POST
def retry(request: SignedInRequest, pk: int) -> HttpResponse:
    """Send it now, perhaps to a corrected address."""
    found = _mail(request, pk)
    form = RetryForm(request.POST) if not found.is_personal else RetryForm({"address": found.to_address})

    def send() -> None:
        changes.retry(found, by=request.user, at=timezone.now(), address=form.cleaned_data["address"])
        messages.success(request, _("The mail is on its way again."))

    return _do(request, found, form, "retry", "address", send)


@gates.staff("mail.send")
@require_POST
def discard(request: SignedInRequest, pk: int) -> HttpResponse:
    """Never send it; the reason goes into the audit trail."""
    found, form = _mail(request, pk), DiscardForm(request.POST)

    def throw_away() -> None:
        changes.discard(found, by=request.user, at=timezone.now(), reason=form.cleaned_data["reason"])
        messages.success(request, _("The mail is discarded."))

    return _do(request, found, form, "discard", "reason", throw_away)


@gates.staff("mail.send")
@require_POST
def send_held(request: SignedInRequest) -> HttpResponse:
    """Send all that waited for a mail server."""
    here = reverse("staff:mailroom")
    with once(request, leads_to=here):
        count = changes.send_held(by=request.user, at=timezone.now()) if settings.EMAIL_HOST else 0
        words = ngettext("%(count)d mail is on its way.", "%(count)d mails are on their way.", count)
        messages.success(request, words % {"count": count})
    return go(request, here)


@gates.staff("mail.send")
@require_POST
def send_test(request: SignedInRequest) -> HttpResponse:
    """A test mail to whoever asks; its page shows what becomes of it."""
    with once(request) as sending:
        sent = post_trial(to=request.user, at=timezone.now())
        sending.leads_to = reverse("staff:mail", args=[sent.pk])
    return go(request, sending.leads_to)


def _do(
    request: SignedInRequest, found: Mail, form: forms.Form, name: str, field: str, action: Callable[[], None]
) -> HttpResponse:
    here = reverse("staff:mail", args=[found.pk])
    if form.is_valid():
        try:
            with once(request, leads_to=here):
                action()
            return go(request, here)
        except changes.BadAddressError:
            form.add_error(field, _("That is no e-mail address."))
        except MailError:
            form.add_error(None, _("This mail has just been sent or discarded by somebody else."))
    found.refresh_from_db()
    return _page(request, found, status=422, **{f"{name}_form": form})


def _page(request: SignedInRequest, found: Mail, *, status: int = 200, **forms_shown: forms.Form) -> HttpResponse:
    may_send = request.user.can("mail.send")
    actions = {name: reverse(f"staff:{name}", args=[found.pk]) for name in ("mail_retry", "mail_discard")}
    context = {
        **_server(),
        "mail": found,
        "state_words": found.get_state_display(),
        "kind_words": found.get_kind_display(),
        "text": queries.readable_text(found),
        "headers": wire.headers(found),
        "explanation": queries.explanation(found),
        "invitation": found.secret if can_read_invitation_link(request.user, found) else "",
        "may_retry": may_send and found.state in changes.RETRYABLE and bool(settings.EMAIL_HOST),
        "may_discard": may_send and found.state in changes.RETRYABLE,
        "retry_form": RetryForm(initial=kept(request, actions["mail_retry"]) or {"address": found.to_address}),
        "discard_form": DiscardForm(initial=kept(request, actions["mail_discard"])),
        **forms_shown,
    }
    response = show(request, "staff/mailroom_mail.html", context, parts=("outcome",), status=status)
    response["Content-Security-Policy"] = f"{CSP}; frame-src 'self'"
    return response


def _mail(request: SignedInRequest, pk: int) -> Mail:
    return get_object_or_404(Mail.objects.visible_to(request.user).select_related("recipient", "ticket"), pk=pk)


def _server() -> dict[str, object]:
    return {"has_server": bool(settings.EMAIL_HOST), "mail_from": settings.MAIL_FROM}


def _labels() -> dict[Tab, str]:
    return {
        Tab.ALL: _("All"), Tab.WAITING: _("On their way"), Tab.HELD: _("Held"), Tab.DEAD: _("Not delivered"),
        Tab.SENT: _("Sent"), Tab.DISCARDED: _("Discarded"),
    }  # fmt: skip


def _tab(name: str) -> Tab:
    return Tab(name) if name in set(Tab) else Tab.ALL
