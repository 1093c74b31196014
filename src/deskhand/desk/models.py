"""The desk itself: one row of settings that an administrator changes while it runs."""

from django.core.validators import MaxValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _


class Registration(models.TextChoices):
    """Who may create an account without being asked. Staff can invite people in every mode (S4.2)."""

    CLOSED = "closed", _("Closed: staff create every account")
    INVITED = "invited", _("Invited: an invited person may ask for the link again, nobody else gets in")
    OPEN = "open", _("Open: anybody with a confirmed e-mail address")
    DOMAINS = "domains", _("By domain: anybody with a confirmed address in the domains below")


class Desk(models.Model):
    """One row (pk 1). `version` rises with every change; whoever caches something by it is never stale for long."""

    name = models.CharField(_("Name"), max_length=60, default="Support")
    hue = models.PositiveSmallIntegerField(_("Hue"), default=262, validators=[MaxValueValidator(359)])
    public_url = models.CharField(max_length=200, blank=True, default="")
    time_zone = models.CharField(_("Time zone"), max_length=60, default="UTC")
    registration = models.CharField(_("Registration"), max_length=8, choices=Registration, default=Registration.CLOSED)
    allowed_domains = models.JSONField(default=list, blank=True)
    status_on_agent_reply = models.CharField(max_length=12, default="waiting")
    customers_may_close = models.BooleanField(_("Customers may close their tickets"), default=True)
    customers_may_reopen = models.BooleanField(_("A customer’s message reopens a closed ticket"), default=True)
    managers_may_reply = models.BooleanField(_("Managers may reply to and close their members’ tickets"), default=True)
    is_demo = models.BooleanField(default=False)
    set_up_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="desk_is_one_row")]

    def __str__(self) -> str:
        return self.name
