"""The desk itself: one row of settings that an administrator changes while it runs."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from deskhand.desk import layout


class Registration(models.TextChoices):
    """Who may create an account without being asked. Staff can invite people in every mode (S4.2)."""

    CLOSED = "closed", _("Closed: staff create every account")
    INVITED = "invited", _("Invited: an invited person may ask for the link again, nobody else gets in")
    OPEN = "open", _("Open: anybody with a confirmed e-mail address")
    DOMAINS = "domains", _("By domain: anybody with a confirmed address in the domains below")


class Mailbox(models.TextChoices):
    """What happens to mail that is sent to the desk (S3.13, S5.1)."""

    TICKETS = "tickets", _("A mail opens a ticket, or goes into the one it answers")
    REPLIES = "replies", _("Replies go into their ticket; a new mail is answered with the way to the desk")
    OFF = "off", _("No mail is read; each is answered with the way to the desk")


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
    managers_may_reply = models.BooleanField(_("Managers may reply to their members’ tickets"), default=True)  # S4.18
    managers_may_close = models.BooleanField(_("Managers may close their members’ tickets"), default=True)
    # None: without end. Later than that a customer's message opens a follow-up (S3.17).
    reopen_days = models.PositiveSmallIntegerField(_("Days in which a closed ticket reopens"), null=True, blank=True)
    # None: never. The warning leaves that many days before (S3.16).
    auto_close_days = models.PositiveSmallIntegerField(_("Quiet days until closing"), null=True, blank=True)
    # None: never. The same for a ticket that waits for its customer (S1.c12).
    close_waiting_days = models.PositiveSmallIntegerField(_("Quiet days on hold until closing"), null=True, blank=True)
    auto_close_warning_days = models.PositiveSmallIntegerField(_("Warning before, in days"), default=2)
    file_kinds = models.CharField(_("Files that may be attached"), max_length=200, default="jpg png pdf zip")  # S4.10
    file_limit_mb = models.PositiveSmallIntegerField(
        _("All files of a message together, in MB"),
        default=30,
        validators=[MinValueValidator(1), MaxValueValidator(200)],
    )
    preset = models.CharField(max_length=20, blank=True, default="")  # the preset it began with, if any
    labels = models.JSONField(default=dict, blank=True)  # what differs from `labels.LABELS`
    home = models.JSONField(default=list, blank=True)  # see `home_blocks`
    columns = models.JSONField(default=list, blank=True)  # see `list_columns`
    tabs = models.JSONField(default=list, blank=True)  # see `list_tabs`
    expands_in_place = models.BooleanField(_("A ticket opens inside the list"), default=False)  # S4.14
    after_opening = models.CharField(max_length=6, choices=layout.AfterOpening, default=layout.AfterOpening.TICKET)
    announcement = models.TextField(_("Announcement"), blank=True, default="")
    guide = models.TextField(_("When to open a ticket"), blank=True, default="")  # S5.2
    tips = models.TextField(_("What to include"), blank=True, default="")  # a line each (S3.12); empty: the usual ones
    mail_matrix = models.JSONField(
        default=dict, blank=True
    )  # what differs from `notifications.matrix`: {"kind.audience": on}
    navigation = models.CharField(
        _("Navigation of the portal"), max_length=4, choices=layout.Navigation, default=layout.Navigation.TOP
    )  # S1.5
    opens_in_steps = models.BooleanField(
        _("First the area and the issue type, then the details"), default=False
    )  # S5.7
    # Characters; None: no limit of the desk's own. A topic may have another one for messages (S1.7, S1.c2).
    longest_subject = models.PositiveSmallIntegerField(_("Longest subject"), null=True, blank=True)
    longest_message = models.PositiveIntegerField(_("Longest message of a customer"), null=True, blank=True)
    # Below that many characters the form asks for more, and takes it all the same (S1.c2).
    short_message = models.PositiveSmallIntegerField(_("Ask for more below"), null=True, blank=True)
    claims_on_open = models.BooleanField(_("Opening an unassigned ticket claims it"), default=False)  # S1.c1
    # A category; empty: another assignee changes no status (S1.c9).
    status_on_reassign = models.CharField(max_length=12, blank=True, default="")
    mailbox = models.CharField(_("Mail to the desk"), max_length=7, choices=Mailbox, default=Mailbox.REPLIES)
    mailbox_answer = models.TextField(
        _("What a mail is answered with"), blank=True, default=""
    )  # empty: the usual words
    return_addresses = models.JSONField(default=list, blank=True)  # where a support link may lead back to (S5.3)
    is_demo = models.BooleanField(default=False)
    set_up_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="desk_is_one_row")]

    @property
    def file_limit(self) -> int:
        """Bytes of all files of a message; a megabyte is what people's computers show as one, 1,048,576."""
        return self.file_limit_mb * 1024 * 1024

    @property
    def file_kind_slugs(self) -> list[str]:
        """What may be attached: slugs of `core.kinds`, in the order in which they are told."""
        return self.file_kinds.split()

    @property
    def home_blocks(self) -> list[str]:
        """Blocks of the portal's home, in their order."""
        return self.home or layout.usual_home()

    @property
    def list_columns(self) -> list[str]:
        """Columns of "My tickets", in their order."""
        return self.columns or layout.usual_columns()

    @property
    def list_tabs(self) -> list[dict[str, str]]:
        """Tabs of "My tickets" in their order, `{"tab": "open", "name": "Opened"}`; an empty name is the usual one."""
        return self.tabs or layout.usual_tabs()

    def __str__(self) -> str:
        return self.name
