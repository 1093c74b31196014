"""Who comes in by a signed link, and which links open nothing (1.24, 1.29, S5.3)."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError

from deskhand.accounts import changes, sign_on
from deskhand.accounts.models import Identity, Organization, SignOnSource, UsedSignOn, User
from deskhand.accounts.roles import Role
from deskhand.accounts.sign_on import Arrival, CannotLinkError, SourceError, Standing, arrive, link
from deskhand.accounts.sign_on_token import Reason, SignOnError, read_token, secret_of
from deskhand.core.models import AuditEntry
from tests.accounts.tokens import DESK, claims, coded, product, signed, token
from tests.cast import Cast


@pytest.fixture
def shop(cast: Cast, at: datetime) -> SignOnSource:
    return product(at=at)


def came(shop: SignOnSource, *, at: datetime, **other: Any) -> Arrival:  # noqa: ANN401 - whatever a token may say
    """Somebody presses the button of a good link."""
    return arrive(read_token(token(shop, at=at, **other), at=at), at=at)


def refused(given: str, *, at: datetime) -> tuple[Reason, str]:
    with pytest.raises(SignOnError) as caught:
        read_token(given, at=at)
    return caught.value.reason, caught.value.detail


def audited() -> list[tuple[str, dict[str, Any]]]:
    return list(AuditEntry.objects.order_by("pk").values_list("action", "after"))


def test_a_good_token_is_read(shop: SignOnSource, at: datetime) -> None:
    found = read_token(token(shop, at=at, email=" Nora@X.example ", org="Berg & Co", name="Nora\n Berg"), at=at)
    assert (found.source, found.external_id, found.email, found.name, found.organization, found.jti) == (
        shop, "4711", "nora@x.example", "Nora Berg", "Berg & Co", "a-1",
    )  # fmt: skip
    assert found.expires_at == at + timedelta(seconds=60)
    assert UsedSignOn.objects.count() == 0


WRONG: dict[str, dict[str, Any]] = {
    "another desk": {"aud": "http://other.example"},
    "this desk and more": {"aud": DESK + ".evil.example"},
    "no audience": {"aud": None},
    "no such source": {"iss": "shop-2"},
    "no source": {"iss": None},
    "a source that is no text": {"iss": ["shop"]},
    "a source with a NUL": {"iss": "shop\0"},
    "no subject": {"sub": None},
    "an empty subject": {"sub": ""},
    "a number as subject": {"sub": 4711},
    "a long subject": {"sub": "4" * 201},
    "a subject with a NUL": {"sub": "47\0"},
    "half a pair": {"sub": "\ud800"},
    "no jti": {"jti": None},
    "an empty jti": {"jti": ""},
    "a jti that is no text": {"jti": 7},
    "a long jti": {"jti": "j" * 201},
    "no address": {"email": None},
    "an empty address": {"email": ""},
    "no address at all": {"email": "nora"},
    "a list of addresses": {"email": ["nora@x.example"]},
    "an address that nobody confirmed": {"email_verified": False},
    "one that says so in words": {"email_verified": "no"},
    "no name": {"name": None},
    "an empty name": {"name": " \n"},
    "a name that is no text": {"name": {"first": "Nora"}},
    "an organization that is no text": {"org": 7},
    "no beginning": {"iat": None},
    "no end": {"exp": None},
    "an end that is no number": {"exp": "2026"},
    "yes as a moment": {"iat": True},
    "an end at no time": {"exp": float("inf")},
    "a beginning that is no number": {"iat": float("nan")},
    "an end beyond all": {"exp": 10**300},
}


@pytest.mark.parametrize("other", WRONG.values(), ids=WRONG.keys())
def test_what_is_missing_or_wrong_opens_nothing(shop: SignOnSource, at: datetime, other: dict[str, Any]) -> None:
    assert refused(token(shop, at=at, **other), at=at)[0] is Reason.WRONG
    assert read_token(token(shop, at=at), at=at).external_id == "4711"


FORGED: dict[str, Callable[[dict[str, Any], str], str]] = {
    "signed with another secret": lambda said, _secret: signed(said, "dh_sso_" + "x" * 43),
    "signed with nothing": lambda said, _secret: signed(said, ""),
    "alg none, signed by nobody": lambda said, _secret: (
        signed(said, "", header={"alg": "none"}).rpartition(".")[0] + "."
    ),
    "alg none, in capitals": lambda said, _secret: signed(said, "", header={"alg": "NONE"}).rpartition(".")[0] + ".",
    "alg none, well signed": lambda said, secret: signed(said, secret, header={"alg": "none"}),
    "no alg": lambda said, secret: signed(said, secret, header={"typ": "JWT"}),
    "HS512": lambda said, secret: signed(said, secret, header={"alg": "HS512"}, digest="sha512"),
    "says RS256": lambda said, secret: signed(said, secret, header={"alg": "RS256"}),
    "says ES256 and brings a key": lambda said, secret: signed(
        said, secret, header={"alg": "ES256", "jwk": {"kty": "oct", "k": coded(secret.encode())}}
    ),
    "an extension that nobody knows": lambda said, secret: signed(
        said, secret, header={"alg": "HS256", "crit": ["b64"], "b64": False}
    ),
    "other claims below the signature": lambda said, secret: _swapped(said, secret),
    "cut off": lambda said, secret: signed(said, secret)[:-1],
    "no signature": lambda said, secret: signed(said, secret).rpartition(".")[0],
    "claims that are a list": lambda _said, secret: signed([1], secret),
    "claims that are no JSON": lambda _said, secret: signed(coded(b"{"), secret),
    "claims that are no text": lambda _said, secret: signed(coded(b"\xff\xfe{"), secret),
    "claims that are deep": lambda _said, secret: signed(coded(b"[" * 2500), secret),
    "a header that is deep": lambda said, secret: signed(said, secret, header=coded(b"[" * 2000)),
    "a header that is a list": lambda said, secret: signed(said, secret, header=[]),
    "too much": lambda said, secret: signed(said | {"more": "x" * 4096}, secret),
    "five parts": lambda said, secret: signed(said, secret) + ".a.b",
    "letters of other alphabets": lambda said, secret: signed(said, secret) + "é",
    "empty": lambda _said, _secret: "",
    "dots": lambda _said, _secret: "..",
}


def _swapped(said: dict[str, Any], secret: str) -> str:
    header, _claims, signature = signed(said, secret).split(".")
    return f"{header}.{signed(said | {'sub': '1'}, secret).split('.')[1]}.{signature}"


@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED.keys())
def test_what_is_forged_or_damaged_opens_nothing(
    shop: SignOnSource, at: datetime, forge: Callable[[dict[str, Any], str], str]
) -> None:
    said, secret = claims(shop, at=at), secret_of(shop)
    assert refused(forge(said, secret), at=at)[0] is Reason.WRONG
    assert read_token(signed(said, secret), at=at).external_id == "4711"


def test_a_token_of_one_source_is_none_of_another(shop: SignOnSource, at: datetime) -> None:
    """Whoever may sign for one product signs nothing in the name of the other."""
    other = product(at=at, name="Theme club")
    assert refused(signed(claims(shop, at=at), secret_of(other)), at=at) == (Reason.WRONG, "InvalidSignatureError")


@pytest.mark.parametrize(
    ("begun", "ends", "nbf", "expected"),
    [
        (0, 60, None, None), (0, 1, None, None), (-60, 0, None, None), (-69, -9, None, None), (10, 70, None, None),
        (0, 60, 10, None), (-70, -10, None, Reason.OLD), (-3600, -3540, None, Reason.OLD), (11, 71, None, Reason.EARLY),
        (0, 60, 11, Reason.EARLY), (0, 61, None, Reason.WRONG), (0, 0, None, Reason.WRONG), (0, -5, None, Reason.WRONG),
    ],
)  # fmt: skip
def test_a_minute_and_ten_seconds_between_two_clocks(
    shop: SignOnSource, at: datetime, begun: int, ends: int, nbf: int | None, expected: Reason | None
) -> None:
    now = int(at.timestamp())
    given = token(shop, at=at, iat=now + begun, exp=now + ends, nbf=None if nbf is None else now + nbf)
    if expected:
        assert refused(given, at=at)[0] is expected
    else:
        assert read_token(given, at=at).expires_at == at + timedelta(seconds=ends)


def test_somebody_new_gets_an_account_that_is_set_up(shop: SignOnSource, at: datetime) -> None:
    came_in = came(shop, at=at, org="Berg & Co")
    nora = User.objects.get(email="nora@x.example")
    assert (came_in.standing, came_in.person) == (Standing.IN, nora)
    assert (nora.name, nora.role, nora.is_manager, nora.is_invited, nora.has_usable_password()) == (
        "Nora Berg", Role.CUSTOMER, False, False, False,
    )  # fmt: skip
    assert nora.organization == Organization.objects.get(name="Berg & Co")
    assert EmailAddress.objects.values_list("email", "verified", "primary").get(user=nora) == (
        "nora@x.example",
        True,
        True,
    )
    assert Identity.objects.values_list("source", "external_id", "user").get() == (shop.pk, "4711", nora.pk)
    assert ("user.signed_on", {"source": "Shop"}) in audited()
    shop.refresh_from_db()
    assert shop.used_at == at


def test_an_organization_is_found_by_its_name_and_nobody_becomes_its_manager(
    shop: SignOnSource, cast: Cast, at: datetime
) -> None:
    nora = came(shop, at=at, org="ACME").person
    assert nora is not None
    assert (nora.organization, nora.is_manager) == (cast.acme, False)
    # Where somebody belongs is the desk's matter from then on.
    again = came(shop, at=at, org="Elsewhere", jti="a-2").person
    assert again is not None
    assert (again.pk, again.organization) == (nora.pk, cast.acme)


def test_known_by_the_number_and_not_by_the_address(shop: SignOnSource, cast: Cast, at: datetime) -> None:
    """The name follows; another address is told and never taken over, also when it is somebody else's here."""
    nora = came(shop, at=at).person
    assert nora is not None
    again = came(shop, at=at, jti="a-2", name="Nora Lund", email="carl@customer.example")
    assert again.person == nora
    nora.refresh_from_db()
    assert (nora.name, nora.email) == ("Nora Lund", "nora@x.example")
    assert audited()[-1] == ("user.signed_on", {"source": "Shop", "email": "carl@customer.example"})
    assert Identity.objects.count() == 1


