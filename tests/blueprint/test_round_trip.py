"""Whatever somebody makes of the settings, an export says it: brought in again it changes nothing, on a bare desk everything."""

import random
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime
from typing import TypeVar

import pytest
from django.core.exceptions import ValidationError

from deskhand.accounts import changes as people
from deskhand.accounts.models import Team
from deskhand.blueprint import changes, presets
from deskhand.core.models import AuditEntry
from deskhand.core.text import one_line, paragraphs
from deskhand.desk.changes import configure
from deskhand.desk.layout import Column, Tab
from deskhand.entitlements import catalog as products
from deskhand.entitlements.catalog import LEAST, MOST
from deskhand.entitlements.models import Product
from deskhand.notifications import matrix
from deskhand.notifications.templates import KEYS, TemplateError, save_template
from deskhand.tickets import catalog
from deskhand.tickets.fields import FieldsError
from deskhand.tickets.models.choices import Category, Priority, Status, Topic
from deskhand.tickets.models.field import Access, Field
from tests import make
from tests.cast import Cast

T = TypeVar("T")
EDITS = 60
PIECES = (
    "Brand", "no", "~", "null", "12", "1.5", "- a", "a: b", "# x", "{a}", "[b]", "it’s", '"q"', "'", "\\", "▸", "🙂", "é", "|",
    "on", "2026-03-02", "  ", "\n", "\n\n", "\t", "\u2028", "\u00a0", "everywhere", "none", "&a", "*a", "!t", "%", "@", "> ",
)  # fmt: skip


