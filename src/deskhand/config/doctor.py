"""`deskhand doctor`: one line for each thing that can be wrong with an installation, and what to do about it."""

import argparse
import secrets
import shutil
import smtplib
import stat
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from deskhand.config import environment
from deskhand.config.prepare import first_line, without_pool
from deskhand.core import blobs, jobs
from deskhand.desk import queries
from deskhand.mail.queries import given_up as mails_given_up
from deskhand.tickets.invariants import missing_triggers

LEAST_FREE_BYTES = 500 * 1024 * 1024
LEAST_FREE_SHARE = 0.05
LARGEST_CLOCK_GAP = timedelta(seconds=5)
LONGEST_WAIT = timedelta(minutes=2)  # a healthy worker takes a due job within a second; a long mail run takes a minute
SMTP_TIMEOUT_S = 10


class State(StrEnum):
    """How a finding is printed."""

    FINE = "fine"
    NOTE = "note"
    WRONG = "WRONG"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: what was looked at, how it is, and (unless it is fine) what to do."""

    state: State
    subject: str
    words: str

    def __str__(self) -> str:
        return f"{self.state:<6} {self.subject:<15} {self.words}"


def key(data: Path) -> Finding:
    """The secret key: there, and readable by its owner only."""
    path = data / "secret.key"
    if environment.text("SECRET_KEY"):
        return Finding(State.FINE, "Key", "comes from the environment (SECRET_KEY).")
    if not path.exists():
        return Finding(State.WRONG, "Key", f"{path} does not exist. `deskhand serve` makes one; or is DATA right?")
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        return Finding(State.WRONG, "Key", f"others can read {path}. Run: chmod 600 {path}")
    return Finding(State.FINE, "Key", f"{path}, readable by its owner only.")


def disk(data: Path) -> Finding:
    """Free space where the data lies."""
    usage = shutil.disk_usage(data)
    words = f"{usage.free / 1024**3:.1f} GiB free in {data} ({usage.free / usage.total:.0%})."
    if usage.free < LEAST_FREE_BYTES or usage.free / usage.total < LEAST_FREE_SHARE:
        return Finding(State.WRONG, "Disk", f"only {words} Make room: a full disk takes no mail and no ticket.")
    return Finding(State.FINE, "Disk", words)


def files() -> Finding:
    """Where attached files go takes one and gives it back."""
    place = settings.FILES_URL.partition("?")[0] or str(settings.DATA / "files")
    canary = b"Deskhand looks whether files can be stored here. " + secrets.token_bytes(16)  # nobody's file is the same
    try:
        with blobs.writer() as writer:
            writer.write(canary)
            blob = writer.finish()
        with blobs.read(blob.sha256) as source:
            is_same = source.read() == canary
        blobs.delete(blob.sha256)
    except Exception as error:  # a folder and a bucket fail in a hundred ways, and all are the operator's
        words = f"{place} takes no file: {first_line(error)}. Check the folder’s owner, or FILES_URL and its key."
        return Finding(State.WRONG, "Files", words)
    if not is_same:
        return Finding(State.WRONG, "Files", f"{place} does not give back what it was given. Do not use it.")
    return Finding(State.FINE, "Files", f"{place} takes files and gives them back.")


def database() -> Finding:
    """The database answers."""
    name = f"{connection.display_name} ({connection.settings_dict['NAME']})"
    try:
        connection.ensure_connection()
    except DatabaseError as error:
        return Finding(State.WRONG, "Database", f"{name} does not answer: {first_line(error)}. Check DATABASE_URL.")
    return Finding(State.FINE, "Database", f"{name} answers.")


def migrations() -> Finding:
    """The tables are those of this version."""
    executor = MigrationExecutor(connection)
    pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if pending:
        words = f"{len(pending)} not applied. Start `deskhand serve` once: it brings the database up to date."
        return Finding(State.WRONG, "Migrations", words)
    return Finding(State.FINE, "Migrations", "all applied.")


def triggers() -> Finding:
    """What the database itself keeps up to date, it does."""
    if missing := missing_triggers():
        words = f"{', '.join(missing)} missing: lists go wrong. Restore a backup, or report it: this must not happen."
        return Finding(State.WRONG, "Triggers", words)
    return Finding(State.FINE, "Triggers", "all there.")


def clock(*, here: datetime, there: datetime) -> Finding:
    """This machine's clock and the database's agree: due times come from the one, the jobs' leases from the other."""
    gap = abs(here - there)
    if gap > LARGEST_CLOCK_GAP:
        words = f"this machine and the database differ by {gap.total_seconds():.0f} s. Let NTP set both clocks."
        return Finding(State.WRONG, "Clock", words)
    return Finding(State.FINE, "Clock", "this machine and the database agree.")