def test_the_same_number_at_another_source_is_somebody_else(shop: SignOnSource, at: datetime) -> None:
    first, other = came(shop, at=at).person, product(at=at, name="Theme club")
    second = came(other, at=at, email="lars@x.example", name="Lars").person
    assert first is not None
    assert second is not None
    assert first.pk != second.pk


@pytest.mark.parametrize("email", ["carl@customer.example", "Carl@Customer.Example", "carl@home.example"])
def test_an_address_alone_opens_no_account_that_is_there(
    shop: SignOnSource, cast: Cast, at: datetime, email: str
) -> None:
    """nOAuth: whoever can write an address into a token would be anybody. Used up all the same."""
    EmailAddress.objects.create(user=cast.carl, email="carl@home.example", verified=True, primary=False)
    before = User.objects.get_queryset().count()
    assert came(shop, at=at, email=email) == Arrival(
        Standing.KNOWN_ADDRESS, read_token(token(shop, at=at, email=email), at=at)
    )
    assert (User.objects.get_queryset().count(), Identity.objects.count(), UsedSignOn.objects.count()) == (before, 0, 1)


def test_an_address_that_somebody_has_not_confirmed_is_not_theirs(shop: SignOnSource, cast: Cast, at: datetime) -> None:
    EmailAddress.objects.create(user=cast.eve, email="nora@x.example", verified=False, primary=False)
    nora = came(shop, at=at).person
    assert nora is not None
    assert nora.pk != cast.eve.pk


