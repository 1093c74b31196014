"""Why a purchase, a license or a product stays as it is; the surfaces turn these into words."""

from collections.abc import Mapping, Sequence
from datetime import datetime


class ShopError(Exception):
    """The change was refused and nothing was written. The subclasses say why."""


class NotAllowedError(ShopError):
    """This person may not do that."""


class GoneError(ShopError):
    """There is none, or somebody has taken it away in the meantime."""


class InvalidOrderError(ShopError):
    """An order that cannot be true: for each field that is wrong one sentence, in the language that is active."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{field}: {words}" for field, words in errors.items()))
        self.errors = dict(errors)


class OrderDiffersError(ShopError):
    """There is a purchase of this reference, of another product or by somebody else."""


class UnknownOrderError(ShopError):
    """There is no purchase of this reference."""


class StandingError(ShopError):
    """As the purchase stands it cannot become that: refunded what is fraud, prolonged what was refunded."""


class UnknownLicenseError(ShopError):
    """There is no license of this key."""


class LicenseEndedError(ShopError):
    """The license is valid no more: its purchase was refunded, or its time is over."""


class InvalidDomainError(ShopError):
    """Nothing that names a domain or a device."""


class NoRoomError(ShopError):
    """The license runs on as many installations as it allows: on these."""

    def __init__(self, domains: Sequence[str]) -> None:
        super().__init__(", ".join(domains))
        self.domains = list(domains)


class MovesUsedUpError(ShopError):
    """The customer has moved this license as often as a year allows; the next time from `again_at` on (None: never)."""

    def __init__(self, again_at: datetime | None) -> None:
        super().__init__(again_at)
        self.again_at = again_at
