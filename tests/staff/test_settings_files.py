"""Settings → Tickets: which files may be attached, and how much together."""

import pytest
from django.test import Client

from deskhand.core.models import AuditEntry
from deskhand.desk.models import Desk
from tests import forms
from tests.cast import Cast

PAGE = "/desk/settings/policies/"


@pytest.fixture
def otto(client: Client, cast: Cast) -> Client:
    client.force_login(cast.otto)
    return client


def test_kinds_and_limit_are_chosen_and_written_down(otto: Client, cast: Cast) -> None:
    answer = forms.send(otto, PAGE, PAGE, file_kinds=["docx", "pdf"], file_limit_mb=12)

    entry = AuditEntry.objects.latest("pk")
    desk = Desk.objects.get()
    assert answer.status_code == 303
    assert (desk.file_kind_slugs, desk.file_limit) == (["pdf", "docx"], 12 * 1_048_576)
    assert (entry.action, entry.by, entry.before, entry.after) == (
        "desk.configured",
        cast.otto,
        {"file_kinds": "jpg png pdf zip", "file_limit_mb": 30},
        {"file_kinds": "pdf docx", "file_limit_mb": 12},
    )


def test_the_form_shows_what_is_set(otto: Client) -> None:
    values = forms.fill(otto.get(PAGE).content.decode(), PAGE)

    assert (values["file_kinds"], values["file_limit_mb"]) == (["jpg", "png", "pdf", "zip"], ["30"])


@pytest.mark.parametrize(
    "wrong", [{"file_kinds": ["exe"]}, {"file_kinds": None}, {"file_limit_mb": 0}, {"file_limit_mb": 201}]
)
def test_nonsense_changes_nothing(otto: Client, wrong: dict[str, object]) -> None:
    assert forms.send(otto, PAGE, PAGE, **wrong).status_code == 422
    assert (Desk.objects.get().file_kinds, Desk.objects.get().file_limit_mb) == ("jpg png pdf zip", 30)
