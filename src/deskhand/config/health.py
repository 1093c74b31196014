"""What machines ask: `/livez` (is the process there), `/readyz` (could it serve now) and `/metrics` (figures for Prometheus).

They are answered by a middleware in front of everything that needs a host name, a session or a database: a probe comes by
the machine's own address, before the desk is set up, and while the database is away. They tell nothing of the desk (J06).
"""

import os
import shutil
import time
from collections.abc import Callable, Iterator, Sized
from contextlib import closing, suppress
from datetime import timedelta
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any, Final

from django.conf import settings
from django.db import DatabaseError, connection, models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from deskhand.config import environment
from deskhand.config.doctor import LEAST_FREE_SHARE, LONGEST_WAIT
from deskhand.config.logs import BUCKETS_S, figures
from deskhand.core import blobs, crypto, jobs
from deskhand.core.models import Job
from deskhand.mail.models import UNDER_WAY, Mail
from deskhand.mail.models import State as MailState
from deskhand.tickets.models.ticket import Ticket

PATIENCE_S: Final = 3  # a probe that waits longer counts as failed anyway
FRESH_S: Final = 10.0  # figures from the database are this old at most, however often somebody asks

live_streams: list[Sized] = []  # the open streams of this process, once its ASGI application is there


class Health:
    """The middleware."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """An answer to the three addresses; everything else goes on."""
        answer = _ANSWERS.get(request.path)
        if answer is None:
            return self.get_response(request)
        if request.method not in {"GET", "HEAD"}:
            return HttpResponse(status=405, headers={"Allow": "GET, HEAD"})
        response = answer(request)
        response["Content-Length"] = str(len(response.content))
        return response


def _livez(_: HttpRequest) -> HttpResponse:
    return HttpResponse("ok\n", content_type="text/plain")


def _readyz(_: HttpRequest) -> HttpResponse:
    found = list(not_ready())
    if found:
        return HttpResponse(f"not ready: {', '.join(found)}\n", status=503, content_type="text/plain")
    return HttpResponse("ok\n", content_type="text/plain")


def not_ready() -> Iterator[str]:
    """Why this node should not serve: `database`, `migrations`, `worker`, `disk`, `files`; nothing when it should."""
    try:
        yield from _database()
    except DatabaseError:
        yield "database"
    usage = shutil.disk_usage(settings.DATA)
    if usage.free / usage.total < LEAST_FREE_SHARE:
        yield "disk"
    try:
        with blobs.writer() as writer:
            writer.write(b"?")
    except OSError:
        yield "files"


def _database() -> Iterator[str]:
    """On a connection of its own: the pool would wait ten seconds for a server that is away."""
    with closing(_direct()) as direct, direct.cursor() as cursor:
        if not _migrations() <= set(MigrationRecorder(direct).applied_migrations()):
            yield "migrations"
            return
        cursor.execute("BEGIN IMMEDIATE" if direct.vendor == "sqlite" else "BEGIN")
        try:
            cursor.execute("INSERT INTO core_counter (name, value) VALUES (%s, 0)", [f"readyz {os.urandom(8).hex()}"])
        finally:
            cursor.execute("ROLLBACK")
    if jobs.longest_wait(at=jobs.database_now()) > LONGEST_WAIT:
        yield "worker"


def _direct() -> BaseDatabaseWrapper:
    direct = connection.copy()
    options = direct.settings_dict["OPTIONS"]
    options.pop("pool", None)
    options["timeout" if direct.vendor == "sqlite" else "connect_timeout"] = PATIENCE_S
    return direct


@cache
def _migrations() -> frozenset[tuple[str, str]]:
    return frozenset(MigrationLoader(None).disk_migrations or ())


def _metrics(request: HttpRequest) -> HttpResponse:
    """With METRICS_TOKEN only; without it the address does not exist."""
    token = environment.text("METRICS_TOKEN")
    if not token:
        return HttpResponse(status=404)
    if not crypto.same(request.headers.get("Authorization", ""), f"Bearer {token}"):
        return HttpResponse(status=401, headers={"WWW-Authenticate": "Bearer"})
    from prometheus_client import CollectorRegistry, generate_latest  # a desk without metrics need not know it
    from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

    registry = CollectorRegistry(auto_describe=False)
    registry.register(Collector())
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_PLAIN_0_0_4)


_ANSWERS: Final[dict[str, Callable[[HttpRequest], HttpResponse]]] = {
    "/livez": _livez,
    "/readyz": _readyz,
    "/metrics": _metrics,
}


class Collector:
    """All figures: this process's own, marked with its number because another one may answer next, and the desk's."""

    def collect(self) -> Iterator[Any]:
        """Families as prometheus-client wants them."""
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily

        process = str(os.getpid())
        with figures.lock:
            by_class, by_duration, seconds = list(figures.by_class), list(figures.by_duration), figures.seconds
        answers = CounterMetricFamily("deskhand_requests", "Answers by class of status", labels=["process", "status"])
        for status, count in enumerate(by_class):
            if status:
                answers.add_metric([process, f"{status}xx"], count)
        yield answers
        durations = HistogramMetricFamily("deskhand_request_seconds", "How long answers took", labels=["process"])
        reached, buckets = 0, []
        for limit, count in zip([*map(str, BUCKETS_S), "+Inf"], by_duration, strict=True):
            reached += count
            buckets.append((limit, reached))
        durations.add_metric([process], buckets, seconds)
        yield durations
        streams = GaugeMetricFamily("deskhand_live_streams", "Open live streams", labels=["process"])
        streams.add_metric([process], sum(map(len, live_streams)))
        yield streams
        yield GaugeMetricFamily(
            "deskhand_disk_free_bytes", "Free space in the data folder", shutil.disk_usage(settings.DATA).free
        )
        found = _kept_figures()
        yield GaugeMetricFamily("deskhand_database_up", "Whether the database answers", int(bool(found)))
        for name, (help_text, label, values) in found.items():
            gauge = GaugeMetricFamily(f"deskhand_{name}", help_text, labels=[label] if label else None)
            for key, value in values.items():
                gauge.add_metric([key] if label else [], value)
            yield gauge


Figure = tuple[str, str, dict[str, float]]  # help, the label's name (or none), values by label
_kept: tuple[float, dict[str, Figure]] = (-FRESH_S, {})
_lock = Lock()


def _kept_figures() -> dict[str, Figure]:
    """What the database says, at most FRESH_S old; empty while it does not answer."""
    global _kept
    with _lock:
        if time.monotonic() - _kept[0] >= FRESH_S:
            found: dict[str, Figure] = {}
            with suppress(DatabaseError):
                found = database_figures()
            _kept = (time.monotonic(), found)
        return _kept[1]


def database_figures() -> dict[str, Figure]:
    """Six small queries, each from an index: unsolved work and unsent mail are few, however large the desk."""
    now = jobs.database_now()
    free = models.Q(leased_until=None) | models.Q(leased_until__lt=now)
    late = free & models.Q(state=Job.State.READY, run_at__lt=now - LONGEST_WAIT)
    work = Job.objects.aggregate(
        ready=models.Count("pk", filter=models.Q(state=Job.State.READY)),
        overdue=models.Count("pk", filter=late),
        dead=models.Count("pk", filter=models.Q(state=Job.State.DEAD)),
    )
    unsettled = Mail.objects.exclude(state=MailState.SENT).order_by()
    mails = dict.fromkeys((state.value for state in MailState if state is not MailState.SENT), 0.0)
    mails |= dict(unsettled.values_list("state").annotate(count=models.Count("pk")))
    oldest = unsettled.filter(state__in=UNDER_WAY).aggregate(oldest=models.Min("created_at"))["oldest"]
    open_now = Ticket.objects.unsolved()
    return {
        "jobs": ("Jobs by state; overdue ones have been due for two minutes", "state", dict(work)),
        "job_wait_seconds": ("For how long the oldest due job waits", "", {"": _s(jobs.longest_wait(at=now))}),
        "mails": ("Mails that have not been sent, by state", "state", mails),
        "mail_wait_seconds": ("Age of the oldest mail under way", "", {"": _s(now - oldest) if oldest else 0.0}),
        "tickets": (
            "Tickets that are not solved", "queue",
            {"unsolved": open_now.count(), "unassigned": open_now.filter(assignee=None).count()},
        ),
        "database_bytes": ("Size of the database", "", {"": _size()}),
    }  # fmt: skip


def _s(duration: timedelta) -> float:
    return duration.total_seconds()


def _size() -> float:
    if connection.vendor == "sqlite":
        path = Path(connection.settings_dict["NAME"])
        return sum(file.stat().st_size for file in (path, path.with_name(f"{path.name}-wal")) if file.exists())
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        return float(cursor.fetchone()[0])
