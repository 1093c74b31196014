"""What was sold, to whom, and what of it gives access to support."""

from datetime import date, timedelta
from typing import ClassVar, Self

from django.core.validators import URLValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from deskhand.accounts.models import User

_WEB = URLValidator(schemes=["https", "http"])


class ProductQuerySet(models.QuerySet["Product"]):
    """Products somebody may look at."""

    def visible_to(self, user: User) -> Self:
        """Staff see all of them; a customer those they bought."""
        if user.can("purchase.read"):
            return self
        return self.filter(purchases__owner=user).distinct() if user.is_active else self.none()


class Product(models.Model):
    """What the shop sells: how long its support lasts, what its licenses allow, what its support covers (S1.c5, S2.13).

    `covered` and `not_covered` hold one clause a line; a clause of `not_covered` is a reason to decline a ticket (S2.14).
    """

    class Kind(models.TextChoices):
        PRODUCT = "product", _("A product")
        HOSTING = "hosting", _("A hosting plan")
        SUPPORT = "support", _("Support alone")

    slug = models.SlugField(max_length=40, unique=True)  # what shops name it by; never changes
    name = models.CharField(_("Name"), max_length=80)
    kind = models.CharField(_("Kind"), max_length=8, choices=Kind, default=Kind.PRODUCT)
    support_days = models.PositiveIntegerField(
        _("Days of support"), null=True, blank=True
    )  # None: without end; 0: none
    grace_days = models.PositiveSmallIntegerField(_("Days of grace after it"), default=0)
    license_count = models.PositiveSmallIntegerField(_("Licenses of a purchase"), default=0)
    license_days = models.PositiveIntegerField(_("Days a license is valid"), null=True, blank=True)  # None: without end
    installations = models.PositiveSmallIntegerField(_("Installations of a license"), default=1)  # S2.15
    moves_a_year = models.PositiveSmallIntegerField(_("Moves a year by the customer"), default=1)  # 0: agents alone
    download_url = models.CharField(_("Download"), max_length=500, blank=True, default="", validators=[_WEB])
    renew_url = models.CharField(_("Where to renew support"), max_length=500, blank=True, default="", validators=[_WEB])
    covered = models.TextField(_("What support covers"), blank=True, default="")
    not_covered = models.TextField(_("What support does not cover"), blank=True, default="")
    benefit = models.CharField(_("What a buyer may claim"), max_length=120, blank=True, default="")  # S2.2
    benefit_url = models.CharField(_("How to claim it"), max_length=500, blank=True, default="", validators=[_WEB])
    takes_bug_reports = models.BooleanField(_("Bug reports are welcome without support"), default=False)
    position = models.PositiveSmallIntegerField(default=0)
    is_archived = models.BooleanField(default=False)  # sold no more; purchases of it stay

    objects: ClassVar[models.Manager["Product"]] = models.Manager.from_queryset(ProductQuerySet)()

    class Meta:
        ordering: ClassVar[list[str]] = ["position", "id"]

    def __str__(self) -> str:
        return self.name

    @property
    def clauses(self) -> list[str]:
        """What support does not cover, clause by clause."""
        return [line.strip() for line in self.not_covered.splitlines() if line.strip()]

    @property
    def promises(self) -> list[str]:
        """What support covers, clause by clause."""
        return [line.strip() for line in self.covered.splitlines() if line.strip()]


class PurchaseQuerySet(models.QuerySet["Purchase"]):
    """Purchases somebody may look at, or that give support."""

    def visible_to(self, user: User) -> Self:
        """Staff see all of them; a customer their own."""
        if user.can("purchase.read"):
            return self
        return self.filter(owner=user) if user.is_active else self.none()

    def owned_by(self, user: User) -> Self:
        """This person's own, also for staff: what the portal shows."""
        return self.filter(owner=user)


