"""How the audit trail says what stands in it: one table of what was done, one of what was different."""

from typing import Any, Final

from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as later

from deskhand.accounts.roles import Role
from deskhand.desk.labels import LABELS
from deskhand.desk.layout import AfterOpening, Block, Column, Navigation, Tab
from deskhand.desk.models import Mailbox, Registration
from deskhand.entitlements.models import Product, Purchase
from deskhand.mail.models import State
from deskhand.tickets.models.choices import Category, Need
from deskhand.tickets.models.field import Access, Field
from deskhand.ui.hues import HUES

LONGEST: Final = 120  # characters of one value; the whole is in the database

# What can be looked for alone: a word in the address, what it is called, and the kinds of actions that belong to it.
ABOUT: Final[dict[str, tuple[Promise, tuple[str, ...]]]] = {
    "desk": (later("Desk"), ("desk", "blueprint")),
    "topics": (later("Topics and fields"), ("topic", "field")),
    "statuses": (later("Statuses and priorities"), ("status", "priority")),
    "mails": (later("Mails"), ("mail",)),
    "people": (later("People"), ("user", "organization", "source")),
    "teams": (later("Teams"), ("team",)),
    "purchases": (later("Purchases"), ("purchase", "license")),
    "products": (later("Products and shops"), ("product", "sender")),
    "programs": (later("Webhooks and tokens"), ("hook", "token")),
}
ACTIONS: Final[dict[str, Promise]] = {
    "desk.configured": later("changed the desk’s settings"),
    "desk.set_up": later("set the desk up"),
    "blueprint.imported": later("imported a file of settings"),
    "topic.created": later("made the topic “%(what)s”"),
    "topic.changed": later("changed the topic “%(what)s”"),
    "topic.moved": later("moved the topic “%(what)s”"),
    "topic.removed": later("removed the topic “%(what)s”"),
    "field.created": later("made the field “%(what)s”"),
    "field.changed": later("changed the field “%(what)s”"),
    "field.moved": later("moved the field “%(what)s”"),
    "field.removed": later("removed the field “%(what)s”"),
    "status.created": later("made the status “%(what)s”"),
    "status.changed": later("changed the status “%(what)s”"),
    "status.moved": later("moved the status “%(what)s”"),
    "status.removed": later("removed the status “%(what)s”"),
    "priority.changed": later("changed the priority “%(what)s”"),
    "mail.worded": later("changed the words of the mail “%(what)s”"),
    "mail.retried": later("sent mail %(what)s again"),
    "mail.discarded": later("discarded mail %(what)s"),
    "mail.held_sent": later("sent the mails that were held"),
    "user.invited": later("invited %(what)s"),
    "user.invited_again": later("invited %(what)s again"),
    "user.accepted": later("accepted the invitation"),
    "user.registered": later("registered"),
    "user.created": later("made the account of %(what)s"),
    "user.password_changed": later("chose a new password"),
    "user.password_handed_over": later("gave %(what)s a new password"),
    "user.address_changed": later("chose another address"),
    "user.changed": later("changed the profile of %(what)s"),
    "user.mails_changed": later("changed which mails %(what)s gets"),
    "user.role_changed": later("gave %(what)s another role"),
    "user.placed": later("changed where %(what)s belongs"),
    "user.deactivated": later("deactivated %(what)s"),
    "user.reactivated": later("let %(what)s in again"),
    "user.signed_on": later("came in by a signed link"),
    "user.linked": later("let a product’s signed links open the own account"),
    "user.sessions_ended": later("signed out everywhere else"),
    "organization.created": later("made the organization %(what)s"),
    "organization.changed": later("changed the organization %(what)s"),
    "team.created": later("made the team %(what)s"),
    "team.changed": later("changed the team %(what)s"),
    "team.members_changed": later("changed who is in the team %(what)s"),
    "purchase.recorded": later("recorded the purchase %(what)s"),
    "purchase.ended": later("ended the purchase %(what)s"),
    "purchase.reinstated": later("made the purchase %(what)s active again"),
    "purchase.support_changed": later("changed the support of the purchase %(what)s"),
    "purchase.adopted": later("confirmed the address of the purchase %(what)s, which is theirs now"),
    "purchase.claimed": later("claimed what comes with the purchase %(what)s"),
    "license.activated": later("activated a license of the purchase %(what)s"),
    "license.moved": later("took a license of the purchase %(what)s off a domain"),
    "product.created": later("made the product “%(what)s”"),
    "product.changed": later("changed the product “%(what)s”"),
    "product.moved": later("moved the product “%(what)s”"),
    "sender.created": later("let the shop “%(what)s” tell of purchases"),
    "sender.revoked": later("took nothing more from the shop “%(what)s”"),
    "hook.created": later("added the webhook “%(what)s”"),
    "hook.changed": later("changed the webhook “%(what)s”"),
    "hook.removed": later("removed the webhook “%(what)s”"),
    "hook.sent_again": later("sent a message of the webhook “%(what)s” again"),
    "hook.gave_up": later("gave messages of the webhook “%(what)s” up after three days"),
    "hook.switched_off": later("switched the webhook “%(what)s” off: its receiver wants no more"),
    "source.created": later("let “%(what)s” sign its users in"),
    "source.renewed": later("made a new secret for the signed links of “%(what)s”"),
    "source.revoked": later("let nobody in from “%(what)s” any more"),
    "token.created": later("made the API token “%(what)s”"),
    "token.revoked": later("revoked the API token “%(what)s”"),
}
FIELDS: Final[dict[str, Promise]] = {
    "name": later("Name"), "email": later("E-mail"), "username": later("Username"), "role": later("Role"),
    "language": later("Language"), "time_zone": later("Time zone"), "organization_id": later("Organization"),
    "is_manager": later("Manager"), "mails_off": later("Mails turned off"), "is_active": later("Active"),
    "is_private": later("Private"), "members": later("Members"), "hue": later("Color"),
    "public_url": later("Public address"), "registration": later("Registration"), "allowed_domains": later("Domains"),
    "status_on_agent_reply": later("After an agent’s reply the ticket is"),
    "customers_may_close": later("Customers may close their tickets"),
    "customers_may_reopen": later("A customer’s message reopens a closed ticket"),
    "managers_may_reply": later("Managers may reply to the tickets of their organization"),
    "managers_may_close": later("Managers may close the tickets of their organization"),
    "reopen_days": later("Days in which a closed ticket reopens"),
    "auto_close_days": later("Quiet days until a resolved ticket closes"),
    "auto_close_warning_days": later("Announced so many days before"),
    "file_kinds": later("Files that may be attached"),
    "file_limit_mb": later("All files of a message together, in MB"),
    "preset": later("Preset"), "labels": later("Words"), "home": later("Blocks of the home page"),
    "columns": later("Columns"), "tabs": later("Tabs"), "expands_in_place": later("A ticket opens inside the list"),
    "after_opening": later("After sending a ticket the customer is"), "announcement": later("Announcement"),
    "guide": later("When to open a ticket"), "tips": later("What to include"), "mail_matrix": later("Mails"),
    "is_demo": later("Demo"), "state": later("State"), "to": later("To"), "reason": later("Reason"),
    "count": later("Count"), "changes": later("Changes"), "headline": later("Headline"), "text": later("Text"),
    "parent": later("Below"), "team": later("Team"), "priority": later("Priority"), "assignee": later("Assignee"),
    "asks_priority": later("Asks for the priority"), "position": later("Place"), "is_default": later("Default"),
    "is_archived": later("Archived"), "label": later("Label"), "hint": later("Hint"), "kind": later("Kind"),
    "options": later("Options"), "customers": later("Customers"), "staff": later("Staff"),
    "is_global": later("In every topic"), "topics": later("Topics"), "shown_if": later("Shown when"),
    "shown_value": later("has the value"), "category": later("Category"), "customer_name": later("Name for customers"),
    "explanation": later("Explanation"), "meaning": later("Meaning"),
    "first_response_minutes": later("First answer, in minutes"),
    "reference": later("Order"), "product": later("Product"), "amount": later("Amount"), "partner": later("Partner"),
    "via": later("Came by"), "support_until": later("Support until"), "domain": later("Domain"),
    "slug": later("Short name"), "support_days": later("Days of support"), "grace_days": later("Days of grace after it"),
    "license_count": later("Licenses of a purchase"), "license_days": later("Days a license is valid"),
    "installations": later("Installations of a license"), "moves_a_year": later("Moves a year by the customer"),
    "download_url": later("Download"), "renew_url": later("Where to renew support"),
    "covered": later("What support covers"), "not_covered": later("What support does not cover"),
    "benefit": later("What a buyer may claim"), "benefit_url": later("How to claim it"),
    "takes_bug_reports": later("Bug reports are welcome without support"),
    "navigation": later("Navigation of the portal"), "longest_subject": later("Longest subject"),
    "opens_in_steps": later("First the area and the issue type, then the details"),
    "longest_message": later("Longest message of a customer"), "short_message": later("Asks for more below"),
    "claims_on_open": later("Opening an unassigned ticket claims it"),
    "status_on_reassign": later("With another assignee the ticket is"),
    "close_waiting_days": later("Quiet days until a ticket on hold closes"), "mailbox": later("Mail to the desk"),
    "mailbox_answer": later("What a mail is answered with"), "return_addresses": later("Where a support link may lead back to"),
    "purchase": later("Asks for a purchase"), "is_bug_report": later("Bug reports"),
    "url": later("Address"), "kinds": later("Hears of"), "delivery": later("Message"), "owner": later("Acts as"),
    "source": later("Product"), "scopes": later("Is for"), "expires_at": later("Ends"),
}  # fmt: skip
# A column's name may be that of two things; their values are told apart.
_CHOICES: Final[dict[str, tuple[type[TextChoices], ...]]] = {
    "role": (Role,), "registration": (Registration,), "status_on_agent_reply": (Category,), "category": (Category,),
    "state": (State, Purchase.State), "after_opening": (AfterOpening,), "home": (Block,), "columns": (Column,),
    "kind": (Field.Kind, Product.Kind), "customers": (Access,), "staff": (Access,), "via": (Purchase.Via,),
    "navigation": (Navigation,), "mailbox": (Mailbox,), "status_on_reassign": (Category,), "purchase": (Need,),
}  # fmt: skip


