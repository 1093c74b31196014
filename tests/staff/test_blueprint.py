"""The desk as a file, in the settings."""

from datetime import datetime

from django.test import Client

from deskhand.blueprint import changes, presets
from deskhand.blueprint.models import Snapshot
from deskhand.core.models import AuditEntry
from deskhand.desk.models import Desk
from tests.cast import PASSWORD, Cast
from tests.forms import fill, send

PAGE = "/desk/settings/blueprint/"
PROOF = "/account/it-is-you/"
RENAMED = "format: 1\ndesk:\n  name: Helpline\n"


def proven(client: Client, cast: Cast) -> None:
    """otto is signed in and has just given the password."""
    client.force_login(cast.otto)
    send(client, PROOF, PROOF, password=PASSWORD)


def test_the_desk_is_downloaded_as_a_file(client: Client, cast: Cast) -> None:
    client.force_login(cast.otto)
    answer = client.get(f"{PAGE}export/")

    assert answer["Content-Disposition"] == 'attachment; filename="desk.yaml"'
    assert answer["Content-Type"] == "application/yaml; charset=utf-8"
    assert answer.content.decode() == changes.export()


def test_a_look_says_what_would_change_and_changes_nothing(client: Client, cast: Cast) -> None:
    client.force_login(cast.otto)
    answer = send(client, PAGE, PAGE, text=RENAMED, do="look")
    page = answer.content.decode()

    assert answer.status_code == 200
    assert "One thing would change" in page
    assert "Name of the desk: “Nordlys support” → “Helpline”" in page
    assert fill(page, PAGE)["text"] == [RENAMED]
    assert (Desk.objects.get().name, Snapshot.objects.count()) == ("Nordlys support", 0)


def test_the_password_is_asked_for_and_the_file_is_there_again_afterwards(client: Client, cast: Cast) -> None:
    """A session that somebody has stolen changes no desk."""
    client.force_login(cast.otto)
    looked = send(client, PAGE, PAGE, text=RENAMED, do="look").content.decode()
    asked = client.post(PAGE, fill(looked, PAGE, do="import"))
    assert (asked.status_code, asked["Location"].partition("?")[0]) == (303, PROOF)
    assert Desk.objects.get().name == "Nordlys support"

    back = send(client, asked["Location"], PROOF, password=PASSWORD)
    page = client.get(back["Location"]).content.decode()
    assert fill(page, PAGE)["text"] == [RENAMED]
    assert "One thing would change" in page
    done = client.post(PAGE, fill(page, PAGE, do="import"))
    assert (done.status_code, done["Location"]) == (303, PAGE)
    assert Desk.objects.get().name == "Helpline"


def test_what_is_brought_in_is_kept_as_it_was_and_one_click_brings_it_back(client: Client, cast: Cast) -> None:
    proven(client, cast)
    before = changes.export()
    values = fill(client.get(PAGE).content.decode(), PAGE, text=presets.text("company"), do="import")
    assert client.post(PAGE, values).status_code == 303
    assert client.post(PAGE, values).status_code == 303  # a second press
    kept = Snapshot.objects.get()
    assert (kept.why, kept.by, kept.text) == ("Before an import of “Company desk”", cast.otto, before)
    assert client.get(f"{PAGE}{kept.pk}/").content.decode() == before

    answer = send(client, PAGE, f"{PAGE}{kept.pk}/back/")
    assert (answer.status_code, answer["Location"]) == (303, PAGE)
    assert Desk.objects.get().preset == ""
    page = client.get(PAGE).content.decode()
    assert "things are different now" in page
    assert "Before going back to" in page
    assert AuditEntry.objects.filter(action="blueprint.imported", by=cast.otto).count() == 2


def test_going_back_asks_for_the_password_too(client: Client, cast: Cast, at: datetime) -> None:
    kept = changes.bring_in(RENAMED, by=cast.otto, at=at, why="Before").snapshot
    assert kept is not None
    client.force_login(cast.otto)
    answer = send(client, PAGE, f"{PAGE}{kept.pk}/back/")

    assert answer["Location"].partition("?")[0] == PROOF
    assert Desk.objects.get().name == "Helpline"


def test_what_is_wrong_is_said_with_its_line_and_what_was_typed_stays(client: Client, cast: Cast) -> None:
    proven(client, cast)
    text = "format: 1\ndesk:\n  hew: 3\n  name: <script>alert(1)</script>\ntopics:\n  - name: a\n    team: Suport\n"
    for do in ("look", "import"):
        answer = send(client, PAGE, PAGE, text=text, do=do)
        page = answer.content.decode()
        assert answer.status_code == 422
        assert "Line 3" in page
        assert "There is no “hew” here. Did you mean “hue”?" in page
        assert "<script>alert" not in page
        assert fill(page, PAGE)["text"] == [text]
    assert (Desk.objects.get().name, Snapshot.objects.count()) == ("Nordlys support", 0)


def test_a_file_that_says_what_is_there_changes_nothing(client: Client, cast: Cast) -> None:
    proven(client, cast)
    page = client.get(f"{PAGE}?from=desk").content.decode()
    assert fill(page, PAGE)["text"] == [changes.export()]
    looked = client.post(PAGE, fill(page, PAGE, do="look")).content.decode()
    assert "Nothing would change" in looked
    client.post(PAGE, fill(page, PAGE, do="import"))

    assert Snapshot.objects.count() == 0
    assert "nothing was to be done" in client.get(PAGE).content.decode()


def test_a_preset_can_be_the_beginning(client: Client, cast: Cast) -> None:
    client.force_login(cast.otto)
    page = client.get(f"{PAGE}?from=company").content.decode()

    assert fill(page, PAGE)["text"] == [presets.text("company")]
    assert fill(client.get(f"{PAGE}?from=../settings").content.decode(), PAGE)["text"] == [""]


def test_only_administrators_see_or_change_it(client: Client, cast: Cast, at: datetime) -> None:
    kept = changes.bring_in(RENAMED, by=cast.otto, at=at, why="Before").snapshot
    assert kept is not None
    for person in (cast.ada, cast.lena, cast.carl, cast.mona, cast.eve):
        client.force_login(person)
        for path in (PAGE, f"{PAGE}export/", f"{PAGE}{kept.pk}/"):
            assert client.get(path).status_code == 403
        assert client.post(PAGE, {"text": RENAMED, "do": "import"}).status_code == 403
        assert client.post(f"{PAGE}{kept.pk}/back/").status_code == 403
    assert Desk.objects.get().name == "Helpline"