class Purchase(models.Model):
    """One thing that one person bought once. The same product bought twice is two of them (S1.c3).

    `support_until` is the last day with support in the desk's time zone; None is without end. What it gives now is
    `policy.covers`.
    """

    class State(models.TextChoices):
        ACTIVE = "active", _("Active")
        REFUNDED = "refunded", _("Refunded")
        FRAUD = "fraud", _("Fraud")

    class Via(models.TextChoices):
        API = "api", _("API")
        WEBHOOK = "webhook", _("Webhook")
        CSV = "csv", _("CSV file")
        HAND = "hand", _("By hand")

    reference = models.CharField(
        _("Order"), max_length=80, unique=True
    )  # the shop's own; the same twice is one purchase
    product = models.ForeignKey(Product, models.PROTECT, related_name="purchases")
    owner = models.ForeignKey(User, models.PROTECT, related_name="purchases", db_index=False)
    bought_at = models.DateTimeField(_("Bought on"))
    support_until = models.DateField(_("Support until"), null=True, blank=True)
    amount = models.DecimalField(_("Amount"), max_digits=12, decimal_places=2, null=True, blank=True)
    currency = models.CharField(_("Currency"), max_length=3, blank=True, default="")  # ISO 4217
    partner = models.CharField(_("Partner"), max_length=80, blank=True, default="")  # who sold it for us (S2.1)
    state = models.CharField(_("State"), max_length=8, choices=State, default=State.ACTIVE)
    ended_at = models.DateTimeField(null=True, blank=True)  # when it was refunded or found to be fraud (S1.c6)
    claimed_at = models.DateTimeField(null=True, blank=True)  # when its benefit was claimed (S2.2)
    via = models.CharField(max_length=7, choices=Via)
    created_at = models.DateTimeField()

    objects: ClassVar[models.Manager["Purchase"]] = models.Manager.from_queryset(PurchaseQuerySet)()

    class Meta:
        indexes = [
            models.Index(fields=["owner", "-bought_at", "id"], name="purchase_owner"),
            models.Index(fields=["-bought_at", "-id"], name="purchase_newest"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="active", ended_at=None) | ~Q(state="active") & Q(ended_at__isnull=False),
                name="purchase_ended_is_its_state",
            ),
            models.CheckConstraint(condition=Q(amount=None) | Q(amount__gte=0), name="purchase_amount_not_negative"),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def is_active(self) -> bool:
        """Neither refunded nor fraud; its support may be over all the same."""
        return self.state == self.State.ACTIVE

    @property
    def has_support(self) -> bool:
        """Its product comes with support, be it over by now."""
        return self.product.support_days != 0

    @property
    def covered_until(self) -> date | None:
        """The last day on which a ticket can be opened with it: support and grace. None: without end."""
        if self.support_until is None:
            return None
        return self.support_until + timedelta(days=self.product.grace_days)

    @property
    def price(self) -> str:
        """What was paid, such as "49.00 EUR"; empty when nobody said so."""
        return "" if self.amount is None else f"{self.amount:.2f} {self.currency}".strip()


class License(models.Model):
    """A key that lets a bought product run on so many installations (S1.c5, S2.15)."""

    purchase = models.ForeignKey(Purchase, models.CASCADE, related_name="licenses")
    key = models.CharField(max_length=40, unique=True)
    installations = models.PositiveSmallIntegerField(default=1)
    valid_until = models.DateField(null=True, blank=True)  # the last day, in the desk's time zone; None: without end
    deactivated_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["id"]

    def __str__(self) -> str:
        return self.key


class Installation(models.Model):
    """Where a license runs: a domain, or a device's own name. A removed one makes room for another (a move)."""

    license = models.ForeignKey(License, models.CASCADE, related_name="bound")
    domain = models.CharField(max_length=253)
    activated_at = models.DateTimeField()
    seen_at = models.DateTimeField()  # when it called home last
    removed_at = models.DateTimeField(null=True, blank=True)
    removed_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        ordering: ClassVar[list[str]] = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["license", "domain"], condition=Q(removed_at=None), name="installation_once"
            )
        ]

    def __str__(self) -> str:
        return self.domain


class Sender(models.Model):
    """A shop that tells us of purchases by a signed webhook (Standard Webhooks). `secret` is sealed."""

    name = models.CharField(_("Name"), max_length=80)
    secret = models.TextField()
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    heard_at = models.DateTimeField(null=True, blank=True)  # the last time it said something that was signed well
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name
