"""Where a seeded desk lies: made once for a size and a schema, copied for each run, with a PostgreSQL of its own."""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).parent
SOURCE: Final = HERE.parent / "src" / "deskhand"
COMMAND: Final = (sys.executable, "-m", "deskhand.config.cli")
CACHE: Final = Path(os.environ.get("BENCH_CACHE") or Path(tempfile.gettempdir()) / "deskhand-bench")


@dataclass(frozen=True, slots=True)
class Desk:
    """A data folder and its database; `postmaster` is the process id of its own PostgreSQL, 0 on SQLite."""

    data: Path
    database_url: str = ""
    postmaster: int = 0

    def environment(self, **more: str) -> dict[str, str]:
        """What a shell would have, and nothing else."""
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        url = {"DATABASE_URL": self.database_url} if self.database_url else {}
        return {**kept, "DATA": str(self.data), "PYTHONPATH": f"{HERE.parent}:{SOURCE.parent}", **url, **more}


@contextmanager
def desk(*, tickets: int, db: str) -> Iterator[Desk]:
    """A fresh copy of the seeded desk of that size, gone at the end."""
    CACHE.mkdir(mode=0o755, parents=True, exist_ok=True)
    name = f"{tickets}_{_schema()}"
    with tempfile.TemporaryDirectory(prefix="run-", dir=CACHE) as folder:
        data = Path(folder) / "data"
        if db == "sqlite":
            shutil.copytree(_sqlite(name, tickets), data)
            yield Desk(data)
            return
        with _cluster() as cluster:
            template = _postgres(cluster, name, tickets)
            shutil.copytree(template.data, data)
            cluster.statement(f"CREATE DATABASE run TEMPLATE desk_{name} STRATEGY FILE_COPY")
            try:
                yield Desk(data, cluster.url("run"), cluster.pid)
            finally:
                cluster.statement("DROP DATABASE run WITH (FORCE)")


def _schema() -> str:
    """Changes with the tables and with what is put into them."""
    digest = hashlib.sha256()
    for path in sorted([*SOURCE.glob("*/migrations/*.py"), HERE / "corpus.py", HERE / "seed.py"]):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:8]


def _sqlite(name: str, tickets: int) -> Path:
    folder = CACHE / f"sqlite_{name}"
    if not folder.exists():
        made = Desk(folder.with_suffix(".part"))
        shutil.rmtree(made.data, ignore_errors=True)
        _fill(made, tickets)
        made.data.rename(folder)
    return folder


def _postgres(cluster: "Cluster", name: str, tickets: int) -> Desk:
    made = Desk(CACHE / f"postgres_{name}", cluster.url(f"desk_{name}"), cluster.pid)
    if not made.data.exists():
        cluster.statement(f"DROP DATABASE IF EXISTS desk_{name} WITH (FORCE)")
        cluster.statement(f"CREATE DATABASE desk_{name}")
        part = Desk(made.data.with_suffix(".part"), made.database_url)
        shutil.rmtree(part.data, ignore_errors=True)
        _fill(part, tickets)
        part.data.rename(made.data)
    return made


def _fill(made: Desk, tickets: int) -> None:
    for command in ((*COMMAND, "prepare"), (sys.executable, "-m", "bench.seed", str(tickets))):
        subprocess.run(command, env=made.environment(), check=True, stdout=sys.stderr)


@dataclass(frozen=True, slots=True)
class Cluster:
    """A running PostgreSQL that nobody else uses, so that its CPU time is the desk's."""

    folder: Path
    pid: int

    def url(self, database: str) -> str:
        """The address of one of its databases."""
        return f"postgres://bench@/{database}?host={self.folder}"

    def statement(self, words: str) -> None:
        """Run one administrative statement."""
        import psycopg

        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(words)


@contextmanager
def _cluster() -> Iterator[Cluster]:
    """The server of the cache folder, as it comes from initdb; it must not run as root."""
    folder = CACHE / "postgres"
    if not (folder / "PG_VERSION").exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700)
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres", "postgres")
        _as_postgres("initdb", "-D", str(folder), "-U", "bench", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8")
    options = f"-c listen_addresses='' -c unix_socket_directories='{folder}'"
    _as_postgres("pg_ctl", "-D", str(folder), "-o", options, "-l", str(folder / "log"), "-w", "start")
    try:
        yield Cluster(folder, int((folder / "postmaster.pid").read_text().split()[0]))
    finally:
        _as_postgres("pg_ctl", "-D", str(folder), "-m", "fast", "-w", "stop")


def _as_postgres(program: str, *arguments: str) -> None:
    found = [*Path("/usr/lib/postgresql").glob(f"*/bin/{program}")]
    path = str(max(found)) if found else program
    user = ("runuser", "-u", "postgres", "--") if os.geteuid() == 0 else ()
    subprocess.run((*user, path, *arguments), check=True, stdout=subprocess.DEVNULL, cwd="/", start_new_session=True)
