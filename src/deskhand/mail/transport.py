"""One mail to one recipient over SMTP, and what an answer means for it. Never inside a transaction."""

import smtplib
import ssl
import time
from contextlib import suppress
from typing import Final

from django.conf import settings

from deskhand.core.faults import fault
from deskhand.mail import links
from deskhand.mail.models import Problem

# For the whole conversation: below jobs.LEASE (60 s), so that a slow server never makes two workers send the same mail.
LONGEST_S: Final = 45.0


class DeliveryError(Exception):
    """The mail has not been accepted, for a reason a person can read.

    `is_final`: trying again cannot help. `maybe_sent`: the server had the whole mail and may have kept it.
    """

    def __init__(self, problem: Problem, words: str, *, is_final: bool = False, maybe_sent: bool = False) -> None:
        super().__init__(words)
        self.problem, self.words, self.is_final, self.maybe_sent = problem, words, is_final, maybe_sent


class _Patience:
    """The time that is left, given out step by step."""

    def __init__(self) -> None:
        self.until = time.monotonic() + LONGEST_S

    def left(self) -> float:
        return max(0.1, min(float(settings.EMAIL_TIMEOUT), self.until - time.monotonic()))

    def give(self, smtp: smtplib.SMTP) -> None:
        if smtp.sock:
            smtp.sock.settimeout(self.left())


def deliver(content: bytes, *, sender: str, recipient: str) -> None:
    """Hand the mail over. Returns when the server has taken it, raises DeliveryError otherwise."""
    patience = _Patience()
    smtp = _connected(patience)
    try:
        fault("smtp.after_connect")
        _introduce(smtp, patience)
        _expect(smtp, patience, f"mail FROM:<{sender}>", Problem.SENDER)
        _expect(smtp, patience, f"rcpt TO:<{recipient}>", Problem.RECIPIENT)
        _expect(smtp, patience, "data", Problem.CONTENT, good=354)
        _hand_over(smtp, patience, content)
    finally:
        with suppress(OSError, smtplib.SMTPException):
            patience.give(smtp)
            smtp.quit()
        smtp.close()


def _connected(patience: _Patience) -> smtplib.SMTP:
    host, port = settings.EMAIL_HOST, settings.EMAIL_PORT
    name = links.domain()
    try:
        if settings.EMAIL_USE_SSL:
            return smtplib.SMTP_SSL(host, port, name, timeout=patience.left(), context=ssl.create_default_context())
        return smtplib.SMTP(host, port, name, timeout=patience.left())
    except ssl.SSLError as error:
        raise DeliveryError(Problem.TLS, _words(error)) from error
    except (OSError, smtplib.SMTPException) as error:
        raise DeliveryError(Problem.UNREACHABLE, _words(error)) from error


def _introduce(smtp: smtplib.SMTP, patience: _Patience) -> None:
    """EHLO, TLS where the settings ask for it (and the certificate must be good), sign-in."""
    try:
        patience.give(smtp)
        smtp.ehlo_or_helo_if_needed()
        if settings.EMAIL_USE_TLS:
            smtp.starttls(context=ssl.create_default_context())
            patience.give(smtp)
            smtp.ehlo_or_helo_if_needed()
        if settings.EMAIL_HOST_USER:
            smtp.login(settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD)
    except (ssl.SSLError, smtplib.SMTPNotSupportedError) as error:
        raise DeliveryError(Problem.TLS, _words(error)) from error
    except smtplib.SMTPAuthenticationError as error:
        raise DeliveryError(Problem.LOGIN, _words(error)) from error
    except (OSError, smtplib.SMTPException) as error:
        raise DeliveryError(Problem.UNREACHABLE, _words(error)) from error


def _expect(smtp: smtplib.SMTP, patience: _Patience, command: str, problem: Problem, *, good: int = 250) -> None:
    """Say a command; 4xx is for later, 5xx is final unless it is about us (then an operator can repair it)."""
    try:
        patience.give(smtp)
        code, answer = smtp.docmd(command)
    except (OSError, smtplib.SMTPException) as error:
        raise DeliveryError(Problem.LOST, _words(error)) from error
    if code == good or (good == 250 and code == 251):  # 251: will forward
        return
    words = f"{code} {answer.decode(errors='replace')}"
    if code >= 500:
        raise DeliveryError(problem, words, is_final=problem is not Problem.SENDER)
    raise DeliveryError(Problem.BUSY, words)


def _hand_over(smtp: smtplib.SMTP, patience: _Patience, content: bytes) -> None:
    """The content and its end. From the last dot on, silence means that the server may have the mail (F-23)."""
    try:
        patience.give(smtp)
        smtp.send(_dotted(content))
        fault("smtp.after_data_before_ack")
        patience.give(smtp)
        code, answer = smtp.getreply()
    except (OSError, smtplib.SMTPException) as error:
        raise DeliveryError(Problem.LOST, _words(error), maybe_sent=True) from error
    if code != 250:
        words = f"{code} {answer.decode(errors='replace')}"
        raise DeliveryError(Problem.CONTENT if code >= 500 else Problem.BUSY, words, is_final=code >= 500)


def _dotted(content: bytes) -> bytes:
    """CRLF line ends, leading dots doubled, the final dot (RFC 5321 4.5.2)."""
    lines = [b"." + line if line.startswith(b".") else line for line in content.splitlines()]
    return b"\r\n".join([*lines, b".", b""])


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
