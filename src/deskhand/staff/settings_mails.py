"""Which mails leave, and their words: a table of what happens and who hears of it, and a page for the words of each mail."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from deskhand.desk.queries import current_desk
from deskhand.notifications import matrix, templates
from deskhand.notifications.matrix import CELLS, LOCKED, About, Hearer
from deskhand.notifications.models import Template
from deskhand.notifications.sample import post_sample, sample
from deskhand.notifications.templates import KEYS, Group
from deskhand.staff.settings import SettingsForm, page
from deskhand.ui import gates
from deskhand.ui.forms import kept, once
from deskhand.ui.http import SignedInRequest, go, show


@dataclass(frozen=True, slots=True)
class Cell:
    """One mail in the table: its box, or why it always leaves; neither where there is no such mail."""

    hearer: str
    box: forms.BoundField | None
    locked: Promise | str


@dataclass(frozen=True, slots=True)
class Wording:
    """The way to the words of a mail."""

    label: str
    url: str
    is_own: bool


@dataclass(frozen=True, slots=True)
class Row:
    """What happened, who can hear of it, and in which words."""

    label: str
    cells: list[Cell]
    wordings: list[Wording]


class MatrixForm(SettingsForm):
    """A box for each mail that can be turned off."""

    def __init__(self, data: Any = None) -> None:  # noqa: ANN401 - what a form takes
        super().__init__(data)
        for name, (kind, hearer) in matrix.cells().items():
            if (kind, hearer) not in LOCKED:
                self.fields[name] = forms.BooleanField(label=f"{kind.label}: {hearer.label}", required=False)
                self.initial[name] = matrix.is_wanted(kind, hearer, current_desk())

    def values(self) -> dict[str, Any]:
        """All boxes are one column."""
        return {"mail_matrix": matrix.differing(self.cleaned_data)}

    def rows(self) -> list[Row]:
        """The table."""
        return [Row(str(kind.label), self._cells(kind), _wordings(kind)) for kind in About]

    def _cells(self, kind: About) -> list[Cell]:
        names = {hearer: matrix.cell(kind, hearer) for hearer in Hearer}
        return [
            Cell(str(hearer.label), self[name] if name in self.fields else None, LOCKED.get((kind, hearer), ""))
            for hearer, name in names.items()
        ]


class WordsForm(forms.Form):
    """The words of one mail."""

    headline = forms.CharField(
        label=gettext_lazy("First line"), required=False, max_length=templates.LONGEST_HEADLINE,
        help_text=gettext_lazy("Empty: what happened, in one sentence, such as “Ada replied”."),
    )  # fmt: skip
    text = forms.CharField(
        label=gettext_lazy("Text below it"), required=False, max_length=templates.LONGEST_TEXT,
        help_text=gettext_lazy("Empty: the usual words, where there are any."),
        widget=forms.Textarea(attrs={"rows": 7}),
    )  # fmt: skip

    def __init__(self, data: Any = None, *, key: str, **options: Any) -> None:  # noqa: ANN401 - what a form takes
        super().__init__(data, **options)
        self.key = key

    def clean_headline(self) -> str:
        """Refuse a placeholder that stands for nothing."""
        return self._checked("headline")

    def clean_text(self) -> str:
        """As the headline."""
        return self._checked("text")

    def _checked(self, name: str) -> str:
        words = str(self.cleaned_data[name])
        try:
            templates.check(*KEYS[self.key], words)
        except templates.UnknownPlaceholderError as error:
            raise forms.ValidationError(
                _("Nothing stands for {%(name)s} here. The list below says what does."), params={"name": error.args[0]}
            ) from error
        return words


@gates.staff("desk.configure")
@require_http_methods(["GET", "HEAD", "POST"])
def mails(request: SignedInRequest) -> HttpResponse:
    """The table."""
    return page(request, MatrixForm, "staff/settings_mails.html", here="settings_mails", hearers=list(Hearer))


@gates.staff("desk.configure")
@require_http_methods(["GET", "HEAD", "POST"])
def mail(request: SignedInRequest, key: str) -> HttpResponse:
    """The words of one mail, and how it looks with them."""
    here = _address(key)
    if request.method != "POST":
        return _page(request, key, WordsForm(key=key, initial=_kept(request, key) or _saved(key)))
    form = WordsForm(request.POST, key=key)
    if not form.is_valid():
        return _page(request, key, form, status=422)
    with once(request, leads_to=here):
        templates.save_template(by=request.user, at=timezone.now(), key=key, **form.cleaned_data)
    messages.success(request, _("Saved."))
    return go(request, here)


@gates.staff("desk.configure")
@require_POST
def preview(request: SignedInRequest, key: str) -> HttpResponse:
    """The mail with what is typed, which is not saved."""
    _address(key)
    form = WordsForm(request.POST, key=key)
    return _page(request, key, form, status=200 if form.is_valid() else 422)


@gates.staff("desk.configure")
@require_POST
def send_test(request: SignedInRequest, key: str) -> HttpResponse:
    """The mail as it is worded now, to whoever asks; its page in the mailroom shows what becomes of it."""
    _address(key)
    with once(request) as sending:
        sent = post_sample(key, to=request.user, at=timezone.now())
        sending.leads_to = reverse("staff:mail", args=[sent.pk])
    messages.success(request, _("The mail is on its way to you."))
    return go(request, sending.leads_to)


@gates.staff("desk.configure")
@require_POST
def reset(request: SignedInRequest, key: str) -> HttpResponse:
    """Back to the usual words."""
    here = _address(key)
    with once(request, leads_to=here):
        templates.save_template(by=request.user, at=timezone.now(), key=key, headline="", text="")
    messages.success(request, _("The mail has its usual words again."))
    return go(request, here)


def _wordings(kind: About) -> list[Wording]:
    own, keys = templates.kept(), [templates.key(kind, group) for group in Group]
    return [
        Wording(str(KEYS[key][1].label), reverse("staff:settings_mail", args=[key]), _is_own(own.get(key)))
        for key in keys if key in KEYS
    ]  # fmt: skip


def _is_own(row: Template | None) -> bool:
    return row is not None and bool(row.headline or row.text)


def _page(request: SignedInRequest, key: str, form: WordsForm, *, status: int = 200) -> HttpResponse:
    """With the words as typed; the preview shows the saved ones while something is wrong with them."""
    kind, group = KEYS[key]
    typed = form.cleaned_data if form.is_bound and form.is_valid() else _saved(key)
    context = {
        "form": form,
        "key": key,
        "kind": kind,
        "group": group,
        "placeholders": list(templates.placeholders(kind, group).items()),
        "letter": sample(key, headline=typed["headline"], text=typed["text"], at=timezone.now()),
        "is_own": _is_own(templates.kept().get(key)),
        "hears_none": not any(matrix.is_wanted(kind, each, current_desk()) for each in CELLS[kind]),
        "here": "settings_mails",
    }
    return show(request, "staff/settings_mail.html", context, parts=("preview",), status=status)


def _kept(request: SignedInRequest, key: str) -> dict[str, Any] | None:
    """What was typed when the session ended, whichever button was pressed then."""
    pages = (reverse("staff:settings_mail", args=[key]), reverse("staff:settings_mail_preview", args=[key]))
    return next((given for page in pages if (given := kept(request, page))), None)


def _saved(key: str) -> dict[str, str]:
    headline, text = templates.own_words(*KEYS[key])
    return {"headline": headline, "text": text}


def _address(key: str) -> str:
    if key not in KEYS:
        raise Http404
    return reverse("staff:settings_mail", args=[key])
