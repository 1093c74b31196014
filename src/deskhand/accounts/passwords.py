"""Password rules that Django lacks, and passwords that an administrator hands over (S4.2)."""

import secrets
from typing import Final, NewType

from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

Hash = NewType("Hash", str)  # a password as the database keeps it
_SIGNS: Final = "abcdefghjkmnpqrstuvwxyz23456789"  # none that is mistaken for another when somebody reads it aloud
_GROUPS: Final = 4
_GROUP: Final = 4  # 16 signs of 31: 79 bits

LONGEST = 128  # characters; hashing a megabyte is a way to stall a server (ASVS 6.2.9 asks for at least 64)


def generated() -> str:
    """A password nobody has thought of, made to be read aloud and typed: four groups of four."""
    return "-".join("".join(secrets.choice(_SIGNS) for _sign in range(_GROUP)) for _group in range(_GROUPS))


def hashed(password: str) -> Hash:
    """Takes a tenth of a second on purpose: never inside a transaction."""
    return Hash(make_password(password))


class MaximumLengthValidator:
    """Refuse a password longer than 128 characters."""

    def validate(self, password: str, user: object = None) -> None:
        if len(password) > LONGEST:
            raise ValidationError(_("A password can have up to %(longest)s characters.") % {"longest": LONGEST})

    def get_help_text(self) -> str:
        return _("At most %(longest)s characters.") % {"longest": LONGEST}
