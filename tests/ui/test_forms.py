"""One-time keys: one signature for a page, another key for each of its forms."""

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.test import RequestFactory

from deskhand.ui import forms


def asked(rf: RequestFactory, key: str | None = None) -> HttpRequest:
    request = rf.get("/tickets/new/") if key is None else rf.post("/tickets/", {forms.KEY: key})
    request.user = AnonymousUser()
    return request


def test_the_forms_of_a_page_have_a_key_each_and_all_name_the_page(rf: RequestFactory) -> None:
    page, again = forms.new_keys(asked(rf)), forms.new_keys(asked(rf))
    read = [forms.read_key(asked(rf, key)) for key in (next(page), next(page), next(again), next(again))]
    assert {key.page for key in read if key} == {"/tickets/new/"}
    assert len({key.id for key in read if key}) == 4


def test_a_key_names_the_same_sending_each_time_it_is_read(rf: RequestFactory) -> None:
    key = next(forms.new_keys(asked(rf)))
    assert forms.read_key(asked(rf, key)) == forms.read_key(asked(rf, key)) is not None


def test_what_is_not_signed_by_us_is_no_key(rf: RequestFactory) -> None:
    key = next(forms.new_keys(asked(rf)))
    number, _dot, signed = key.partition(".")
    for wrong in (
        "",
        signed,
        f"x.{signed}",
        f"{number}.{signed[:-1]}",
        f".{signed}",
        f"{'9' * 5000}.{signed}",
        f"{number}.",
    ):
        assert forms.read_key(asked(rf, wrong)) is None, wrong
