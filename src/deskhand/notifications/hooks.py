"""Outgoing webhooks: one delivery for each hook and change, written with the news, sent by the worker (Standard Webhooks).

At least once: a worker that dies between the answer and its note sends again, with the same `webhook-id`. While a hook's
program does not answer, one try a minute is made for all of its deliveries, so that the worker has time for everybody else.
"""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils.translation import gettext as _

from deskhand.accounts.models import User
from deskhand.core import audit, crypto, jobs, outbound, signatures, text
from deskhand.core.bus import News, Write, on, on_first
from deskhand.core.faults import fault
from deskhand.notifications import payload
from deskhand.notifications.models import Delivery, Hook
from deskhand.tickets.events import Kind
from deskhand.tickets.models.event import Event

PATIENCE: Final = timedelta(days=3)  # a program that is away over a weekend misses nothing
KEPT: Final = timedelta(days=30)
PROBE: Final = timedelta(minutes=1)  # between two tries of all that waits for a program that does not answer
_IN_HAND: Final = timedelta(seconds=2 * outbound.LONGEST_S)  # a try that is older than that is over, whoever made it
_GONE: Final = 410  # the receiver wants no more: Standard Webhooks
_AWAKENED: Final = 500  # deliveries that are sent at once when a program answers again; the rest in their own time
_PURPOSE: Final = "hook"


class HookError(Exception):
    """What was asked for cannot be done with this hook; nothing was written."""


class NotAllowedError(HookError):
    """Only who sets up the desk may say who listens to it."""


class OffError(HookError):
    """The hook is switched off: nothing is sent to it."""


# What an administrator does


def add_hook(*, name: str, url: str, kinds: Sequence[str], by: User, at: datetime) -> tuple[Hook, str]:
    """A new hook and its secret, which nobody can show again.

    Raises NotAllowedError; ValidationError by column. What the name of `url` means is asked by `check_address` before, and
    again when something is sent.
    """
    values = _checked(name=name, url=url, kinds=kinds, by=by)
    secret = signatures.new_secret()
    with transaction.atomic():
        hook = Hook.objects.create(secret=crypto.seal(_PURPOSE, secret), created_at=at, created_by=by, **values)
        audit.record("hook.created", by=by, at=at, subject=_subject(hook), after=_audited(values))
    return hook, secret


def change_hook(
    hook: Hook, *, name: str, url: str, kinds: Sequence[str], is_active: bool, by: User, at: datetime
) -> bool:  # fmt: skip
    """Another name, address or choice, on or off; False when all is as it was. Raises as `add_hook`.

    What waits while it is switched off is given up when its turn comes, and can be sent again by hand.
    """
    values = {**_checked(name=name, url=url, kinds=kinds, by=by), "is_active": is_active}
    with transaction.atomic():
        found = Hook.objects.select_for_update().get(pk=hook.pk)
        before = {column: getattr(found, column) for column in values}
        changed = {column: value for column, value in values.items() if before[column] != value}
        if not changed:
            return False
        if "url" in changed or "is_active" in changed:
            changed["failing_since"] = None
        Hook.objects.filter(pk=hook.pk).update(**changed)
        if "url" in changed and is_active:
            _wake(hook.pk, at=at)
        old, new = _audited(before), _audited(values)
        differing = [column for column in values if before[column] != values[column]]
        audit.record(
            "hook.changed", by=by, at=at, subject=_subject(hook),
            before={"name": before["name"]} | {column: old[column] for column in differing},
            after={"name": values["name"]} | {column: new[column] for column in differing},
        )  # fmt: skip
    return True


def remove_hook(hook: Hook, *, by: User, at: datetime) -> None:
    """The hook and its deliveries; what waits is never sent. Raises NotAllowedError."""
    _allow(by)
    with transaction.atomic():
        audit.record("hook.removed", by=by, at=at, subject=_subject(hook), before={"name": hook.name})
        Hook.objects.filter(pk=hook.pk).delete()


