"""The words a customer reads that each desk may choose for itself: a closed list, and what they are by default.

In templates: `label("topic")`.
"""

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from deskhand.desk.queries import current_desk

LONGEST: Final = 60
LABELS: Final[dict[str, Promise]] = {
    "topic": _("Topic"),  # "Category", "Help topic", "Product": the field's many words for one thing
    "area": _("Area"),  # the first of two steps (S5.7): topics at the top
    "issue_type": _("Issue type"),  # and those below them
    "purchase": _("Purchase"),  # what a ticket belongs to: "Product" in a shop (S2.9)
    "purchases": _("Purchases"),
    "licenses": _("Licenses"),
    "subject": _("Subject"),
    "message": _("Message"),
    "priority": _("Priority"),
    "files": _("Files"),
    "open_ticket": _("Open a ticket"),  # the way to the form, and its heading (S3.2)
    "send_ticket": _("Send the ticket"),  # the form's button (S3.3)
    "my_tickets": _("My tickets"),
    "send_reply": _("Send reply"),
}


def label(key: str) -> str:
    """The desk's word, else the usual one in the reader's language. Raises KeyError for a key outside the list."""
    usual = LABELS[key]
    return current_desk().labels.get(key) or str(usual)
