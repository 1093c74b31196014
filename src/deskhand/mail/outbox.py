"""The worker's side: one job sends one mail."""

from datetime import timedelta
from typing import Final

from django.conf import settings

from deskhand.core import jobs
from deskhand.core.faults import fault
from deskhand.mail import wire
from deskhand.mail.changes import settle, take
from deskhand.mail.models import Mail, Problem, State
from deskhand.mail.transport import DeliveryError, deliver

PATIENCE: Final = timedelta(days=3)  # a server that is away over a weekend costs no mail


@jobs.job("mail.send")
def send(task: jobs.Task) -> None:
    """Send a mail whose turn has come. Raises RetryLaterError when it must be tried again; the row says why."""
    mail = take(task.payload["mail"], task=task)
    if mail is None:
        return
    fault("outbox.after_claim")
    try:
        recipient = wire.address(mail.to_address)
        deliver(wire.compose(mail, secret=mail.secret), sender=str(settings.MAIL_FROM), recipient=recipient)
    except wire.AddressError as error:
        _failed(mail, task, DeliveryError(Problem.RECIPIENT, str(error), is_final=True))
    except DeliveryError as error:
        _failed(mail, task, error)
    except Exception as error:  # a row that cannot become a mail must not stop the others (F-26)
        _failed(mail, task, DeliveryError(Problem.BROKEN, f"{type(error).__name__}: {error}"))
    else:
        fault("smtp.after_ack_before_mark")
        settle(mail, task=task, state=State.SENT)


def _failed(mail: Mail, task: jobs.Task, error: DeliveryError) -> None:
    is_old = error.problem is Problem.BROKEN or task.claimed_at - mail.created_at > PATIENCE
    if error.is_final or (is_old and mail.attempts >= jobs.ATTEMPTS):
        settle(mail, task=task, state=State.DEAD, problem=error.problem, error=error.words)
        return
    state = State.MAYBE_SENT if error.maybe_sent else State.FAILED
    settle(mail, task=task, state=state, problem=error.problem, error=error.words)
    raise jobs.RetryLaterError(f"mail {mail.pk}: {error.words}")
