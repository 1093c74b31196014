"""What the room listens to."""

from allauth.account.models import EmailAddress

from deskhand.core.bus import News, on
from deskhand.entitlements.changes import adopt_purchases


@on("user.address_confirmed")
def bring_what_was_bought_with_it(news: News) -> None:
    """Somebody has shown that a further address is theirs, too."""
    found = EmailAddress.objects.filter(pk=news.ids["address"], verified=True).select_related("user").first()
    if found:
        adopt_purchases(found.user, email=found.email, at=news.heard_at)
