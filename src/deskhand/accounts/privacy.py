"""Which teams keep their tickets to themselves, and who is in them: asked by every list of every agent."""

from collections import defaultdict

from deskhand.accounts.models import Team, TeamMember, User
from deskhand.desk.queries import Kept


def _read() -> dict[int, frozenset[int]]:
    private = list(Team.objects.filter(is_private=True).values_list("pk", flat=True))
    members = defaultdict(set)
    if private:
        for team, user in TeamMember.objects.filter(team__in=private).values_list("team", "user"):
            members[team].add(user)
    return {team: frozenset(members[team]) for team in private}


_private_teams = Kept(_read)


def teams_hidden_from(user: User) -> list[int]:
    """The keys of the private teams this person is not in, whatever their role."""
    return [team for team, members in _private_teams().items() if user.pk not in members]