@pytest.mark.parametrize("who", ["ada", "lena", "otto"])
def test_never_for_staff(shop: SignOnSource, cast: Cast, at: datetime, who: str) -> None:
    """Not by address, not by linking, and not who became staff after having been linked."""
    person = getattr(cast, who)
    assert came(shop, at=at, email=person.email).standing is Standing.KNOWN_ADDRESS
    with pytest.raises(CannotLinkError):
        link(person, source=shop, external_id="4711", email=person.email, at=at)
    assert Identity.objects.count() == 0
    nora = came(shop, at=at, jti="a-2").person
    assert nora is not None
    changes.change_role(nora, role=person.role, by=None, at=at)
    assert came(shop, at=at, jti="a-3", name="Nora New").standing is Standing.STAFF
    nora.refresh_from_db()
    assert nora.name == "Nora Berg"


def test_a_deactivated_person_stays_out(shop: SignOnSource, cast: Cast, at: datetime) -> None:
    nora = came(shop, at=at).person
    assert nora is not None
    changes.deactivate(nora, by=cast.otto, at=at)
    left = came(shop, at=at, jti="a-2")
    assert (left.standing, left.person) == (Standing.LEFT, None)


def test_linked_after_a_sign_in_as_always(shop: SignOnSource, cast: Cast, at: datetime) -> None:
    wish = {"source": shop, "external_id": "4711", "email": cast.carl.email, "at": at}
    for stranger in (cast.eve, cast.cora):
        with pytest.raises(CannotLinkError):
            link(stranger, **wish)
    assert (link(cast.carl, **wish), link(cast.carl, **wish)) == (True, False)
    assert came(shop, at=at, email="carl@customer.example").person == cast.carl
    assert [what for what, _after in audited() if what == "user.linked"] == ["user.linked"]
    # The number is carl's now: nobody else's account can have it, too.
    with pytest.raises(CannotLinkError):
        link(cast.eve, source=shop, external_id="4711", email=cast.eve.email, at=at)
    sign_on.revoke_source(shop, by=cast.otto, at=at)
    with pytest.raises(SourceError):
        link(cast.carl, **wish)