def send_test(hook: Hook, *, by: User, at: datetime) -> Delivery:
    """A message that says nothing, through the same pipe as all others. Raises NotAllowedError, OffError."""
    _allow(by)
    if not hook.is_active:
        raise OffError
    with transaction.atomic():
        delivery = Delivery.objects.create(
            hook=hook, key=uuid.uuid4(), change=uuid.uuid4(), body=payload.of_test(hook.name, at=at), created_at=at
        )
        _enqueue(delivery.pk, at=at)
    return delivery


def send_again(delivery: Delivery, *, by: User, at: datetime) -> None:
    """Once more, whatever became of it, with the same `webhook-id`, and for three days more if nobody answers.

    Raises NotAllowedError, OffError.
    """
    _allow(by)
    with transaction.atomic():
        hook = Hook.objects.select_for_update().get(pk=delivery.hook_id)
        if not hook.is_active:
            raise OffError
        again = Delivery.objects.filter(pk=delivery.pk)
        again.update(state=Delivery.State.WAITING, tries=0, status=None, problem="", tried_at=None)
        _enqueue(delivery.pk, at=at)
        audit.record(
            "hook.sent_again", by=by, at=at, subject=_subject(hook),
            after={"name": hook.name, "delivery": str(delivery.key)},
        )  # fmt: skip


def check_address(url: str) -> None:
    """Is this where the desk may go, and does anybody know the name? It asks the network: not inside a transaction.

    Raises ValidationError for `url`.
    """
    try:
        outbound.check(url.strip())
    except outbound.OutboundError as error:
        raise ValidationError({"url": str(error.words)}) from error


def secret_of(hook: Hook) -> str:
    """What its messages are signed with. Raises ValueError when another desk has sealed it."""
    return crypto.unseal(_PURPOSE, hook.secret)


def _checked(*, name: str, url: str, kinds: Sequence[str], by: User) -> dict[str, Any]:
    _allow(by)
    line, address = text.one_line(name), url.strip()
    wrong: dict[str, str] = {}
    if not 0 < len(line) <= 80:
        wrong["name"] = _("Please give it a name of at most %(most)d characters.") % {"most": 80}
    try:
        outbound.parsed(address)
    except outbound.AddressError as error:
        wrong["url"] = str(error.words)
    if len(address) > 500:
        wrong["url"] = _("Please use an address of at most %(most)d characters.") % {"most": 500}
    if not set(kinds) <= set(Kind):
        wrong["kinds"] = _("Please choose from the list.")
    if wrong:
        raise ValidationError(wrong)
    return {"name": line, "url": address, "kinds": [kind.value for kind in Kind if kind in kinds]}


def _allow(by: User) -> None:
    if not by.can("desk.configure"):
        raise NotAllowedError


def _audited(values: dict[str, Any]) -> dict[str, Any]:
    """What the audit trail keeps: of an address its host alone, because the rest of it may be a secret of the other side."""
    return values | {"url": outbound.parsed(values["url"]).authority}


def _subject(hook: Hook) -> str:
    return f"hook:{hook.pk}"


# News


@on_first(*Kind)
def tell_programs(news: News) -> Write | None:
    """Old news is told to nobody. What is told is rendered in a job of its own, so that it never keeps people waiting."""
    if news.is_old or not Hook.objects.filter(is_active=True).exists():
        return None
    return partial(jobs.enqueue, "hooks.write", {"change": news.ids["change"]}, at=news.heard_at)


