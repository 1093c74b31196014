"""The shape of what staff say about products, purchases and the shops that tell of them. The rules are the domain's."""

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any, Final, cast
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from deskhand.accounts.models import User
from deskhand.core import text
from deskhand.desk.queries import current_desk
from deskhand.entitlements import errors
from deskhand.entitlements.catalog import LEAST, MOST
from deskhand.entitlements.models import Product, Purchase
from deskhand.entitlements.order import Order
from deskhand.entitlements.policy import day_of
from deskhand.ui.fields import LineField

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

MOST_TEXT: Final = 2_000_000  # characters of a CSV file
REFUSALS: Final[dict[type[errors.ShopError], Promise]] = {
    errors.NotAllowedError: gettext_lazy("Your role does not allow that."),
    errors.GoneError: gettext_lazy("Somebody has removed it in the meantime."),
    errors.OrderDiffersError: gettext_lazy(
        "There is a purchase with this number already, of another product or by somebody else."
    ),
    errors.StandingError: gettext_lazy(
        "As the purchase stands now, that cannot be done. Somebody has changed it in the meantime."
    ),
}
_PLAIN: Final = {"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}


class DayField(forms.DateField):
    """A calendar day, with the browser's own picker; what it sends and what is typed without one is 2026-11-30."""

    widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})

    def __init__(self, **options: Any) -> None:  # noqa: ANN401 - of Field
        super().__init__(input_formats=["%Y-%m-%d"], **options)


class ClausesField(forms.CharField):
    """One clause a line; blank lines are left out."""

    widget = forms.Textarea(attrs={"rows": 6})

    def to_python(self, value: Any) -> str:  # noqa: ANN401 - whatever a browser sent
        lines = [text.one_line(line) for line in text.paragraphs(super().to_python(value) or "").split("\n")]
        return "\n".join(line for line in lines if line)


def _number(label: "str | _StrPromise", name: str, **options: Any) -> forms.IntegerField:  # noqa: ANN401 - of Field
    """A number within the limits of this column of a product."""
    widget = forms.NumberInput(attrs={"inputmode": "numeric"})
    return forms.IntegerField(label=label, min_value=LEAST.get(name, 0), max_value=MOST[name], widget=widget, **options)


def _address(label: "str | _StrPromise", **options: Any) -> forms.CharField:  # noqa: ANN401 - of Field
    widget = forms.URLInput(attrs=_PLAIN)
    return forms.CharField(label=label, required=False, max_length=500, widget=widget, **options)


class ProductForm(forms.Form):
    """All that a product is, but its place and whether it is archived. Of an existing one the short name stays."""

    name = LineField(label=gettext_lazy("Name"), max_length=80)
    slug = forms.SlugField(
        label=gettext_lazy("Short name"), max_length=40, widget=forms.TextInput(attrs=_PLAIN),
        help_text=gettext_lazy("How your shop names it when it tells of a purchase. It stays as it is."),
    )  # fmt: skip
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=Product.Kind.choices)
    support_days = _number(
        gettext_lazy("Days of support"), "support_days", required=False, initial=365,
        help_text=gettext_lazy("From the day of the purchase. Empty: without end. 0: none."),
    )  # fmt: skip
    grace_days = _number(
        gettext_lazy("Days of grace after it"), "grace_days", initial=0,
        help_text=gettext_lazy("For so long a ticket can be opened all the same."),
    )  # fmt: skip
    license_count = _number(gettext_lazy("Licenses of a purchase"), "license_count", initial=0)
    license_days = _number(
        gettext_lazy("Days a license is valid"), "license_days", required=False,
        help_text=gettext_lazy("Empty: without end."),
    )  # fmt: skip
    installations = _number(gettext_lazy("Installations of a license"), "installations", initial=1)
    moves_a_year = _number(
        gettext_lazy("Moves a year by the customer"), "moves_a_year", initial=1,
        help_text=gettext_lazy("How often customers may take a license to another domain themselves. 0: only you can."),
    )  # fmt: skip
    download_url = _address(
        gettext_lazy("Download"), help_text=gettext_lazy("Stands in the receipt and beside the purchase.")
    )
    renew_url = _address(
        gettext_lazy("Where to renew support"), help_text=gettext_lazy("Where customers are sent when support is over.")
    )
    covered = ClausesField(label=gettext_lazy("What support covers"), required=False)
    not_covered = ClausesField(label=gettext_lazy("What support does not cover"), required=False)
    benefit = LineField(label=gettext_lazy("What a buyer may claim"), max_length=120, required=False)
    benefit_url = _address(gettext_lazy("How to claim it"))
    takes_bug_reports = forms.BooleanField(
        label=gettext_lazy("Bug reports are welcome without support"), required=False
    )

    def __init__(self, *args: Any, product: Product | None, **kwargs: Any) -> None:  # noqa: ANN401 - a form's
        super().__init__(*args, **kwargs)
        if product:
            self.fields["slug"].disabled = True

    def clauses(self, name: str) -> int:
        """How many clauses stand in a field, as it is shown."""
        return len([line for line in str(self[name].value() or "").splitlines() if line.strip()])

    def complain(self, error: ValidationError) -> None:
        """Say what was refused beside the field it is about."""
        complain(self, error.message_dict if hasattr(error, "error_dict") else {"name": error.messages})


