"""How allauth's mails leave: through the outbox like every other, in our words, with links to the public address."""

from typing import Any

from deskhand.accounts.models import User
from deskhand.accounts.registration import Registration
from deskhand.core import jobs
from deskhand.mail import account
from deskhand.mail.changes import post
from deskhand.mail.letters import for_reader, render
from deskhand.mail.models import Kind


class AccountAdapter(Registration):
    """settings.ACCOUNT_ADAPTER."""

    def deliver(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Post the mail that allauth knows by `template_prefix`; the worker sends it."""
        people = User.objects.get_queryset()
        # Somebody may have added, and never confirmed, the first address of somebody else: it is the latter's mail.
        person = people.filter(email=email.lower()).first() or people.filter(emailaddress__email=email.lower()).first()
        with for_reader(person):
            letter = render(account.letter(template_prefix, email=email, context=context))
        owner = person if person and person.email.lower() == email.lower() else email
        post(letter, kind=Kind.ACCOUNT, to=owner, at=jobs.database_now())
