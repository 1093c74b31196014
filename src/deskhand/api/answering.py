"""How a change leaves: once for each idempotency key, and a refusal as an answer."""

import re
from collections.abc import Callable
from typing import Final, TypeVar

from django.db import transaction
from django.http import HttpResponse
from django.utils.translation import gettext as _
from pydantic import BaseModel

from deskhand.api.bearer import ApiRequest
from deskhand.api.problems import Problem, json_response, refused, wrong
from deskhand.tickets.errors import ChangeError
from deskhand.ui.answers import LONGEST_KEY, AnotherRequestError, Answer, InProgressError, answer_once, digest_of

HEADER: Final = "Idempotency-Key"
REPLAYED: Final = "Idempotent-Replayed"
Told = TypeVar("Told", bound=BaseModel)
_KEY: Final = re.compile(rf"[\x21-\x7e]{{1,{LONGEST_KEY}}}")


def shown(found: BaseModel, status: int = 200) -> HttpResponse:
    """What was read."""
    return json_response(found.model_dump_json(), status)


def changed(
    request: ApiRequest, work: Callable[[], Told | None], *, status: Callable[[Told], int] = lambda _told: 200
) -> HttpResponse:
    """Do it and say what came of it; sent again with the same key, say it again. None: 204, it is gone from this person's eyes.

    Texts are rendered before: `work` runs inside the transaction that keeps its answer.
    """
    key = request.headers.get(HEADER, "")
    if not key:
        answer = _answer(work, status)
        return json_response(answer.body, answer.status)
    if not _KEY.fullmatch(key):
        raise wrong(HEADER, _("At most %(most)d visible characters, please.") % {"most": LONGEST_KEY})
    digest = digest_of(str(request.method), request.get_full_path(), request.body)
    try:
        answer = answer_once(
            token=request.auth.token, key=key, digest=digest, at=request.auth.at, work=lambda: _kept(work, status)
        )
    except InProgressError:
        raise Problem(409, _("This request is being worked on."), headers={"Retry-After": "1"}) from None
    except AnotherRequestError:
        raise wrong(HEADER, _("This key belongs to another request.")) from None
    return json_response(answer.body, answer.status, headers={REPLAYED: "true"} if answer.is_replay else {})


def created(_told: BaseModel) -> int:
    """201, whatever it is: the `status` of what makes something."""
    return 201


def _answer(work: Callable[[], Told | None], status: Callable[[Told], int]) -> Answer:
    try:
        done = work()
    except ChangeError as error:
        raise refused(error) from error
    return Answer(status(done), done.model_dump_json()) if done is not None else Answer(204, "")


def _kept(work: Callable[[], Told | None], status: Callable[[Told], int]) -> Answer:
    """A refusal is an answer to keep, and nothing of the work stays."""
    try:
        with transaction.atomic():
            return _answer(work, status)
    except Problem as problem:
        return Answer(problem.status, problem.body)