def value_in_words(field: str, value: Any, names: dict[str, str]) -> str:  # noqa: ANN401 - whatever JSON holds
    """One side of a difference; `names` says how people and organizations are called (`user:7`)."""
    words = _words(field, value, names)
    return words if len(words) <= LONGEST else f"{words[:LONGEST]}…"


def references(side: dict[str, Any]) -> list[str]:
    """Whom the numbers of a side mean."""
    place = side.get("organization_id")
    return [*(f"user:{pk}" for pk in side.get("members", [])), *([f"organization:{place}"] if place else [])]


def _words(field: str, value: Any, names: dict[str, str]) -> str:  # noqa: ANN401 - whatever JSON holds
    match value:
        case bool():
            return _("yes") if value else _("no")
        case None:
            return "–"
        case str() | list() | dict() if not value:
            return "–"
        case list() | int() if field in {"members", "organization_id"}:
            return ", ".join(names.get(name, name) for name in references({field: value}))
        case int() if field == "hue":
            return str(dict(HUES).get(value, value))
        case list():
            return ", ".join(_words(field, each, names) for each in value)
        case dict():
            return _pairs(field, value, names)
        case str():
            return next((str(kind(value).label) for kind in _CHOICES.get(field, ()) if value in kind.values), value)
    return str(value)


def _pairs(field: str, value: dict[str, Any], names: dict[str, str]) -> str:
    """A tab by its name, a word with what it is called, anything else as it is."""
    match value:
        case {"tab": tab, "name": name}:
            return str(name or (Tab(tab).label if tab in Tab.values else tab))
        case _ if field == "labels":
            return ", ".join(f"{LABELS.get(key, key)}: “{word}”" for key, word in value.items())
    return ", ".join(f"{key}: {_words(field, each, names)}" for key, each in value.items())
