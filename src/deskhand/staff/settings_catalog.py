"""What the settings pages of topics, fields, statuses, priorities and products share: finding one, buttons, what was saved."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from deskhand.desk.queries import forget_cached_desk
from deskhand.tickets import catalog
from deskhand.tickets.models.choices import Priority, Status, Topic
from deskhand.tickets.models.field import Field
from deskhand.tickets.words import Words, words
from deskhand.ui import gates
from deskhand.ui.forms import once
from deskhand.ui.http import SignedInRequest, go

View = Callable[[SignedInRequest, int], HttpResponse]
Thing = TypeVar("Thing", Topic, Field, Status, Priority)
REFUSALS: Final[dict[type[catalog.CatalogError], Promise]] = {
    catalog.NotAllowedError: gettext_lazy("Your role does not allow that."),
    catalog.GoneError: gettext_lazy("Somebody has removed it in the meantime."),
    catalog.NameTakenError: gettext_lazy("There is one of that name already."),
    catalog.InUseError: gettext_lazy("It is in use: by tickets, or by topics or fields that hang on it."),
    catalog.LoopError: gettext_lazy("That would make a loop: it would hang on itself."),
    catalog.ArchivedAboveError: gettext_lazy("The topic above it is archived. Restore that one first."),
    catalog.NeedsDefaultError: gettext_lazy("It is the one that is preselected. Preselect another one first."),
    catalog.OptionsError: gettext_lazy("A list needs 1 to 200 options, each of at most 200 characters."),
    catalog.ConditionError: gettext_lazy("That field, or that option of it, is no longer there."),
}


def why(error: catalog.CatalogError) -> str:
    """Why it was refused, in a sentence."""
    return str(REFUSALS[type(error)])


def find(among: Callable[[Words], Mapping[int, Thing]], pk: int) -> Thing:
    """One of the desk's words, also one that another process has just made; else Http404. It is shared: do not change it."""
    if pk not in among(words()):
        forget_cached_desk()
    found = among(words()).get(pk)
    if found is None:
        raise Http404
    return found


@dataclass(frozen=True, slots=True)
class Verbs:
    """What writes when a button is pressed, and the errors with which it refuses; each takes the thing, `by` and `at`."""

    move: Callable[..., object]  # with `up`
    archive: Callable[..., object]
    restore: Callable[..., object]
    remove: Callable[..., object] | None
    why: Callable[[Any], str]
    refuses: type[Exception]


@dataclass(frozen=True, slots=True)
class Buttons:
    """The three views behind the buttons of a list and at the end of a thing's page."""

    move: View
    archive: View
    remove: View


_CATALOG: Final = Verbs(
    catalog.move, catalog.archive, catalog.restore, catalog.remove, why=why, refuses=catalog.CatalogError
)


def buttons(
    *, find_it: Callable[[SignedInRequest, int], Any], page: Callable[[SignedInRequest, Any, str], HttpResponse],
    listed: str, row: str, archived: Promise, restored: Promise, verbs: Verbs = _CATALOG,
    permission: str = "desk.configure",
) -> Buttons:  # fmt: skip
    """The buttons of one kind of thing: one place up or down, archive or restore, remove.

    `page` shows the thing again with the sentence why not; `listed` is the URL's name of the list, `row` begins the ids of its
    rows; `archived` and `restored` are what is said then, with `%(name)s`. A second press finds what was removed no more.
    """

    def do(request: SignedInRequest, act: Callable[[], object], *, leads_to: str) -> str:
        try:
            with once(request, leads_to=leads_to):
                act()
        except verbs.refuses as error:
            return verbs.why(error)
        return ""

    @gates.staff(permission)
    @require_POST
    def move(request: SignedInRequest, pk: int) -> HttpResponse:
        """One up or down; at the end of the list nothing happens."""
        found, back = find_it(request, pk), f"{reverse(listed)}#{row}-{pk}"
        is_up = request.POST.get("way") == "up"
        do(request, lambda: verbs.move(found, by=request.user, at=timezone.now(), up=is_up), leads_to=back)
        return go(request, back)

    @gates.staff(permission)
    @require_POST
    def archive(request: SignedInRequest, pk: int) -> HttpResponse:
        """Choose it no more; or again."""
        found, back = find_it(request, pk), reverse(listed)
        is_again = request.POST.get("archived") == "0"

        def act() -> None:
            (verbs.restore if is_again else verbs.archive)(found, by=request.user, at=timezone.now())
            messages.success(request, str(restored if is_again else archived) % {"name": found})

        refused = do(request, act, leads_to=back)
        return page(request, found, refused) if refused else go(request, back)

    @gates.staff(permission)
    @require_POST
    def remove(request: SignedInRequest, pk: int) -> HttpResponse:
        """Delete it, if nothing has it. It is looked up inside, so that a second press shows the first result."""
        back = reverse(listed)

        def act() -> None:
            if verbs.remove is None:
                raise Http404
            found = find_it(request, pk)
            verbs.remove(found, by=request.user, at=timezone.now())
            messages.success(request, _("“%(name)s” was removed.") % {"name": found})

        refused = do(request, act, leads_to=back)
        return page(request, find_it(request, pk), refused) if refused else go(request, back)

    return Buttons(move, archive, remove)


def tell_saved(request: SignedInRequest, *filled: forms.Form) -> None:
    """A notice that names what was changed."""
    names = [str(form.fields[name].label) for form in filled for name in form.changed_data]
    if names:
        messages.success(request, _("Saved: %(names)s.") % {"names": ", ".join(dict.fromkeys(names))})
    else:
        messages.info(request, _("Nothing was changed."))


def tell_added(request: SignedInRequest, name: str) -> None:
    """A notice that names what is new."""
    messages.success(request, _("“%(name)s” was added.") % {"name": name})
