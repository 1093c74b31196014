"""The shops that may tell us of purchases."""

import base64
from datetime import datetime, timedelta

import pytest
from django.core.exceptions import ValidationError

from deskhand.core.models import AuditEntry
from deskhand.entitlements.errors import NotAllowedError
from deskhand.entitlements.models import Sender
from deskhand.entitlements.senders import add_sender, note_heard, revoke_sender, secret_of
from tests.cast import Cast


def test_a_secret_is_told_once_and_kept_sealed(cast: Cast, at: datetime) -> None:
    sender, secret = add_sender(name=" My  shop ", by=cast.otto, at=at)
    other, another = add_sender(name="My shop", by=cast.otto, at=at)
    kind, _, key = secret.partition("_")
    assert (kind, len(base64.b64decode(key, validate=True)), sender.name) == ("whsec", 32, "My shop")
    stored = Sender.objects.get(pk=sender.pk)
    assert (secret_of(stored), secret_of(other)) == (secret, another)
    assert secret != another
    assert secret not in str(list(Sender.objects.values())) + str(list(AuditEntry.objects.values()))
    assert key not in stored.secret


def test_a_revoked_one_is_revoked_once(cast: Cast, at: datetime) -> None:
    sender, _ = add_sender(name="My shop", by=cast.otto, at=at)
    stale = Sender.objects.get()
    assert revoke_sender(sender, by=cast.otto, at=at) is True
    assert revoke_sender(stale, by=cast.otto, at=at + timedelta(days=1)) is False
    assert (Sender.objects.get().revoked_at, stale.revoked_at) == (at, at)
    entries = AuditEntry.objects.filter(subject=f"sender:{sender.pk}").order_by("pk")
    assert [(entry.action, entry.before, entry.after) for entry in entries] == [
        ("sender.created", {}, {"name": "My shop"}),
        ("sender.revoked", {"name": "My shop"}, {}),
    ]


def test_when_it_spoke_last_is_known_to_the_minute(cast: Cast, at: datetime) -> None:
    add_sender(name="My shop", by=cast.otto, at=at)
    heard = []
    for seconds in (0, 59, 60):
        note_heard(Sender.objects.get(), at=at + timedelta(seconds=seconds))
        heard.append(Sender.objects.get().heard_at)
    assert heard == [at, at, at + timedelta(seconds=60)]


@pytest.mark.parametrize("name", ["", " ", "x" * 81])
def test_it_has_a_name(cast: Cast, at: datetime, name: str) -> None:
    with pytest.raises(ValidationError) as refused:
        add_sender(name=name, by=cast.otto, at=at)
    assert list(refused.value.message_dict) == ["name"]
    assert Sender.objects.count() == 0


@pytest.mark.parametrize("person", ["carl", "mona", "eve", "ada", "lena"])
def test_only_administrators_let_a_shop_in_or_out(cast: Cast, at: datetime, person: str) -> None:
    sender, _ = add_sender(name="My shop", by=cast.otto, at=at)
    with pytest.raises(NotAllowedError):
        add_sender(name="Mine", by=getattr(cast, person), at=at)
    with pytest.raises(NotAllowedError):
        revoke_sender(sender, by=getattr(cast, person), at=at)
    assert list(Sender.objects.values_list("name", "revoked_at")) == [("My shop", None)]
