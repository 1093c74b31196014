"""Password rules that Django lacks."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

LONGEST = 128  # characters; hashing a megabyte is a way to stall a server (ASVS 6.2.9 asks for at least 64)


class MaximumLengthValidator:
    """Refuse a password longer than 128 characters."""

    def validate(self, password: str, user: object = None) -> None:
        if len(password) > LONGEST:
            raise ValidationError(_("A password can have up to %(longest)s characters.") % {"longest": LONGEST})

    def get_help_text(self) -> str:
        return _("At most %(longest)s characters.") % {"longest": LONGEST}