class PurchaseForm(forms.Form):
    """A purchase that no shop tells of: what stands on its receipt."""

    reference = LineField(
        label=gettext_lazy("Order"), max_length=80, widget=forms.TextInput(attrs=_PLAIN),
        help_text=gettext_lazy("The shop’s own number. The same number again is the same purchase."),
    )  # fmt: skip
    product = forms.ChoiceField(label=gettext_lazy("Product"))
    email = forms.EmailField(
        label=gettext_lazy("E-mail of the buyer"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy("An address that nobody here has gets an invitation."),
    )  # fmt: skip
    name = LineField(label=gettext_lazy("Name of the buyer"), max_length=120, required=False)
    organization = LineField(label=gettext_lazy("Organization"), max_length=120, required=False)
    bought_on = DayField(label=gettext_lazy("Bought on"))
    support_until = DayField(
        label=gettext_lazy("Support until"), required=False, help_text=gettext_lazy("Empty: as the product says.")
    )
    amount = forms.DecimalField(
        label=gettext_lazy("Amount"), required=False, min_value=0, max_digits=12, decimal_places=2
    )
    currency = forms.RegexField(
        label=gettext_lazy("Currency"), required=False, regex=r"^[A-Za-z]{3}\Z", max_length=3,
        help_text=gettext_lazy("Three letters, as EUR."), widget=forms.TextInput(attrs={**_PLAIN, "size": 3}),
        error_messages={"invalid": gettext_lazy("Three letters, as EUR.")},
    )  # fmt: skip
    partner = LineField(
        label=gettext_lazy("Partner"), max_length=80, required=False, help_text=gettext_lazy("Who sold it for you.")
    )

    ERROR_AT: Final = {"bought_at": "bought_on"}

    def __init__(self, *args: Any, viewer: User, **kwargs: Any) -> None:  # noqa: ANN401 - a form's
        super().__init__(*args, **kwargs)
        sold = Product.objects.visible_to(viewer).filter(is_archived=False)
        choices = [(product.slug, product.name) for product in sold]
        cast(forms.ChoiceField, self.fields["product"]).choices = [("", _("Choose one")), *choices]

    def order(self) -> Order:
        """What `record_purchase` takes."""
        given = dict(self.cleaned_data)
        given["bought_at"] = _moment(given.pop("bought_on"))
        return Order(**given | {"currency": given["currency"].upper()})


def _moment(day: date) -> datetime:
    """A moment of that day where the desk is: now, if it is today, else noon."""
    now, desk = timezone.now(), current_desk()
    return now if day == day_of(now, desk) else datetime.combine(day, time(12), ZoneInfo(desk.time_zone))


class SupportForm(forms.Form):
    """How long a purchase has support."""

    support_until = DayField(
        label=gettext_lazy("Support until"), required=False,
        help_text=gettext_lazy("The last day. Empty: without end."),
    )  # fmt: skip


class OrdersForm(forms.Form):
    """A CSV file of orders, as its text."""

    text = forms.CharField(
        label=gettext_lazy("Orders"), strip=False, max_length=MOST_TEXT,
        error_messages={"required": gettext_lazy("Paste a file, or choose one.")},
        widget=forms.Textarea(attrs={"rows": 12, "class": "code", "wrap": "off", **_PLAIN}),
    )  # fmt: skip
    tells = forms.BooleanField(
        label=gettext_lazy("Mail receipts and invitations"), required=False, initial=True,
        help_text=gettext_lazy("Not for purchases of former years: who wants to come in asks for a link with their address."),
    )  # fmt: skip


class SenderForm(forms.Form):
    """A shop that may tell of purchases."""

    name = LineField(label=gettext_lazy("Name"), max_length=80, help_text=gettext_lazy("Which shop it is."))


def complain(form: forms.Form, sentences_by_field: Mapping[str, Any]) -> None:
    """Each sentence beside its field, as far as the form has it."""
    renamed = getattr(form, "ERROR_AT", {})
    for name, sentences in sentences_by_field.items():
        field = renamed.get(name, name)
        form.add_error(field if field in form.fields else None, sentences)


def why(error: errors.ShopError) -> str:
    """Why it was refused, in a sentence."""
    return str(REFUSALS[type(error)])


def gives(product: Product) -> str:
    """What a purchase of it gives, in one line: "365 days of support, 1 license for 1 installation"."""
    return ", ".join([_support(product), *_licenses(product)])


def _support(product: Product) -> str:
    if product.support_days is None:
        return _("support without end")
    if product.support_days == 0:
        return _("no support")
    words = ngettext("%(count)s day of support", "%(count)s days of support", product.support_days)
    return words % {"count": product.support_days}


def _licenses(product: Product) -> list[str]:
    if not product.license_count:
        return []
    licenses = ngettext("%(count)s license", "%(count)s licenses", product.license_count)
    places = ngettext("for %(count)s installation", "for %(count)s installations", product.installations)
    return [f"{licenses % {'count': product.license_count}} {places % {'count': product.installations}}"]


def state_badge(state: str) -> str:
    """The color of a purchase's state, which is that of a ticket's category."""
    return "resolved" if state == Purchase.State.ACTIVE else "closed"
