"""A blueprint that somebody wrote to harm the desk: it is refused with words, soon, and nothing of it is run or kept."""

from collections.abc import Callable
from datetime import datetime
from time import process_time
from typing import Final

import pytest

from deskhand.blueprint import changes
from deskhand.blueprint.document import MOST_PROBLEMS, BlueprintError
from deskhand.blueprint.models import Snapshot
from deskhand.blueprint.reader import LONGEST
from deskhand.core.models import AuditEntry
from deskhand.desk.models import Desk
from tests.cast import PASSWORD, Cast
from tests.forms import fill, send
from tests.security.asking import signed_in

PAGE: Final = "/desk/settings/blueprint/"
MOST_S: Final = 10.0  # of the processor; what took a square of the size took 15 to 25


def filled(begin: str, unit: Callable[[int], str]) -> str:
    """As much of it as a file may hold."""
    text, number = [begin], 0
    left = LONGEST - len(begin) - 2
    while (left := left - len(unit(number))) > 0:
        text.append(unit(number))
        number += 1
    return "".join(text)


HOSTILE: Final = {
    "bomb": "format: 1\na: &a [x]\nb: &b [*a, *a]\nc: [*b, *b]\n",
    "tag": "format: 1\ndesk: !!python/object/apply:os.system [id]\n",
    "merge": "format: 1\n<<: {desk: {name: x}}\n",
    "deep": filled("format: 1\ntopics: ", lambda _number: "["),
    "deep lines": filled("format: 1\ntopics:\n", lambda _number: "- "),
    "two files": "format: 1\n---\nformat: 1\n",
    "control": "format: 1\nabout:\n  title: a\x00b\n",
    "bell": 'format: 1\nabout:\n  title: "a\\ab"\n',
    "half a sign": 'format: 1\nabout:\n  title: "\\ud800"\n',
    "keys": filled("format: 1\n", lambda number: f"k{number}: 1\n"),
    "keys of topics": filled("format: 1\ntopics:\n", lambda number: f"- {{nam{number}: a}}\n"),
    "options": filled("format: 1\nfields:\n  a:\n    options: [", lambda number: f"{number:x},") + "]\n",
    "tips": filled("format: 1\nx: 1\nportal:\n  tips: [", lambda number: f"{number:x},") + "]\n",
    "no places": filled("format: 1\nfields:\n  a:\n    label: a\n    asked_in: [", lambda number: f"{number:x},")
    + "]\n",
    "too long": "format: 1\n" + "#" * LONGEST,
    "a list": "- format: 1\n",
    "a number": "format: 1" + "0" * 5000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_blueprint_is_refused_soon_and_changes_nothing(cast: Cast, at: datetime, name: str) -> None:
    before, entries, began = Desk.objects.values().get(), AuditEntry.objects.count(), process_time()
    with pytest.raises(BlueprintError) as refused:
        changes.bring_in(HOSTILE[name], by=cast.otto, at=at, why="test")
    assert process_time() - began < MOST_S
    assert 1 <= len(refused.value.problems) <= MOST_PROBLEMS
    assert (Desk.objects.values().get(), AuditEntry.objects.count(), Snapshot.objects.count()) == (before, entries, 0)


@pytest.mark.parametrize("name", ["bomb", "tag", "control", "half a sign", "a list"])
@pytest.mark.parametrize("do", ["look", "import"])
def test_a_hostile_blueprint_is_shown_again_as_text(cast: Cast, name: str, do: str) -> None:
    otto = signed_in(cast.otto)
    send(otto, "/account/it-is-you/", "/account/it-is-you/", password=PASSWORD)
    answer = send(otto, PAGE, PAGE, text=HOSTILE[name], do=do)
    assert answer.status_code == 422
    assert Snapshot.objects.count() == 0


@pytest.mark.parametrize("who", ["carl", "mona", "ada", "lena"])
def test_a_blueprint_is_for_administrators_whatever_the_door(cast: Cast, at: datetime, who: str) -> None:
    """The page says no, and so does the room behind it."""
    person = getattr(cast, who)
    assert [signed_in(person).get(f"{PAGE}{part}").status_code for part in ("", "export/", "1/")] == [403] * 3
    assert signed_in(person).post(PAGE, {"text": "format: 1\n", "do": "import"}).status_code == 403
    with pytest.raises(BlueprintError):
        changes.bring_in("format: 1\ndesk:\n  name: Mine\n", by=person, at=at, why="test")
    assert Snapshot.objects.count() == 0


def test_a_stolen_session_brings_in_nothing(cast: Cast, at: datetime) -> None:
    """E09: without the password neither a file nor a way back; a token and a one-time key do not stand for it."""
    changes.bring_in("format: 1\nabout:\n  title: x\ndesk:\n  name: Before\n", by=cast.otto, at=at, why="test")
    back = Snapshot.objects.get()
    thief = signed_in(cast.otto)
    for path in (PAGE, f"{PAGE}{back.pk}/back/"):
        answer = send(thief, PAGE, path, text="format: 1\ndesk:\n  name: Stolen\n", do="import")
        assert answer["Location"].startswith("/account/it-is-you/?next=%2Fdesk%2Fsettings%2Fblueprint%2F")
    assert (Desk.objects.get().name, Snapshot.objects.count()) == ("Before", 1)


def test_what_waits_behind_the_password_is_its_authors(cast: Cast) -> None:
    """F09: another person at the same browser reads nothing of the file, and brings in nothing."""
    otto = signed_in(cast.otto)
    send(otto, PAGE, PAGE, text="format: 1\ndesk:\n  name: Zugzwang\n", do="import")
    otto.post("/sign-out/")
    assert otto.post("/sign-in/", {"login": "lena", "password": PASSWORD}).status_code == 303
    assert [page for page in (PAGE, "/desk/", "/account/") if "Zugzwang" in otto.get(page).content.decode()] == []
    assert Desk.objects.get().name == "Nordlys support"


@pytest.mark.parametrize(
    "next_page", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"]
)
def test_F05_the_way_over_the_password_leads_nowhere_else(cast: Cast, next_page: str) -> None:
    otto = signed_in(cast.otto)
    html = otto.get("/account/it-is-you/", {"next": next_page}).content.decode()
    answer = otto.post("/account/it-is-you/", fill(html, "/account/it-is-you/", password=PASSWORD, next=next_page))
    assert answer.status_code in {303, 400, 422}
    assert "evil" not in answer.headers.get("Location", "") + answer.headers.get("HX-Redirect", "")
    assert "javascript" not in answer.headers.get("Location", "")
