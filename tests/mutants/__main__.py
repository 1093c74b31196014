"""Which small breaks of the heart do its tests notice? `make mutants`, or `python -m tests.mutants WORD` for some.

Each break lives in a forked child alone: the parent has set the database (SQLite, in memory) up, the child gets the code of the
broken functions and runs the tests that pass by the broken statement, until one fails. No file is written. Known tools cost an
interpreter and a database for each break (cosmic-ray), or leave out functions with decorators (mutmut), and every verb has one.
"""

import ast
import gc
import json
import os
import signal
import sys
import time
import traceback
import types
from collections import Counter
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path

os.environ.pop("DATABASE_URL", None)

import pytest

from tests.mutants.breaks import Break, breaks

BROKEN = ("deskhand.tickets.changes", "deskhand.tickets.door", "deskhand.tickets.policy", "deskhand.tickets.support")
ELSEWHERE = ("plans", "legs", "thumbnails", "catalog", "concurrency", "live")  # slow, and about other files
TESTS = ["tests/tickets", "tests/automation", *(f"--ignore=tests/tickets/test_{name}.py" for name in ELSEWHERE)]
HARMLESS = Path(__file__).with_name("harmless.txt")
WANTED = 85  # percent
NOTICED, UNNOTICED, IMPOSSIBLE = 1, 0, 3
Row = tuple[str, float, list[tuple[str, int]]]  # test, seconds, statements that it passes by


class Mutants:
    """A pytest plugin: its loop runs the tests once to learn where they pass by, then once for each break."""

    def __init__(self, word: str) -> None:
        self.word = word
        self.is_enough = False

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Instead of pytest's own."""
        first = next(item for item in session.items if "cast" in item.fixturenames)
        first.config.hook.pytest_runtest_protocol(item=first, nextitem=session)  # leaves the database set up
        seconds, passes = learn(session)
        harmless = {line.partition(" # ")[0] for line in HARMLESS.read_text().splitlines() if line}
        found: Counter[int] = Counter()
        for module, one in every_break():
            name = f"{module.rpartition('.')[2]}.{one}"
            if self.word not in name:
                continue
            if name in harmless:
                harmless.remove(name)
                continue
            tests = [item for item in session.items if not one.function or (module, one.line) in passes[item.nodeid]]
            tests.sort(key=lambda item: (flushes(item), seconds[item.nodeid]))
            limit = 20 + 5 * sum(seconds[item.nodeid] for item in tests)
            answer = in_child(lambda one=one, module=module, tests=tests: run(session, tests, one, module), limit)[0]
            found[answer] += 1
            if answer not in {NOTICED, UNNOTICED, IMPOSSIBLE}:
                raise pytest.UsageError(f"{name} could not be tried")
            if answer == UNNOTICED:
                say(f"line {one.line} {name}" + ("" if tests else " (no test comes here)"))
        made = found[NOTICED] + found[UNNOTICED]
        score = 100 * found[NOTICED] / max(made, 1)
        say(f"{found[NOTICED]} of {made} breaks noticed: {score:.1f} %")
        stale = harmless if not self.word else set()
        for name in sorted(stale):
            say(f"harmless.txt names what is not there: {name}")
        self.is_enough = score >= WANTED and not stale
        return True


def every_break() -> Iterator[tuple[str, Break]]:
    """Module and break, for all modules."""
    for module in BROKEN:
        for one in breaks(parse(module)):
            yield module, one


def parse(module: str) -> ast.Module:
    """The tree of a module as its file says."""
    return ast.parse(Path(str(import_module(module).__file__)).read_text())


def learn(session: pytest.Session) -> tuple[dict[str, float], dict[str, list[tuple[str, int]]]]:
    """How long each test takes, and which statements it passes by: (module, line)."""

    def work() -> int:
        hits: set[tuple[str, int]] = set()
        for module in BROKEN:
            put_code(import_module(module), Noting().visit(parse(module)), "")
            import_module(module).__dict__["__pass__"] = lambda line, module=module: hits.add((module, line))
        for item in session.items:
            hits.clear()
            since = time.perf_counter()
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=session)
            rows.append((item.nodeid, time.perf_counter() - since, sorted(hits)))
            if session.testsfailed:
                sys.stderr.write(f"{item.nodeid} fails by itself\n")
                return 2
        return 0

    rows: list[Row] = []
    status, told = in_child(work, 1800, tell=rows)
    if status:
        raise pytest.UsageError("The tests must pass first")
    return {test: took for test, took, _ in told}, {
        test: [(module, line) for module, line in by] for test, _, by in told
    }


