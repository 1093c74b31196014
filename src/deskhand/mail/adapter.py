"""How allauth speaks to the desk: `accounts.registration` answers about people, here its mails leave (override `deliver`)."""

from deskhand.accounts.registration import Registration


class AccountAdapter(Registration):
    """settings.ACCOUNT_ADAPTER."""
