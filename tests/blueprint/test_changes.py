"""A desk written down, brought in, looked at before, and taken back."""

from datetime import datetime

import pytest

from deskhand.accounts.models import Team
from deskhand.blueprint import changes, presets
from deskhand.blueprint.document import BlueprintError
from deskhand.blueprint.models import Snapshot
from deskhand.blueprint.queries import desk_as_document
from deskhand.core.models import AuditEntry
from deskhand.desk.changes import configure
from deskhand.desk.models import Desk
from deskhand.desk.queries import current_desk
from deskhand.notifications.templates import save_template
from deskhand.tickets import catalog
from deskhand.tickets.models.choices import Topic
from deskhand.tickets.models.field import Field
from deskhand.tickets.words import words
from tests import make
from tests.cast import Cast

TRICKY = "Ünï: “quotes” # no 'comment' \"here\" {a: b} ▸ 🙂"


@pytest.fixture
def tricky(cast: Cast, at: datetime) -> Cast:
    """A desk that uses everything, with words that YAML finds hard."""
    presets.use("company", by=cast.otto, at=at)
    configure(
        by=cast.otto, at=at, name="- 1: desk", announcement="First line\n\n  - indented: yes\nlast # line",
        labels={"topic": "No", "files": "~", "subject": "null"}, tips="one\n- two: 3", guide=" leads with a space",
        tabs=[{"tab": "all", "name": TRICKY[:40].strip()}], mail_matrix={"status.requester": False}, reopen_days=None,
    )  # fmt: skip
    crm = Topic.objects.get(name="CRM Support")
    below = catalog.save_topic(by=cast.otto, at=at, name=TRICKY, parent=crm, assignee=cast.ada, team=cast.support)
    catalog.save_topic(by=cast.otto, at=at, name="- 12", parent=below, is_archived=True)
    done = catalog.save_field(by=cast.otto, at=at, label="Done?", kind="checkbox", topics=[below, crm])
    catalog.save_field(
        by=cast.otto, at=at, label="true", hint=TRICKY, kind="several", options=["a, b", "[c]", "~", "1.0", "yes"],
        shown_if=done, shown_value="yes", customers="hidden", staff="required",
    )  # fmt: skip
    save_template(
        by=cast.otto, at=at, key="opened-customer", headline="Hello {name}: #{number}", text="One\n\nTwo {{7*7}}"
    )
    return cast


@pytest.mark.parametrize("name", presets.names())
def test_to_import_an_export_changes_nothing(cast: Cast, at: datetime, name: str) -> None:
    presets.use(name, by=cast.otto, at=at)
    audited = AuditEntry.objects.count()
    exported = changes.export()
    imported = changes.bring_in(exported, by=cast.otto, at=at, why="again")

    assert (imported.differences, imported.snapshot) == ([], None)
    assert changes.export() == exported
    assert (AuditEntry.objects.count(), Snapshot.objects.count()) == (audited, 0)


def test_to_import_an_export_changes_nothing_whatever_the_words_are(tricky: Cast, at: datetime) -> None:
    audited = AuditEntry.objects.count()
    exported = changes.export()

    assert changes.preview(exported, by=tricky.otto, at=at) == []
    assert changes.bring_in(exported, by=tricky.otto, at=at, why="again").differences == []
    assert AuditEntry.objects.count() == audited


def test_an_export_makes_the_same_desk_of_another_one(tricky: Cast, at: datetime) -> None:
    """All but what the database calls things."""
    exported = changes.export()
    presets.use("blank", by=tricky.otto, at=at)
    changes.bring_in(exported, by=tricky.otto, at=at, why="back")

    assert changes.export() == exported


def test_a_preview_says_what_the_import_does_and_changes_nothing(cast: Cast, at: datetime) -> None:
    before, audited = desk_as_document(), AuditEntry.objects.count()
    told = changes.preview(presets.text("company"), by=cast.otto, at=at)
    assert (desk_as_document(), AuditEntry.objects.count()) == (before, audited)

    assert changes.bring_in(presets.text("company"), by=cast.otto, at=at, why="now").differences == told
    assert [line for line in told if line.startswith(("The word", "Topic", "Status", "Field"))] == [
        "The word “Topic”: the usual word → “Help Topic”",
        "The word “Files”: the usual word → “Attachments”",
        "The word “Open a ticket”: the usual word → “Submit a ticket”",
        "The word “Send the ticket”: the usual word → “Submit ticket”",
        "The word “My tickets”: the usual word → “My tickets”",
        ("Status “Open”: name “Open” → “Opened”; customers read “Open” → “Opened”; "
        "explanation “Active, awaiting our response” → “The department has it and will answer”"),
        "Status “In progress”: explanation “We are working on it” → “Somebody is working on it”",
        ("Status “Waiting for customer”: name “Waiting for customer” → “Waiting”; "
        "explanation “We answered and wait for your response” → “The department has answered and waits for you”"),
        ("Status “Resolved”: explanation “We think it is solved” → "
        "“There is a solution. If you do not agree, write in the ticket and it is opened again”"),
        "Topic “IT support” is added: team “IT”, asks for the priority no, preselected yes",
        "Topic “CRM Support” is added: team “CRM”, asks for the priority no",
        "Topic “Finance” is added: team “Finance”, asks for the priority no",
        "Topic “Human resources” is added: team “Human resources”, asks for the priority no",
        "Topic “Facilities” is added: team “Facilities”, asks for the priority no",
        "Topic “General” is removed",
        ("Field “Brand” is added: hint “Which of our brands is it about?”, kind “One of a list”, "
        "options “Main brand”, “Second brand”, “All brands”, customers “Must fill it in”, asked in everywhere"),
        ("Field “Issue” is added: kind “One of a list”, options “Cannot sign in”, “Wrong or missing data”, "
        "“Report or export”, “Access rights”, “Something else”, customers “Must fill it in”, asked in “CRM Support”"),
    ]  # fmt: skip