def mail() -> Finding:
    """The mail server accepts a connection and greets; nothing is sent."""
    if not settings.EMAIL_HOST:
        words = "no server is set, so mails wait in the Mailroom. Set SMTP_URL=smtp://user:password@host:587"
        return Finding(State.NOTE, "Mail", words)
    server = f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}"
    kind = smtplib.SMTP_SSL if settings.EMAIL_USE_SSL else smtplib.SMTP
    try:
        with kind(settings.EMAIL_HOST, settings.EMAIL_PORT, timeout=SMTP_TIMEOUT_S) as connected:
            code, _ = connected.ehlo()
            has_tls = connected.has_extn("starttls")
    except (OSError, smtplib.SMTPException) as error:
        return Finding(State.WRONG, "Mail", f"{server} does not answer: {error}. Check SMTP_URL and the firewall.")
    if code != 250:
        return Finding(State.WRONG, "Mail", f"{server} refuses us with {code}. Ask whoever runs it.")
    if settings.EMAIL_USE_TLS and not has_tls:
        words = f"{server} offers no TLS, so no password is sent. Use smtps://…:465 or another server."
        return Finding(State.WRONG, "Mail", words)
    return Finding(State.FINE, "Mail", f"{server} answers.")


def public_address(address: str) -> Finding:
    """Where people reach the desk: https, but for a trial on this machine."""
    parts = urlsplit(address)
    if parts.hostname in {"localhost", "127.0.0.1", "::1"}:
        words = f"{address} works on this machine only. For others set PUBLIC_URL=https://…"
        return Finding(State.NOTE, "Public address", words)
    if parts.scheme != "https" or not parts.hostname:
        words = f"{address} is not https, so passwords and cookies travel readable. Set PUBLIC_URL=https://…"
        return Finding(State.WRONG, "Public address", words)
    return Finding(State.FINE, "Public address", f"{address}.")


def worker(*, at: datetime) -> Finding:
    """Somebody does the jobs: nothing that is due waits for long, nothing was given up."""
    waiting = jobs.longest_wait(at=at)
    if waiting > LONGEST_WAIT:
        words = f"a job has been waiting for {waiting.total_seconds() / 60:.0f} minutes. Is `deskhand serve` running?"
        return Finding(State.WRONG, "Worker", words)
    if dead := jobs.dead_count():
        return Finding(
            State.NOTE, "Worker", f"works; {dead} job(s) were given up after many tries. See the log for why."
        )
    return Finding(State.FINE, "Worker", "nothing waits.")


def mailroom() -> Finding:
    """No mail waits for a person."""
    if dead := mails_given_up():
        words = f"{dead} mail(s) were not delivered. The Mailroom says why; correct the address, or discard them."
        return Finding(State.NOTE, "Mailroom", words)
    return Finding(State.FINE, "Mailroom", "every mail that was due was delivered, is on its way or is held.")


def examine() -> list[Finding]:
    """Every finding that can be had; what needs the database is left out when it does not answer."""
    without_pool()
    data = environment.data_folder()
    findings = [key(data)]
    if data.exists():
        findings += [disk(data), files()]
    findings.append(database())
    if findings[-1].state is State.FINE:
        findings.append(migrations())
        is_current = findings[-1].state is State.FINE
        findings.append(clock(here=timezone.now(), there=jobs.database_now()))
        if is_current:
            findings += [triggers(), worker(at=jobs.database_now()), mailroom()]
        findings.append(public_address(_address(is_current=is_current)))
    findings.append(mail())
    return findings


def _address(*, is_current: bool) -> str:
    """What `deskhand serve` would use: the environment's word, else the desk's own."""
    if is_current and not environment.text("PUBLIC_URL"):
        return queries.current_desk().public_url or settings.PUBLIC_URL
    return str(settings.PUBLIC_URL)


def show(findings: Sequence[Finding], write: Callable[[str], object]) -> int:
    """Print them all; 1 when one of them is wrong."""
    for finding in findings:
        write(f"{finding}\n")
    return int(any(finding.state is State.WRONG for finding in findings))


def main(arguments: Sequence[str]) -> int:
    """`deskhand doctor`: exit code 1 when something is wrong."""
    argparse.ArgumentParser(prog="deskhand doctor", description="Look at the installation.").parse_args(arguments)
    return show(examine(), sys.stdout.write)
