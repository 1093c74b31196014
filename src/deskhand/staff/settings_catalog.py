"""What the settings pages of topics, fields, priorities and statuses share: finding one, why not, what was saved."""

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

from django import forms
from django.contrib import messages
from django.http import Http404
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from deskhand.desk.queries import forget_cached_desk
from deskhand.tickets import catalog
from deskhand.tickets.models.choices import Priority, Status, Topic
from deskhand.tickets.models.field import Field
from deskhand.tickets.words import Words, words
from deskhand.ui.forms import once
from deskhand.ui.http import SignedInRequest

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


def acted(
    request: SignedInRequest, verb: Callable[..., None], thing: Any, *, leads_to: str, said: str = "", **how: Any,  # noqa: ANN401 - what the verb takes
) -> str:  # fmt: skip
    """Do it once and say so; returns why it was refused, in a sentence, else nothing."""
    try:
        with once(request, leads_to=leads_to):
            verb(thing, by=request.user, at=timezone.now(), **how)
            if said:
                messages.success(request, said)
    except catalog.CatalogError as error:
        return why(error)
    return ""


def removed(request: SignedInRequest, find_it: Callable[[], Any], *, leads_to: str) -> str:
    """Delete what `find_it` finds, once and say so; returns why it was refused, else nothing. A second press finds nothing."""
    try:
        with once(request, leads_to=leads_to):
            thing = find_it()
            catalog.remove(thing, by=request.user, at=timezone.now())
            messages.success(request, _("“%(name)s” was removed.") % {"name": thing})
    except catalog.CatalogError as error:
        return why(error)
    return ""


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
