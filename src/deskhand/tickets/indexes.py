"""The indexes of the lists; tickets.legs says which list reads which (decision 8). Each costs every write some microseconds."""

from typing import Final

from django.db.models import Index, Q

_LATEST, _LATEST_PUBLIC = ("-updated_at", "-id"), ("-public_updated_at", "-id")
_FOLLOWED, _FOLLOWED_PUBLIC = ("-updated_at", "-ticket"), ("-public_updated_at", "-ticket")
_UNSOLVED, _SOLVED, _UNASSIGNED = Q(is_unsolved=True), Q(is_unsolved=False), Q(is_unassigned=True)
_FREE, _TAKEN = Q(assignee__isnull=True), Q(assignee__isnull=False)
_OVERDUE = Q(overdue_since__isnull=False)
_PROMISED = Q(is_unsolved=True, first_response_due_at__isnull=False, first_responded_at=None, overdue_since=None)

TICKET: Final = [
    Index(fields=_LATEST, name="ticket_all"),
    Index(fields=_LATEST, name="ticket_unsolved", condition=_UNSOLVED),
    Index(fields=_LATEST, name="ticket_solved", condition=_SOLVED),
    Index(fields=_LATEST, name="ticket_unassigned", condition=_UNSOLVED & _FREE),
    Index(fields=["assignee", *_LATEST], name="ticket_assigned", condition=_UNSOLVED & _TAKEN),
    Index(fields=["assignee", *_LATEST], name="ticket_assigned_solved", condition=_SOLVED & _TAKEN),
    Index(fields=["team", *_LATEST], name="ticket_team_unsolved", condition=_UNSOLVED),
    Index(fields=["team", *_LATEST], name="ticket_team_solved", condition=_SOLVED),
    Index(fields=["team", *_LATEST], name="ticket_team_unassigned", condition=_UNSOLVED & _FREE),
    Index(fields=["requester", *_LATEST_PUBLIC], name="ticket_requester"),
    Index(fields=["requester", "category", *_LATEST_PUBLIC], name="ticket_requester_tab"),
    Index(fields=["organization", *_LATEST_PUBLIC], name="ticket_organization"),
    Index(fields=["organization", "category", *_LATEST_PUBLIC], name="ticket_organization_tab"),
    Index(fields=_LATEST, name="ticket_overdue", condition=_OVERDUE),
    Index(fields=["team", *_LATEST], name="ticket_team_overdue", condition=_OVERDUE),
    Index(
        fields=["first_response_due_at", "id"], name="ticket_promised", condition=_PROMISED
    ),  # whose promise may break
    Index(fields=["resolved_at", "id"], name="ticket_resolved", condition=Q(category="resolved")),  # which fall quiet
    # Which wait long for their customers (S1.c12), what a purchase was asked about, what was declined (S2.14).
    # Both conditions, or PostgreSQL takes it for a customer's tab as well and reads what waits for everybody.
    Index(fields=["public_updated_at", "id"], name="ticket_waiting", condition=Q(category="waiting", is_unsolved=True)),
    Index(fields=["purchase", *_LATEST], name="ticket_purchase", condition=Q(purchase__isnull=False)),
    Index(fields=["out_of_scope"], name="ticket_out_of_scope", condition=Q(out_of_scope__isnull=False)),
    Index(fields=["follows"], name="ticket_follows", condition=Q(follows__isnull=False)),
]

FOLLOWER: Final = [
    Index(fields=["user", *_FOLLOWED_PUBLIC], name="follower_all"),
    Index(fields=["user", "category", *_FOLLOWED_PUBLIC], name="follower_tab"),
    Index(fields=["user", *_FOLLOWED], name="follower_unsolved", condition=_UNSOLVED),
    Index(fields=["user", *_FOLLOWED], name="follower_solved", condition=_SOLVED),
    Index(fields=["user", *_FOLLOWED], name="follower_unassigned", condition=_UNASSIGNED),
]