class Editor:
    """Somebody who changes a little of everything, as the settings pages would; what is refused stays as it is."""

    def __init__(self, cast: Cast, at: datetime, seed: int) -> None:
        self.cast, self.at, self.chance = cast, at, random.Random(seed)

    def edit(self) -> None:
        able: list[Callable[[], object]] = [
            self.texts, self.choices, self.mails, self.topic, self.topic, self.field, self.field, self.status,
            self.priority, self.team, self.words_of_a_mail, self.order, self.archive, self.remove, self.open, self.leave,
            self.product, self.limits,
        ]  # fmt: skip
        with suppress(catalog.CatalogError, FieldsError, people.PeopleError, TemplateError, ValidationError):
            self.chance.choice(able)()

    def line(self) -> str:
        return one_line(" ".join(self.chance.choices(PIECES, k=self.chance.randint(1, 3))))[:30].strip() or "x"

    def text(self) -> str:
        return paragraphs("".join(self.chance.choices(PIECES, k=self.chance.randint(0, 6))))

    def one(self, things: Iterable[T]) -> T:
        return self.chance.choice(list(things))

    def maybe(self, things: Iterable[T]) -> T | None:
        return self.chance.choice([None, *things])

    def coin(self) -> bool:
        return self.chance.random() < 0.3

    def texts(self) -> None:
        name = self.chance.choice(["announcement", "guide", "tips", "name"])
        configure(by=self.cast.otto, at=self.at, **{name: self.line() if name == "name" else self.text()})

    def choices(self) -> None:
        tabs = self.chance.sample(list(Tab), k=self.chance.randint(1, 3))
        columns = self.chance.sample([each for each in Column if each != Column.SUBJECT], k=3)
        configure(
            by=self.cast.otto, at=self.at, tabs=[{"tab": tab, "name": self.line() if self.coin() else ""} for tab in tabs],
            columns=[Column.SUBJECT, *columns], labels={"topic": self.line(), "files": ""},
            reopen_days=self.maybe([0, 1, 30]), auto_close_days=self.maybe([5, 9]), auto_close_warning_days=self.one([0, 2]),
        )  # fmt: skip

    def mails(self) -> None:
        free = [name for name, cell in matrix.cells().items() if cell not in matrix.LOCKED]
        configure(
            by=self.cast.otto,
            at=self.at,
            mail_matrix=matrix.differing(dict.fromkeys(self.chance.sample(free, k=3), False)),
        )

    def topic(self) -> None:
        catalog.save_topic(
            by=self.cast.otto, at=self.at, topic=self.maybe(Topic.objects.order_by("pk")), name=self.line(),
            parent=self.maybe(Topic.objects.order_by("pk")), team=self.maybe(Team.objects.order_by("pk")),
            priority=self.maybe(Priority.objects.order_by("pk")), assignee=self.maybe([self.cast.ada, self.cast.lena]),
            asks_priority=self.coin(), is_default=self.coin(), is_archived=self.coin(),
        )  # fmt: skip

    def field(self) -> None:
        shown_if = self.maybe(Field.objects.order_by("pk"))
        options = [self.line() for _ in range(3)]
        value = ""
        if shown_if is not None:
            value = self.one(["yes", "no"] if shown_if.kind == "checkbox" else ["", *shown_if.options])
        catalog.save_field(
            by=self.cast.otto, at=self.at, field=self.maybe(Field.objects.order_by("pk")), label=self.line(),
            kind=self.one(Field.Kind), hint=self.line(), options=options, customers=self.one(Access),
            staff=self.one([Access.READ, Access.WRITE, Access.REQUIRED]), is_global=self.coin(),
            topics=self.chance.sample(list(Topic.objects.order_by("pk")), k=1), shown_if=shown_if, shown_value=value,
            is_archived=self.coin(),
        )  # fmt: skip

    def status(self) -> None:
        catalog.save_status(
            by=self.cast.otto, at=self.at, status=self.maybe(Status.objects.order_by("pk")), name=self.line(),
            category=self.one(Category), customer_name=self.line(), explanation=self.line(), is_default=self.coin(),
            is_archived=self.coin(),
        )  # fmt: skip

    def priority(self) -> None:
        catalog.save_priority(
            by=self.cast.otto, at=self.at, priority=self.one(Priority.objects.order_by("pk")), name=self.line(),
            meaning=self.line(), first_response_minutes=self.maybe([1, 45, 60, 2880]), is_default=self.coin(),
        )  # fmt: skip

    def team(self) -> None:
        team = self.maybe(Team.objects.order_by("pk"))
        people.save_team(name=self.line(), is_private=self.coin(), team=team, by=self.cast.otto, at=self.at)

    def product(self) -> None:
        numbers = {name: self.one([LEAST.get(name, 0), 7, most]) for name, most in MOST.items() if name != "position"}
        endless = {name: None for name in ("support_days", "license_days") if self.coin()}
        values = {
            **numbers, **endless, "name": self.line(), "kind": self.one(Product.Kind), "covered": self.text(),
            "not_covered": self.text(), "benefit": self.line(), "download_url": "https://shop.example/a?b=%20#c",
            "takes_bug_reports": self.coin(), "is_archived": self.coin(),
        }  # fmt: skip
        found = self.maybe(Product.objects.order_by("pk"))
        if found is not None:
            products.change_product(found, by=self.cast.otto, at=self.at, **values)
        else:
            slug = f"p-{self.chance.randint(0, 99)}"
            products.create_product(by=self.cast.otto, at=self.at, slug=slug, **values)

    def limits(self) -> None:
        configure(
            by=self.cast.otto, at=self.at, longest_subject=self.maybe([100, 200]), longest_message=self.maybe([999, 100_000]),
            short_message=self.maybe([20, 40]), opens_in_steps=self.coin(), claims_on_open=self.coin(),
            status_on_reassign=self.one(["", "open", "waiting"]), close_waiting_days=self.maybe([1, 365]),
            mailbox_answer=self.text(), return_addresses=["https://shop.example", "http://localhost:81"][: self.one([0, 1, 2])],
        )  # fmt: skip

    def words_of_a_mail(self) -> None:
        save_template(
            by=self.cast.otto, at=self.at, key=self.one(KEYS), headline=self.line() + " {number}", text=self.text()
        )

    def thing(self) -> Topic | Field | Status:
        rows = (model.objects.order_by("pk") for model in (Topic, Field, Status))
        return self.one([row for kind in rows for row in kind])

    def order(self) -> None:
        catalog.move(self.thing(), up=self.coin(), by=self.cast.otto, at=self.at)

    def archive(self) -> None:
        self.one([catalog.archive, catalog.restore])(self.thing(), by=self.cast.otto, at=self.at)

    def remove(self) -> None:
        catalog.remove(self.thing(), by=self.cast.otto, at=self.at)

    def open(self) -> None:
        topic = Topic.objects.filter(is_archived=False).order_by("-pk").first()
        make.ticket(self.cast.carl, at=self.at, topic=topic)

    def leave(self) -> None:
        people.deactivate(self.cast.ada, by=self.cast.otto, at=self.at)


@pytest.mark.parametrize("seed", range(12))
def test_random_edits_survive_the_file_and_a_bare_desk(cast: Cast, at: datetime, seed: int) -> None:
    presets.use(["classic", "company", "blank"][seed % 3], by=cast.otto, at=at)
    editor = Editor(cast, at, seed)
    for _edit in range(EDITS):
        editor.edit()
    exported, audited = changes.export(), AuditEntry.objects.count()
    assert changes.bring_in(exported, by=cast.otto, at=at, why="again").differences == []
    assert (changes.export(), AuditEntry.objects.count()) == (exported, audited)
    snapshot = changes.bring_in(presets.text("blank"), by=cast.otto, at=at, why="bare").snapshot
    assert snapshot is not None
    changes.go_back(snapshot, by=cast.otto, at=at, why="back")
    again = changes.export()
    assert set(exported.splitlines()) <= set(again.splitlines())  # what tickets held meanwhile stands beside, archived
    assert changes.bring_in(again, by=cast.otto, at=at, why="again").differences == []
