"""All pages of settings in one list: for the rail, for the start page, and for the search over every single setting."""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from django.http import HttpResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from deskhand.accounts.models import User
from deskhand.core import text
from deskhand.staff.settings import SettingsForm
from deskhand.staff.settings_desk import DeskForm, SignInForm
from deskhand.staff.settings_lists import ListsForm
from deskhand.staff.settings_policies import PoliciesForm
from deskhand.staff.settings_portal import PortalForm
from deskhand.ui import gates
from deskhand.ui.http import SignedInRequest, show

MOST_CHOICES: Final = 12  # a field with more, as the time zones, is not found by what can be chosen in it


@dataclass(frozen=True, slots=True)
class Page:
    """One page: its URL's name, a picture, what it is about, and further words under which people look for it."""

    name: str
    picture: str
    title: Promise
    about: Promise
    also: Promise
    form: type[SettingsForm] | None = None
    permission: str = "desk.configure"

    @property
    def url(self) -> str:
        return reverse(f"staff:{self.name}")


@dataclass(frozen=True, slots=True)
class Hit:
    """One setting that was found, ready to show."""

    url: str
    label: str
    hint: str
    page: str


GROUPS: Final[tuple[tuple[Promise, tuple[Page, ...]], ...]] = (
    (
        _("Desk"),
        (
            Page(
                "settings_desk", "palette", _("Name and look"), _("Its name, color, address and time zone."),
                _("brand demo"), DeskForm,
            ),
            Page(
                "settings_sign_in", "log-in", _("Signing in"), _("Who may make an account without being asked."),
                _("registration login password"), SignInForm,
            ),
            Page(
                "settings_sources", "door-open", _("Signed links"), _("Products whose users need no second password here."),
                _("single sign-on SSO JWT token secret support link login external"),
            ),
        ),
    ),
    (
        _("Portal"),
        (
            Page(
                "settings_portal", "panels-top-left", _("Words and home page"),
                _("What customers read: words, blocks, announcement, tips."), _("customer wording front"), PortalForm,
            ),
            Page(
                "settings_lists", "table-2", _("Lists"), _("Columns and tabs of “My tickets”."),
                _("table view filter"), ListsForm,
            ),
        ),
    ),
    (
        _("Tickets"),
        (
            Page(
                "settings_topics", "folder-tree", _("Topics"), _("What tickets are about, and who gets them."),
                _("category help topic department routing team tree assignee"),
            ),
            Page(
                "settings_fields", "text-cursor-input", _("Fields"), _("What the form asks, in which topic, of whom."),
                _("custom fields form required mandatory brand issue condition checkbox date number choice"),
            ),
            Page(
                "settings_priorities", "signal", _("Priorities"), _("What each means, and when an answer is promised."),
                _("urgent high medium low response time target SLA promise deadline"),
            ),
            Page(
                "settings_statuses", "circle-dot", _("Statuses"), _("Their names for you, and for your customers."),
                _("open in progress waiting resolved closed state explanation"),
            ),
            Page(
                "settings_tickets", "scale", _("Policies"),
                _("What tickets do by themselves, and what people may do to them."),
                _("rules automation files attachments"), PoliciesForm,
            ),
        ),
    ),
    (
        _("Shop"),
        (
            Page(
                "settings_products", "package", _("Products"), _("What you sell, and what its support covers."),
                _("support days licenses installations grace out of scope covered download renew benefit hosting theme"),
                permission="product.change",
            ),
            Page(
                "settings_senders", "store", _("Shops"), _("Who may tell of purchases, by signed webhooks."),
                _("incoming webhook sender secret order refund store connect"),
            ),
        ),
    ),
    (
        _("Mails"),
        (
            Page(
                "settings_mails", "mails", _("Mails"), _("Who is told what, and in which words."),
                _("notifications templates placeholders e-mail matrix confirmation warning test"),
            ),
        ),
    ),
    (
        _("People"),
        (
            Page(
                "people", "users", _("Everybody"), _("Accounts, roles, invitations."),
                _("users agents customers username password role administrator invite"), permission="people.read",
            ),
            Page(
                "organizations", "building-2", _("Organizations"), _("Whose customers they are, and their managers."),
                _("company manager members customer"), permission="people.read",
            ),
            Page(
                "teams", "contact", _("Teams"), _("Who answers which tickets; private teams."),
                _("department group private members agents"), permission="people.read",
            ),
        ),
    ),
    (
        _("System"),
        (
            Page(
                "settings_hooks", "webhook", _("Webhooks"), _("Programs that hear what happens to tickets."),
                _("outgoing notify integration chat deliveries secret signed events JSON"),
            ),
            Page(
                "settings_tokens", "key-round", _("API tokens"), _("Programs that read and change tickets as somebody."),
                _("integration REST key bearer secret scopes access expiry revoke"),
            ),
            Page(
                "settings_blueprint", "file-cog", _("The desk as a file"), _("Presets, export, import, and the way back."),
                _("blueprint YAML backup configuration snapshot rollback template copy"),
            ),
            Page(
                "settings_audit", "scroll-text", _("Audit trail"), _("Who changed what, from what to what."),
                _("history log changes entries"), permission="audit.read",
            ),
        ),
    ),
)  # fmt: skip


def settings_pages(user: User) -> list[tuple[Promise, list[Page]]]:
    """The groups of pages that this person may enter, without empty ones."""
    groups = [(title, [page for page in pages if user.can(page.permission)]) for title, pages in GROUPS]
    return [(title, pages) for title, pages in groups if pages]


@gates.staff("desk.configure")
@require_safe
def start(request: SignedInRequest) -> HttpResponse:
    """Every page as a card; with `?q=` every setting that these words describe."""
    words = text.one_line(request.GET.get("q", "")[:200])
    context = {"words": words, "hits": _found(request.user, words) if words else [], "here": "settings"}
    return show(request, "staff/settings_start.html", context)


def _found(user: User, words: str) -> list[Hit]:
    """What holds all the words; what is called so first, then what is only described so."""
    wanted = _plain(words).split()
    found = [
        (all(word in _plain(hit.label) for word in wanted), hit)
        for hit, described in _all(user)
        if all(word in described for word in wanted)
    ]
    return [hit for _named, hit in sorted(found, key=lambda each: not each[0])]


def _all(user: User) -> Iterator[tuple[Hit, str]]:
    """Every page and every field, each with all the words that describe it."""
    for _title, pages in settings_pages(user):
        for page in pages:
            hit = Hit(page.url, str(page.title), str(page.about), str(page.title))
            yield hit, _plain(f"{page.title} {page.about} {page.also}")
            if page.form is not None:
                yield from _fields(page, page.form())


def _fields(page: Page, form: SettingsForm) -> Iterator[tuple[Hit, str]]:
    for field in form:
        hit = Hit(f"{page.url}#{field.auto_id}", str(field.label), str(field.help_text), str(page.title))
        choices = [str(label) for _value, label in getattr(field.field, "choices", [])]
        also = " ".join(choices) if len(choices) <= MOST_CHOICES else ""
        yield hit, _plain(f"{hit.label} {hit.hint} {also} {form.ALSO_CALLED.get(field.name, '')} {page.title}")


def _plain(words: str) -> str:
    """Without capitals and accents, so that “Señor” is found as “senor”."""
    spread = unicodedata.normalize("NFKD", words).casefold()
    return "".join(sign for sign in spread if not unicodedata.combining(sign))