@jobs.job("hooks.write")
def write_deliveries(task: jobs.Task) -> None:
    """One delivery for each hook that hears something of a change; what an earlier try has written is there already."""
    events = list(
        Event.objects.filter(change=uuid.UUID(task.payload["change"])).order_by("pk")
        .select_related("by", "message", *(f"ticket__{name}" for name in payload.SHOWN))
    )  # fmt: skip
    found = [
        Delivery(
            hook=hook, key=uuid.uuid4(), change=heard[0].change, body=payload.of_change(heard), created_at=task.claimed_at
        )
        for hook in Hook.objects.filter(is_active=True).order_by("pk")
        if (heard := payload.told(events, hook.kinds))
    ]  # fmt: skip
    with task.last_step():
        Delivery.objects.bulk_create(found, ignore_conflicts=True)
        written = Delivery.objects.filter(key__in=[delivery.key for delivery in found]).order_by("pk")
        for pk in written.values_list("pk", flat=True):
            _enqueue(pk, at=task.claimed_at)


@on(Kind.REDACTED)
def forget_what_was_redacted(news: News) -> None:
    """A message was blanked: its text must not be sent any more, nor live on in what was sent."""
    gone = Event.objects.filter(pk__in=news.ids["events"], kind=Kind.REDACTED, message__isnull=False)
    for message in gone.values_list("message", flat=True):
        if message is None:
            continue
        changes = Event.objects.filter(message=message).values("change")
        for delivery in Delivery.objects.select_for_update().filter(change__in=changes).order_by("pk"):
            body = payload.without_message(delivery.body, message)
            Delivery.objects.filter(pk=delivery.pk).update(body=body)


def _enqueue(pk: int, *, at: datetime) -> None:
    jobs.enqueue("hooks.deliver", {"delivery": pk}, at=at, dedupe_key=f"hook:{pk}")


def _wake(hook: int, *, at: datetime) -> None:
    """What waits for this hook goes now, the oldest first."""
    waiting = Delivery.objects.filter(hook=hook, state=Delivery.State.WAITING).order_by("pk")
    for pk in waiting.values_list("pk", flat=True)[:_AWAKENED]:
        _enqueue(pk, at=at)


# The worker


@jobs.job("hooks.deliver")
def deliver(task: jobs.Task) -> None:
    """Send one delivery whose turn has come. Raises RetryLaterError when it must be tried again; the row says why."""
    delivery = _take(task)
    if delivery is None:
        return
    fault("hook.after_take")
    at = task.claimed_at
    body, key = delivery.body.encode(), str(delivery.key)
    try:
        headers = signatures.signed_headers(secret_of(delivery.hook), id=key, at=at, body=body)
        answer = outbound.post(delivery.hook.url, body=body, headers={"Content-Type": "application/json", **headers})
    except outbound.OutboundError as error:
        _failed(delivery, task, problem=str(error.words))
        return
    except (ValueError, signatures.SignatureError):
        _failed(
            delivery, task, problem="The secret cannot be read: this desk has another key than the one that made it."
        )
        return
    fault("hook.after_answer_before_mark")
    if answer.is_good:
        _arrived(delivery, task, status=answer.status)
    elif answer.status == _GONE:
        _gone(delivery, task)
    else:
        _failed(delivery, task, status=answer.status, problem=_said(answer))


def _take(task: jobs.Task) -> Delivery | None:
    """The delivery, if it waits; its row says from now on that it is tried. Durable: nothing is sent inside a transaction.

    Raises RetryLaterError while another worker is at it, or its hook's program was found not to answer a moment ago.
    """
    at, pk = task.claimed_at, task.payload["delivery"]
    with transaction.atomic(durable=True):
        delivery = Delivery.objects.select_related("hook").filter(pk=pk, state=Delivery.State.WAITING).first()
        if delivery is None:
            return None
        hook = delivery.hook
        if not hook.is_active:
            _settle(delivery, state=Delivery.State.FAILED, problem="The webhook was switched off.")
            return None
        if hook.failing_since and at - hook.failing_since > PATIENCE and _is_over(task):
            _give_up(delivery, at=at, problem=delivery.problem or "Nobody answered for three days.")
            return None
        if hook.failing_since and _was_tried_by_another(delivery, since=at - PROBE):
            raise jobs.RetryLaterError(f"webhook {hook.pk} does not answer")
        free = models.Q(tried_at=None) | models.Q(tried_at__lt=at - _IN_HAND)
        mine = Delivery.objects.filter(free, pk=pk, state=Delivery.State.WAITING)
        if not mine.update(tried_at=at, tries=models.F("tries") + 1):
            raise jobs.RetryLaterError(f"delivery {pk} is being sent")
        delivery.tries += 1
    return delivery