def test_what_tickets_hold_is_archived_and_what_nobody_holds_is_removed(cast: Cast, at: datetime) -> None:
    presets.use("classic", by=cast.otto, at=at)
    make.ticket(cast.carl, at=at)
    text = "format: 1\ntopics:\n  - name: Other things\n"
    told = changes.bring_in(text, by=cast.otto, at=at, why="less").differences

    assert told == [
        "Topic “General question” is archived; what has it keeps it",
        "Topic “General question”: preselected yes → no",
        "Topic “Other things” is added: preselected yes",
        "Topic “Technical problem” is removed",
        "Topic “Account and access” is removed",
        "Topic “Billing” is removed",
        "Topic “Feature request” is removed",
    ]
    assert Team.objects.filter(name="Support").exists()


def test_before_each_import_the_desk_is_kept_and_one_step_brings_it_back(cast: Cast, at: datetime) -> None:
    presets.use("classic", by=cast.otto, at=at)
    make.ticket(cast.carl, at=at)
    before = changes.export()
    snapshot = changes.bring_in(presets.text("company"), by=cast.otto, at=at, why="Before company.yaml").snapshot
    assert snapshot is not None
    assert (snapshot.text, snapshot.why, snapshot.by) == (before, "Before company.yaml", cast.otto)

    back = changes.go_back(snapshot, by=cast.otto, at=at, why="Before going back")
    assert changes.export().replace("".join(_teams(changes.export())), "") == before.replace(
        "".join(_teams(before)), ""
    )
    assert [row.why for row in Snapshot.objects.all()] == ["Before going back", "Before company.yaml"]
    assert back.snapshot is not None
    assert AuditEntry.objects.filter(action="blueprint.imported").count() == 2


def _teams(text: str) -> list[str]:
    """The teams of a file: an import adds them, and going back leaves them there."""
    lines = text.splitlines(keepends=True)
    start = lines.index("teams:\n")
    return lines[start : lines.index("\n", start)]


def test_all_of_it_or_nothing(cast: Cast, at: datetime) -> None:
    """The last line is wrong: a checkbox has no value “maybe”."""
    before = desk_as_document()
    text = (
        "format: 1\ndesk:\n  name: Half\nfields:\n  done:\n    label: Done\n    kind: checkbox\n    asked_in: everywhere\n"
        "  why:\n    label: Why\n    asked_in: everywhere\n    only_if: {done: maybe}\n"
    )
    with pytest.raises(BlueprintError) as caught:
        changes.bring_in(text, by=cast.otto, at=at, why="half")

    assert [(problem.line, problem.words) for problem in caught.value.problems] == [
        (9, "“why”: “only_if” names a list or a checkbox, and a value that it can have (a checkbox: “yes”)."),
    ]
    assert desk_as_document() == before
    assert (Snapshot.objects.count(), Field.objects.count(), Desk.objects.get().name) == (0, 0, "Nordlys support")


def test_an_option_may_go_when_the_condition_that_asks_for_it_goes_along(cast: Cast, at: datetime) -> None:
    fields = "format: 1\nfields:\n  kind:\n    label: Kind\n    kind: choice\n    options: {options}\n    asked_in: everywhere\n"
    asked = "  more:\n    label: More\n    asked_in: everywhere\n    only_if: {{kind: {value}}}\n"
    changes.bring_in(fields.format(options="[a, b]") + asked.format(value="a"), by=cast.otto, at=at, why="1")
    changes.bring_in(fields.format(options="[b, c]") + asked.format(value="c"), by=cast.otto, at=at, why="2")

    assert Field.objects.get(slug="more").shown_value == "c"


def test_the_oldest_snapshots_go(cast: Cast, at: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changes, "KEPT", 2)
    for name in ("One", "Two", "Three"):
        changes.bring_in(f"format: 1\ndesk:\n  name: {name}\n", by=cast.otto, at=at, why=f"Before {name}")

    assert [row.why for row in Snapshot.objects.all()] == ["Before Three", "Before Two"]


def test_a_preview_leaves_nothing_of_it_in_the_process(cast: Cast, at: datetime) -> None:
    """What pages keep in the process is read after it as before."""
    before = (words().topics, current_desk().version)
    changes.preview(presets.text("company"), by=cast.otto, at=at)

    assert (words().topics, current_desk().version) == before


def test_a_desk_that_says_a_tip_twice_can_be_brought_back(cast: Cast, at: datetime) -> None:
    """What the settings page takes a file can say: or a snapshot would be no way back."""
    configure(by=cast.otto, at=at, tips="Your order number\n\n  A picture\nYour order number")
    assert changes.bring_in(changes.export(), by=cast.otto, at=at, why="test").differences == []
    assert "tips: [Your order number, A picture]" in changes.export()