def test_a_link_works_once(shop: SignOnSource, at: datetime) -> None:
    found = read_token(token(shop, at=at), at=at)
    assert sign_on.is_used(found) is False
    assert arrive(found, at=at).standing is Standing.IN
    assert sign_on.is_used(found) is True
    with pytest.raises(SignOnError) as caught:
        arrive(read_token(token(shop, at=at), at=at), at=at)
    assert caught.value.reason is Reason.USED
    # Another product counts for itself.
    assert came(product(at=at, name="Theme club"), at=at, email="lars@x.example").standing is Standing.IN


def test_used_links_are_forgotten_when_nobody_would_take_them(shop: SignOnSource, at: datetime) -> None:
    given = token(shop, at=at)
    came(shop, at=at)
    for later, left in ((59, 1), (70 + 3599, 1), (70 + 3601, 0)):
        moment = at + timedelta(seconds=later)
        sign_on.forget_used(at=moment)
        assert UsedSignOn.objects.count() == left
        if left == 0:
            assert refused(given, at=moment) == (Reason.OLD, "")


def test_a_source_its_secret_and_its_end(cast: Cast, at: datetime) -> None:
    """The secret has 256 bits and lies sealed; a new one ends the old, and the end is the end."""
    made, secret = sign_on.add_source(name="My  Shop", by=cast.otto, at=at)
    assert (made.slug, made.name, secret_of(made)) == ("my-shop", "My Shop", secret)
    assert len(secret.removeprefix("dh_sso_")) == 43
    assert secret not in SignOnSource.objects.get(pk=made.pk).secret
    given = token(made, at=at)
    renewed = sign_on.renew_secret(made, by=cast.otto, at=at)
    assert renewed != secret
    assert refused(given, at=at) == (Reason.WRONG, "InvalidSignatureError")
    found = read_token(token(made, at=at), at=at)
    assert [sign_on.revoke_source(made, by=cast.otto, at=at) for _press in range(2)] == [True, False]
    assert refused(token(made, at=at), at=at) == (Reason.WRONG, "iss")
    with pytest.raises(SignOnError):  # read before, pressed after
        arrive(found, at=at)
    with pytest.raises(SourceError):
        sign_on.renew_secret(made, by=cast.otto, at=at)
    assert [what for what, _after in audited()][-3:] == ["source.created", "source.renewed", "source.revoked"]
    assert not any(part in str(after) for _what, after in audited() for part in (secret, renewed))


def test_only_who_configures_the_desk_lets_products_in(shop: SignOnSource, cast: Cast, at: datetime) -> None:
    for person in (cast.carl, cast.ada, cast.lena):
        with pytest.raises(SourceError):
            sign_on.add_source(name="Mine", by=person, at=at)
        with pytest.raises(SourceError):
            sign_on.renew_secret(shop, by=person, at=at)
        with pytest.raises(SourceError):
            sign_on.revoke_source(shop, by=person, at=at)
    assert [source.slug for source in sign_on.sources()] == ["shop"]


@pytest.mark.parametrize(
    ("name", "slug", "column"),
    [("", "", "name"), ("x" * 81, "x", "name"), ("Шоп", "", "slug"), ("Shop", "SHOP", "slug")],
)
def test_a_source_that_cannot_be(
    shop: SignOnSource, cast: Cast, at: datetime, name: str, slug: str, column: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        sign_on.add_source(name=name, slug=slug, by=cast.otto, at=at)
    assert column in caught.value.message_dict
    assert SignOnSource.objects.count() == 1


def test_the_clock_is_the_one_that_is_given(shop: SignOnSource) -> None:
    moment = datetime(2031, 5, 1, tzinfo=UTC)
    assert read_token(token(shop, at=moment), at=moment).expires_at == moment + timedelta(seconds=60)