def _is_over(task: jobs.Task) -> bool:
    """Has it been tried for long enough? Since it was written, or since somebody asked for it again."""
    return task.claimed_at - task.created_at > PATIENCE


def _was_tried_by_another(delivery: Delivery, *, since: datetime) -> bool:
    others = Delivery.objects.filter(hook=delivery.hook_id, tried_at__gt=since).exclude(pk=delivery.pk)
    return others.exists()


def _arrived(delivery: Delivery, task: jobs.Task, *, status: int) -> None:
    with task.last_step():
        _settle(delivery, state=Delivery.State.ARRIVED, status=status, problem="")
        if Hook.objects.filter(pk=delivery.hook_id).exclude(failing_since=None).update(failing_since=None):
            _wake(delivery.hook_id, at=task.claimed_at)


def _gone(delivery: Delivery, task: jobs.Task) -> None:
    """The other side says that it wants no more, ever."""
    hook, at = delivery.hook, task.claimed_at
    with task.last_step():
        words = "HTTP 410: the receiver wants no more. The webhook was switched off."
        _settle(delivery, state=Delivery.State.FAILED, status=_GONE, problem=words)
        if Hook.objects.filter(pk=hook.pk, is_active=True).update(is_active=False):
            audit.record("hook.switched_off", by=None, at=at, subject=_subject(hook), after={"name": hook.name})


def _failed(delivery: Delivery, task: jobs.Task, *, problem: str, status: int | None = None) -> None:
    """Later again, or never: what has been tried for three days is given up."""
    hook, at = delivery.hook, task.claimed_at
    is_over = _is_over(task)
    values = {"status": status, "problem": text.one_line(problem)[:200]}
    with task.last_step() if is_over else transaction.atomic():
        if is_over:
            _give_up(delivery, at=at, **values)
        else:
            _settle(delivery, **values)
        Hook.objects.filter(pk=hook.pk, failing_since=None).update(failing_since=at)
    if not is_over:
        raise jobs.RetryLaterError(f"webhook {hook.pk}: {values['problem']}")


def _give_up(delivery: Delivery, *, at: datetime, **values: Any) -> None:  # noqa: ANN401 - column values
    """Never by itself again. The audit trail says so with the first one since the hook last answered."""
    hook, failed = delivery.hook, Delivery.objects.filter(hook=delivery.hook_id, state=Delivery.State.FAILED)
    if hook.failing_since is None or not failed.filter(tried_at__gte=hook.failing_since).exists():
        audit.record("hook.gave_up", by=None, at=at, subject=_subject(hook), after={"name": hook.name})
    _settle(delivery, state=Delivery.State.FAILED, **values)


def _settle(delivery: Delivery, **values: Any) -> None:  # noqa: ANN401 - column values
    Delivery.objects.filter(pk=delivery.pk, state=Delivery.State.WAITING).update(**values)


def _said(answer: outbound.Answer) -> str:
    """The status and the beginning of the answer, for administrators alone."""
    if 300 <= answer.status < 400:
        return f"HTTP {answer.status}: a redirect is not followed. Enter the address it leads to."
    words = text.excerpt(answer.body[:2000].decode("utf-8", "replace"), 120)
    return f"HTTP {answer.status}: {words}" if words else f"HTTP {answer.status}"


def sweep_deliveries(*, at: datetime) -> int:
    """Forget what is settled and thirty days old; how many."""
    settled = Delivery.objects.filter(created_at__lt=at - KEPT).exclude(state=Delivery.State.WAITING)
    return settled.delete()[0]
