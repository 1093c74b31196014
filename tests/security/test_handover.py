"""A password that somebody else has chosen opens one page only: the one that replaces it (S4.2)."""

import json
from datetime import datetime

import pytest
from django.conf import settings
from django.test import Client
from django.utils.module_loading import import_string

from deskhand.accounts import handover, passwords
from deskhand.accounts.models import User
from deskhand.core.models import AuditEntry
from deskhand.mail.models import Mail
from tests import make
from tests.cast import PASSWORD, Cast
from tests.forms import fill, send
from tests.security.asking import signed_in
from tests.test_access import requests

HANDED = "zugzwang lamp tide"
OWN = "/account/password/own/"


@pytest.fixture
def handed(cast: Cast, at: datetime) -> Cast:
    """Carl, Ada and Lena were handed a password each."""
    for person in (cast.carl, cast.ada, cast.lena):
        handover.hand_over_password(person, password=passwords.hashed(HANDED), by=cast.otto, at=at)
    return cast


def arrived(person: User) -> Client:
    """A browser that has signed in with the handed password, and got no further."""
    client = Client()
    answer = client.post("/sign-in/", {"login": person.email, "password": HANDED})
    assert answer.status_code == 303
    return client


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true", "HX-Target": "main", "Live": "1"}])
def test_A01_no_address_is_behind_a_handed_password(handed: Cast, at: datetime, headers: dict[str, str]) -> None:
    """Where a stranger is asked to sign in, its owner is asked for their own password; the rest is what strangers see."""
    make.ticket(handed.carl, at=at)
    found, lena = {}, arrived(handed.lena)
    for _name, method, path in requests(handed, at):
        if path.startswith((OWN, "/sign-out/")):
            continue
        stranger = Client().generic(method, path, headers=headers)
        is_behind = "/sign-in/?next=" in stranger.headers.get("Location", stranger.headers.get("HX-Redirect", ""))
        if not is_behind:
            continue
        answer = lena.generic(method, path, headers=headers)
        leads_to = answer.headers.get("Location", answer.headers.get("HX-Redirect", ""))
        if not leads_to.startswith(f"{OWN}?next=") or answer.content:
            found[f"{method} {path}"] = (answer.status_code, leads_to)
    assert found == {}


def test_a_form_sent_with_a_handed_password_is_not_run(handed: Cast, at: datetime) -> None:
    """Neither now nor by itself afterward: its text is there again, to be sent."""
    ticket = make.ticket(handed.carl, at=at)
    page = f"/tickets/{ticket.number}/"
    client = signed_in(handed.carl)
    User.objects.get_queryset().filter(pk=handed.carl.pk).update(is_password_temporary=False)
    client.force_login(User.objects.get(pk=handed.carl.pk))
    typed = fill(client.get(page).content.decode(), f"{page}replies/", text="kept words")
    User.objects.get_queryset().filter(pk=handed.carl.pk).update(is_password_temporary=True)
    assert client.post(f"{page}replies/", typed)["Location"].startswith(OWN)
    answer = send(client, OWN, OWN, password="a sentence of my own", next=page)
    assert (answer.status_code, answer["Location"]) == (303, page)
    assert ticket.messages.count() == 1
    assert "kept words" in client.get(page).content.decode()


@pytest.mark.parametrize(
    "next_page", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "\n"]
)
def test_F05_after_the_own_password_people_stay_at_home(handed: Cast, next_page: str) -> None:
    client = arrived(handed.carl)
    html = client.get(OWN, {"next": next_page}).content.decode()
    assert "evil" not in html
    answer = client.post(OWN, fill(html, OWN, password="a sentence of my own", next=next_page))
    assert (answer.status_code, answer["Location"]) == (303, handed.carl.start_page)


def test_E07_the_own_password_ends_every_other_session(handed: Cast) -> None:
    """Also that of whoever handed the password over and tried it."""
    thief, carl = arrived(handed.carl), arrived(handed.carl)
    key = carl.cookies["session"].value
    assert send(carl, OWN, OWN, password="a sentence of my own").status_code == 303
    assert carl.cookies["session"].value != key
    assert thief.get(OWN)["Location"].startswith("/sign-in/")
    old = Client()
    old.cookies["session"] = key
    assert old.get("/tickets/")["Location"].startswith("/sign-in/")
    assert Client().post("/sign-in/", {"login": handed.carl.email, "password": HANDED}).status_code == 422