class Noting(ast.NodeTransformer):
    """Before each statement of a function: a note that somebody passes by."""

    def generic_visit(self, node: ast.AST) -> ast.AST:
        super().generic_visit(node)
        if not isinstance(node, ast.Module | ast.ClassDef):
            for name in ("body", "orelse", "finalbody"):
                rows = getattr(node, name, None)
                if isinstance(rows, list) and rows and isinstance(rows[0], ast.stmt):
                    setattr(node, name, [each for row in rows for each in (self.note(row.lineno), row)])
        return node

    def note(self, line: int) -> ast.stmt:
        """`__pass__(line)`"""
        return ast.parse(f"__pass__({line})").body[0]


def run(session: pytest.Session, tests: list[pytest.Item], one: Break, module: str) -> int:
    """In the child: break it, then run until a test fails."""
    try:
        put_code(import_module(module), one.tree, one.function)
    except ValueError:  # a function that lost its last use of a closed-over name takes no other code
        return IMPOSSIBLE
    for item in tests:
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=session)
        if session.testsfailed:
            return NOTICED
    return UNNOTICED


def put_code(module: types.ModuleType, tree: ast.Module, function: str) -> None:
    """Give the living functions (whoever imported them has these very objects) and constants of a module the tree's code."""
    if not function:
        for row in tree.body:
            if (
                isinstance(row, ast.AnnAssign)
                and isinstance(row.value, ast.Constant)
                and isinstance(row.target, ast.Name)
            ):
                setattr(module, row.target.id, row.value.value)
    whole = compile(ast.fix_missing_locations(tree), str(module.__file__), "exec")
    codes = {code.co_qualname: code for code in inner(whole)}
    is_found = not function
    for thing in gc.get_objects():
        if type(thing) is types.FunctionType and thing.__code__.co_filename == module.__file__:
            name = thing.__code__.co_qualname
            if name.replace(".<locals>", "").startswith(function) and name in codes:
                thing.__code__ = codes[name]
                is_found = True
    if not is_found:  # or a break that was never made would pass for one that nobody noticed
        raise LookupError(function)


def inner(code: types.CodeType) -> Iterator[types.CodeType]:
    """The code objects inside, at any depth."""
    for thing in code.co_consts:
        if isinstance(thing, types.CodeType):
            yield thing
            yield from inner(thing)


def in_child(work: Callable[[], int], limit: float, *, tell: list[Row] | None = None) -> tuple[int, list[Row]]:
    """Do it in a forked child: its answer (NOTICED if it does not end within `limit` seconds) and what it put into `tell`."""
    reading, writing = os.pipe()
    sys.stdout.flush()
    child = os.fork()
    if not child:
        answer = 2
        try:
            os.close(reading)
            if tell is None:
                os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.setitimer(signal.ITIMER_REAL, limit)
            answer = work()
            with os.fdopen(writing, "w") as pipe:
                json.dump(tell or [], pipe)
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(answer)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        told = pipe.read()
    _, status = os.waitpid(child, 0)
    return (NOTICED if os.WIFSIGNALED(status) else os.waitstatus_to_exitcode(status)), json.loads(told or "[]")


def flushes(item: pytest.Item) -> bool:
    """Does it empty the tables, so that it must come last?"""
    marker = item.get_closest_marker("django_db")
    return "transactional_db" in item.fixturenames or bool(marker and marker.kwargs.get("transaction"))


def say(words: str) -> None:
    """One line, now."""
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    mutants = Mutants(" ".join(sys.argv[1:]))
    pytest.main([*TESTS, "-p", "no:randomly", "-s"], plugins=[mutants])
    sys.exit(not mutants.is_enough)
