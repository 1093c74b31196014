"""`python -m bench --tickets 100000 --db sqlite`: measure everything, print a table, write results.json. See README.md."""

import argparse
import asyncio
import json
import pickle
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from bench import live, scenarios, sink
from bench.asking import Ask, Browser, drive, sign_in
from bench.corpus import PASSWORD
from bench.desks import HERE, Desk, desk
from bench.facts import Facts
from bench.processes import TICK_MS, Served, cpu_ms, free_port, memory_mib, running, serve
from bench.report import Figures, Results, spread

ROUNDS = 3
STREAMS_OF_ONE = 20
ALL = (
    "list",
    "ticket",
    "ticket_swap",
    "mine",
    "mine_manager",
    "list_restricted",
    "create",
    "reply",
    "sse_2000",
    "idle",
)
WAIT_S = 120.0


class Bench:
    """One run on one desk."""

    def __init__(self, made: Desk, options: argparse.Namespace, folder: Path) -> None:
        self.desk, self.options, self.folder = made, options, folder
        self.found: dict[str, Figures] = {}
        self.cookies: dict[str, str] = {}
        self.smtp_port, self.port, self.floor_port = free_port(), options.port or free_port(), free_port()

    def run(self) -> Results:
        """Everything that was asked for, one after the other."""
        with sink.running(self.smtp_port) as mails:
            counted = self._count()
            facts = Facts(self.desk)
            who = scenarios.people(facts)
            with serve(self.desk, port=self.port, smtp_port=self.smtp_port) as served:
                self.cookies = {email: sign_in(self.port, email, PASSWORD) for email in who.everybody}
                with self._floor() as floor:
                    self._reads(served, floor, facts, who, counted)
                    self._writes(served, floor, facts, who, counted, mails)
                time.sleep(1)
                memory = memory_mib(served.pid)
                if "idle" in self.options.only:
                    self._idle(served)
                if "sse_2000" in self.options.only:
                    asyncio.run(self._streams(served, facts, who))
            facts.close()
        ordered = {name: self.found[name] for name in ALL if name in self.found}
        return Results(self.options.tickets, self.options.db, ordered, memory, served.first_page_s)

    def _count(self) -> dict[str, tuple[int, int, int, object]]:
        """SQL statements, in a process of its own, before the desk is served."""
        path = self.folder / "statements"
        subprocess.run(
            (sys.executable, "-m", "bench.statements", str(self.options.variety), str(path)), check=True,
            env=self.desk.environment(SMTP_URL=f"smtp+plain://127.0.0.1:{self.smtp_port}", MAIL_WINDOW_S="1"),
        )  # fmt: skip
        with path.open("rb") as file:
            found: dict[str, tuple[int, int, int, object]] = pickle.load(file)
        return found

    @contextmanager
    def _floor(self) -> Iterator[Served]:
        more = {"STATEMENTS": str(self.folder / "statements"), "SMTP_PORT": str(self.smtp_port)}
        command = (sys.executable, "-m", "bench.floor")
        with running(
            self.desk, *command, path="/list", port=self.floor_port, PORT=str(self.floor_port), **more
        ) as floor:
            yield floor

    def _reads(
        self,
        served: Served,
        floor: Served,
        facts: Facts,
        who: scenarios.People,
        counted: dict[str, tuple[int, int, int, object]],
    ) -> None:
        """Rounds of the desk and of its floor take turns, so that a busy minute strikes both; the median round counts."""
        for name, asks in scenarios.reads(facts, who, self.cookies, variety=self.options.variety).items():
            if name not in self.options.only:
                continue
            requests = [asks[number % len(asks)] for number in range(self.options.requests)]
            bare = [Ask(f"/{name}", "")] * len(requests)
            drive(self.port, requests[: 10 * len(asks)][:40]), drive(self.floor_port, bare[:20])
            costs, databases, floors, times = [], [], [], []
            for _ in range(ROUNDS):
                cost, database, took = self._measured(served, requests)
                costs, databases, times = [*costs, cost], [*databases, database], [*times, *took]
                floors.append(self._measured(floor, bare)[0])
            self._note(name, median(costs), median(databases), times, median(floors), counted)

    def _writes(
        self, served: Served, floor: Served, facts: Facts, who: scenarios.People,
        counted: dict[str, tuple[int, int, int, object]], mails: sink.Sink,
    ) -> None:  # fmt: skip
        """Forms are fetched before; the clock of the CPU stops when the last mail has arrived and no job waits."""
        count = max(4, self.options.requests // 4)
        tickets = facts.tickets(3 * count)
        for name in scenarios.WRITES:
            if name not in self.options.only:
                continue
            costs, databases, floors, times = [], [], [], []
            for number in range(ROUNDS):
                if name == "create":
                    write, people, each = scenarios.create(facts, f"round {number}"), who.customers, 2
                else:
                    write, people, each = scenarios.reply(tickets[number * count :]), who.leads, 1
                browsers = [Browser(self.port, self.cookies[email]) for email in people]
                asks = [write(browsers[at % len(browsers)], at) for at in range(count)]
                self._settled(facts)
                until = mails.count + count * each
                cost, database, took = self._measured(
                    served, asks, lambda until=until: self._mailed(facts, mails, until)
                )
                costs, databases, times = [*costs, cost], [*databases, database], [*times, *took]
                form = {
                    "subject": ["Both lights are off"],
                    "text": [scenarios.TEXT + " lights are"],
                    "number": [str(tickets[0].number)],
                }
                floors.append(self._measured(floor, [Ask(f"/{name}", "", values=form, leads_to=name)] * count)[0])
            self._check_writes(facts, name, ROUNDS * count)
            self._note(name, median(costs), median(databases), times, median(floors), counted)

    def _measured(self, served: Served, asks: list[Ask], finish: object = None) -> tuple[float, float, list[float]]:
        """CPU milliseconds a request of everything, those of the database server alone, and the times."""
        database = self.desk.postmaster
        before, before_database = served.cpu_ms(), cpu_ms(database) if database else 0.0
        times = drive(served.port, asks)
        if callable(finish):
            finish()
        after, after_database = served.cpu_ms(), cpu_ms(database) if database else 0.0
        return (after - before) / len(asks), (after_database - before_database) / len(asks), times

    def _note(
        self, name: str, cost: float, database: float, times: list[float], floor: float,
        counted: dict[str, tuple[int, int, int, object]],
    ) -> None:  # fmt: skip
        queries, jobs = (
            counted["ticket" if name == "ticket_swap" else name][:2] if name not in counted else counted[name][:2]
        )
        p50, p95 = spread(times)
        floor = max(floor, TICK_MS / self.options.requests)  # the clock tells no less
        self.found[name] = Figures(
            cost, p50, p95, queries, cost / floor, database_cpu_ms=database if self.desk.postmaster else None,
            job_queries=jobs or None, floor_cpu_ms=floor,
        )  # fmt: skip
        say(f"{name}: {cost:.2f} ms, floor {floor:.2f} ms")

    async def _write(self, facts: Facts, asks: list[Ask]) -> dict[int, float]:
        """One after the other; when each ticket's was sent."""
        sent = {}
        for ask in asks:
            sent[int(ask.path.split("/")[3])] = time.perf_counter()
            await asyncio.to_thread(drive, self.port, [ask])
        await asyncio.to_thread(self._settled, facts)
        return sent

    def _sessions(self, count: int) -> dict[str, list[str]]:
        """So many people at their browsers. Who holds more than STREAMS_OF_ONE streams is refused."""
        command = (sys.executable, "-m", "bench.sessions", str(count))
        printed = subprocess.run(command, env=self.desk.environment(), check=True, stdout=subprocess.PIPE).stdout
        found: dict[str, list[str]] = json.loads(printed)
        return found

    def _settled(self, facts: Facts) -> None:
        _wait(lambda: facts.one("SELECT count(*) FROM core_job") == 0, "the worker's rest")

    def _mailed(self, facts: Facts, mails: sink.Sink, until: int) -> None:
        _wait(lambda: mails.count >= until, f"mail {until}")
        self._settled(facts)
        if mails.count != until:
            raise RuntimeError(f"{mails.count} mails instead of {until}")

    def _check_writes(self, facts: Facts, name: str, count: int) -> None:
        subject, text = "Both lights are off round %", scenarios.TEXT.partition("\n")[0] + "%("
        made = (
            facts.one("SELECT count(*) FROM tickets_ticket WHERE subject LIKE ?", subject)
            if name == "create"
            else facts.one("SELECT count(*) FROM tickets_message WHERE text LIKE ?", text + "%")
        )
        if made != count:
            raise RuntimeError(f"{made} rows of {name} instead of {count}")

    def _idle(self, served: Served) -> None:
        before = served.cpu_ms()
        time.sleep(self.options.idle_s)
        cost = (served.cpu_ms() - before) / self.options.idle_s
        say(f"idle: {cost:.2f} ms a second")
        self.found["idle"] = Figures(cost)

    async def _streams(self, served: Served, facts: Facts, who: scenarios.People) -> None:
        """Notes are written without anybody listening, then with everybody: the difference is what telling costs."""
        count = max(4, self.options.requests // 5)
        tickets = facts.tickets(2 * count)
        browser = Browser(self.port, self.cookies[who.leads[0]])

        def notes(part: list[scenarios.Ticket]) -> list[Ask]:
            made = []
            for ticket in part:
                page = f"/desk/tickets/{ticket.number}/"
                values = browser.fill(
                    f"{page}?view=open", f"{page}messages/", text="Both lights are green.", kind="note"
                )
                made.append(Ask(f"{page}messages/", browser.cookie, values=values, leads_to=page))
            return made

        quiet, loud = notes(tickets[:count]), notes(tickets[count:])
        began = served.cpu_ms()
        await self._write(facts, quiet)
        without = served.cpu_ms() - began
        before = memory_mib(served.pid)
        people = self._sessions(-(-self.options.streams // STREAMS_OF_ONE))
        cookies = [*people["staff"], *people["customers"]]
        heard = sum(number % len(cookies) < len(people["staff"]) for number in range(self.options.streams))
        streams = live.Streams(self.port, cookies)
        await streams.open(self.options.streams)
        held = (memory_mib(served.pid) - before) * 1024 / self.options.streams
        began = served.cpu_ms()
        sent = await self._write(facts, loud)
        await streams.arrived(heard * count)
        cost = served.cpu_ms() - began
        times = [(at - sent[number]) * 1000 for number, arrived in streams.arrivals.at.items() for at in arrived]
        await streams.close()
        p50, p95 = spread(times)
        each = (cost - without) / streams.arrivals.delivered
        say(f"sse_2000: {each:.4f} ms an event delivered, {held:.1f} KiB a stream")
        self.found["sse_2000"] = Figures(each, p50, p95, memory_kib=held)


def _wait(is_so: "object", what: str) -> None:
    deadline = time.monotonic() + WAIT_S
    while not is_so():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {WAIT_S:.0f} s for {what}")
        time.sleep(0.02)


def say(words: str) -> None:
    """Progress, to the terminal only."""
    print(words, file=sys.stderr, flush=True)


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure what a request costs.")
    parser.add_argument("--tickets", type=int, default=100_000)
    parser.add_argument("--db", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--only", nargs="*", choices=ALL, default=ALL, help="some scenarios; nothing is written then")
    parser.add_argument("--requests", type=int, default=200, help="a round")
    parser.add_argument("--variety", type=int, default=40, help="different tickets")
    parser.add_argument("--streams", type=int, default=2000)
    parser.add_argument("--idle-s", type=float, default=30.0)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--output", type=Path, help="default: results/DB.json, and results.json beside the code")
    options = parser.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))  # ours and, inherited, the desk's
    with desk(tickets=options.tickets, db=options.db) as made, tempfile.TemporaryDirectory() as folder:
        results = Bench(made, options, Path(folder)).run()
    print(results.table())
    if options.output:
        results.write(options.output)
    elif set(options.only) == set(ALL):
        results.write(HERE / "results" / f"{options.db}.json")
        results.write(HERE / "results.json")


if __name__ == "__main__":
    main()