def test_a_handed_password_ends_what_was_open_before(cast: Cast, at: datetime) -> None:
    """Sessions, and the link of a password that was forgotten."""
    carl, before = signed_in(cast.carl), Mail.objects.count()
    Client().post("/password/forgotten/", {"email": cast.carl.email})
    link = next(mail.secret for mail in Mail.objects.order_by("-pk") if mail.secret)
    assert Mail.objects.count() > before
    handover.hand_over_password(cast.carl, password=passwords.hashed(HANDED), by=cast.otto, at=at)
    assert carl.get("/tickets/")["Location"].startswith("/sign-in/")
    path = "/" + link.split("/", 3)[3]
    answer = Client().get(path, follow=True)
    assert 'name="password1"' not in answer.content.decode()


def test_J02_a_handed_password_is_written_down_nowhere(
    cast: Cast, at: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    """Not in the audit trail, a mail, a session or a log; a form that was refused does not say it again."""
    otto, page = signed_in(cast.otto), f"/desk/people/{cast.carl.pk}/"
    answer = send(otto, page, f"{page}password/", password=HANDED)
    assert (answer.status_code, HANDED in answer.content.decode()) == (200, True)
    assert answer["Cache-Control"] == "private, no-store"
    invite = "/desk/people/invite/"
    made = send(
        otto,
        invite,
        invite,
        how="hand_over",
        email="n@x.example",
        name="N",
        username="n",
        role="customer",
        password=HANDED,
    )
    assert (made.status_code, HANDED in made.content.decode()) == (200, True)
    typed = fill(otto.get(invite).content.decode(), invite, how="hand_over", email="bad", password=HANDED)
    otto.cookies.clear()
    assert otto.post(invite, typed).status_code == 303
    sessions = import_string(f"{settings.SESSION_ENGINE}.SessionStore").get_model_class().objects.all()
    held = [json.dumps(row.get_decoded()) for row in sessions]
    trail = [json.dumps([row.before, row.after, row.subject]) for row in AuditEntry.objects.order_by("pk")]
    mails = [mail.text + mail.html + (mail.secret or "") for mail in Mail.objects.order_by("pk")]
    assert [text for text in [*held, *trail, *mails, caplog.text] if HANDED in text] == []
    assert not User.objects.get_queryset().filter(password__contains=HANDED).exists()


def test_F08_the_back_button_hands_over_no_second_password(cast: Cast) -> None:
    otto, page = signed_in(cast.otto), f"/desk/people/{cast.carl.pk}/"
    typed = fill(otto.get(page).content.decode(), f"{page}password/", password="")
    assert otto.post(f"{page}password/", typed).status_code == 200
    first = User.objects.get(pk=cast.carl.pk).password
    again = otto.post(f"{page}password/", typed)
    assert (again.status_code, again["Location"]) == (303, page)
    assert User.objects.get(pk=cast.carl.pk).password == first


@pytest.mark.parametrize("who", ["carl", "mona", "ada", "lena"])
def test_A14_nobody_but_an_administrator_hands_over_a_password(cast: Cast, at: datetime, who: str) -> None:
    person, page = getattr(cast, who), f"/desk/people/{cast.eve.pk}/password/"
    before = User.objects.get(pk=cast.eve.pk).password
    assert signed_in(person).post(page, {"password": HANDED}).status_code == 403
    with pytest.raises(handover.changes.NotAllowedError):
        handover.hand_over_password(cast.eve, password=passwords.hashed(HANDED), by=person, at=at)
    with pytest.raises(handover.changes.NotAllowedError):
        handover.create_account(
            email="n@x.example", username="n", name="N", role="customer", organization=None,
            password=passwords.hashed(HANDED), by=person, at=at,
        )  # fmt: skip
    assert User.objects.get(pk=cast.eve.pk).password == before


def test_A13_mails_of_somebody_else_are_not_turned_off(cast: Cast) -> None:
    """The form is about whoever sends it, whatever else it says."""
    carl = signed_in(cast.carl)
    answer = send(carl, "/account/", "/account/mails/", kinds=[], user=cast.eve.pk, pk=cast.eve.pk, person=cast.eve.pk)
    assert answer.status_code == 303
    rows = User.objects.get_queryset().order_by("pk").values_list("pk", "mails_off")
    assert [pk for pk, off in rows if off] == [cast.carl.pk]
    assert PASSWORD not in answer.content.decode()
