"""Signed messages: the standard's own example, and everything that must not pass for one."""

import base64
from datetime import UTC, datetime, timedelta

import pytest

from deskhand.core.signatures import SignatureError, new_secret, sign, signed_headers, verify

# The example that the standard's own libraries are tested with.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
ID = "msg_p5jXN8AQM9LWM0D4loKWxJek"
AT = datetime.fromtimestamp(1614265330, UTC)
BODY = b'{"test": 2432232314}'
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
HEADERS = {"webhook-id": ID, "webhook-timestamp": "1614265330", "webhook-signature": SIGNATURE}


def test_published_vector() -> None:
    """What the standard signs, we sign alike, and take from others."""
    assert sign(SECRET, id=ID, at=AT, body=BODY) == SIGNATURE
    assert signed_headers(SECRET, id=ID, at=AT, body=BODY) == HEADERS
    assert verify(SECRET, headers=HEADERS, body=BODY, at=AT) == ID


def test_header_names_in_any_case_and_several_signatures() -> None:
    """Names are told apart by letters, not by case; a sender that changes its secret signs twice."""
    headers = {name.title(): value for name, value in HEADERS.items()}
    headers["Webhook-Signature"] = f"v1,AAAA v1a,{SIGNATURE[3:]} {SIGNATURE}"
    assert verify(SECRET, headers=headers, body=BODY, at=AT) == ID


@pytest.mark.parametrize("seconds", [-300, 300])
def test_five_minutes_both_ways(seconds: int) -> None:
    """A clock may be five minutes wrong, and not a second more."""
    assert verify(SECRET, headers=HEADERS, body=BODY, at=AT + timedelta(seconds=seconds)) == ID
    with pytest.raises(SignatureError):
        verify(SECRET, headers=HEADERS, body=BODY, at=AT + timedelta(seconds=seconds + (1 if seconds > 0 else -1)))


@pytest.mark.parametrize(
    "changed",
    [
        {"webhook-id": ""},
        {"webhook-id": "msg_other"},
        {"webhook-id": f"{ID}.1614265330"},
        {"webhook-timestamp": ""},
        {"webhook-timestamp": "1614265331"},
        {"webhook-timestamp": "-1614265330"},
        {"webhook-timestamp": "1614265330.0"},
        {"webhook-timestamp": "١٦١٤٢٦٥٣٣٠"},  # int() reads these digits, too
        {"webhook-timestamp": "9" * 5000},
        {"webhook-signature": ""},
        {"webhook-signature": SIGNATURE[3:]},
        {"webhook-signature": "v1a," + SIGNATURE[3:]},
        {"webhook-signature": SIGNATURE.lower()},
        {"webhook-signature": SIGNATURE[:-1]},
        {"webhook-signature": "v1,"},
        {"webhook-signature": "v1,é"},
        {"webhook-signature": "v1,AAAA " * 16 + SIGNATURE},
    ],
)
def test_refused(changed: dict[str, str]) -> None:
    """Another id, time or signature is another message."""
    with pytest.raises(SignatureError):
        verify(SECRET, headers={**HEADERS, **changed}, body=BODY, at=AT)


@pytest.mark.parametrize("missing", list(HEADERS))
def test_refused_without_a_header(missing: str) -> None:
    """All three, or nothing."""
    with pytest.raises(SignatureError):
        verify(SECRET, headers={name: value for name, value in HEADERS.items() if name != missing}, body=BODY, at=AT)


def test_refused_with_another_body_or_secret() -> None:
    """One byte more is another message, and so is one of somebody else."""
    for body in (BODY + b" ", b""):
        with pytest.raises(SignatureError):
            verify(SECRET, headers=HEADERS, body=body, at=AT)
    with pytest.raises(SignatureError):
        verify(new_secret(), headers=HEADERS, body=BODY, at=AT)


def test_where_id_and_time_end_is_not_a_matter_of_opinion() -> None:
    """`a.1` at 2 and `a` at `1.2` would sign the same bytes: no id holds a dot."""
    for bad in ("a.1", "", "."):
        with pytest.raises(SignatureError):
            sign(SECRET, id=bad, at=AT, body=BODY)


@pytest.mark.parametrize(
    "secret",
    ["", "whsec_", SECRET[6:], "whsec_" + "A" * 4, "whsec_$$$", "whsec_" + base64.b64encode(b"x" * 65).decode()],
)
def test_no_secret(secret: str) -> None:
    """A secret is 24 to 64 bytes with its prefix: an empty one would let everybody in."""
    with pytest.raises(SignatureError):
        sign(secret, id=ID, at=AT, body=BODY)
    with pytest.raises(SignatureError):
        verify(secret, headers=HEADERS, body=BODY, at=AT)


def test_new_secrets() -> None:
    """256 bits, another each time, and it works."""
    first, second = new_secret(), new_secret()
    assert first != second
    assert [len(base64.b64decode(each.removeprefix("whsec_"))) for each in (first, second)] == [32, 32]
    headers = signed_headers(first, id="a", at=AT, body=b"")
    assert verify(first, headers=headers, body=b"", at=AT) == "a"
