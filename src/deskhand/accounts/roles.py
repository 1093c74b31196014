"""Every permission of the product, and who has it. A permission is a string `thing.verb`; a role is a set of them."""

from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """What a person is to the desk. Customers see the portal; the others work in the staff surface."""

    CUSTOMER = "customer", _("Customer")
    AGENT = "agent", _("Agent")
    LEAD = "lead", _("Lead")
    ADMIN = "admin", _("Administrator")


_AGENT: Final = frozenset({
    "staff.enter", "ticket.reply", "ticket.note", "ticket.status", "ticket.priority", "ticket.assign",
    "ticket.move", "ticket.tag", "ticket.open_for", "mail.read", "people.read", "purchase.read",
})  # fmt: skip
_LEAD: Final = _AGENT | {
    "ticket.see_private",
    "ticket.redact",
    "mail.send",
    "people.invite",
    "organization.change",
    "purchase.change",
}
_ADMIN: Final = _LEAD | {
    "people.change",
    "people.change_role",
    "team.change",
    "desk.configure",
    "audit.read",
    "product.change",
}

PERMISSIONS: Final[dict[str, frozenset[str]]] = {
    Role.CUSTOMER: frozenset(),
    Role.AGENT: _AGENT,
    Role.LEAD: _LEAD,
    Role.ADMIN: _ADMIN,
}
STAFF: Final = (Role.AGENT, Role.LEAD, Role.ADMIN)
RANK: Final[dict[str, int]] = {Role.CUSTOMER: 0, Role.AGENT: 1, Role.LEAD: 2, Role.ADMIN: 3}
