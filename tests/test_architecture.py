"""What an import graph cannot say about the rooms, read from the syntax tree. See docs/architecture.md.

Each rule is a function from one parsed file to what breaks it, and each is shown a sample that does.
"""

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "deskhand"
SURFACES = {"staff", "portal", "api", "realtime"}
ABOVE_HTTP = {"config", "ui", *SURFACES}
TELLS_THE_TIME = {"config", "ui", *SURFACES}
WRITES = {
    "save", "create", "update", "delete", "bulk_create", "bulk_update", "get_or_create", "update_or_create",
    "acreate", "aupdate", "adelete", "asave",
}  # fmt: skip
WRITES_TICKETS = {
    "tickets/changes.py", "tickets/record.py", "tickets/actions.py", "tickets/attachments.py", "tickets/catalog.py",
    "tickets/catalog_rows.py", "tickets/door.py",
}  # fmt: skip
LONGEST_FILE = 400


@dataclass(frozen=True)
class Module:
    """One file below src/deskhand: its path there, its text, its tree."""

    path: str
    text: str
    tree: ast.Module

    @property
    def room(self) -> str:
        return self.path.partition("/")[0]

    @property
    def is_migration(self) -> bool:
        return "/migrations/" in self.path


def module(path: str, text: str) -> Module:
    """Parse a text as if it lay at that path."""
    return Module(path, text, ast.parse(text))


MODULES = [module(str(path.relative_to(SOURCE)), path.read_text()) for path in sorted(SOURCE.rglob("*.py"))]
TICKET_MODELS = {
    node.name
    for found in MODULES
    if found.path.startswith("tickets/models")
    for node in found.tree.body
    if isinstance(node, ast.ClassDef) and any("Model" in ast.unparse(base) for base in node.bases)
}


def imports(found: Module) -> Iterator[tuple[int, str]]:
    """Every imported module, and every `from module import name` as module.name."""
    for node in ast.walk(found.tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def called_methods(found: Module) -> Iterator[ast.Attribute]:
    """The `a.b` of every call `a.b(…)`."""
    for node in ast.walk(found.tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield node.func


def root(node: ast.expr) -> str:
    """The name a chain begins with: `Ticket` in `Ticket.objects.filter(a).update`."""
    while not isinstance(node, ast.Name):
        match node:
            case ast.Attribute(value=inner) | ast.Call(func=inner) | ast.Subscript(value=inner):
                node = inner
            case _:
                return ""
    return node.id


def surfaces_ask_visible_to(found: Module) -> Iterator[str]:
    """In surfaces `.objects` is followed by `visible_to` and nothing else: who asks otherwise may see too much."""
    if found.room not in SURFACES:
        return
    nodes = list(ast.walk(found.tree))
    allowed = {id(node.value) for node in nodes if isinstance(node, ast.Attribute) and node.attr == "visible_to"}
    for node in nodes:
        if isinstance(node, ast.Attribute) and node.attr in {"objects", "_default_manager"} and id(node) not in allowed:
            yield f"line {node.lineno}: {ast.unparse(node)} without visible_to"


def each_surface_asks_its_own_question(found: Module) -> Iterator[str]:
    """The workspace shows what somebody works on, the portal what concerns them: who sees a ticket may be its customer (H01)."""
    own = {"staff": "worked_by", "portal": "concerning"}.get(found.room)
    nodes = list(ast.walk(found.tree))
    asked = {id(node.value) for node in nodes if isinstance(node, ast.Attribute) and node.attr == own}
    for node in nodes:
        is_look_up = isinstance(node, ast.Call) and ast.unparse(node.func) == "Ticket.objects.visible_to"
        if own and is_look_up and id(node) not in asked:
            yield f"line {node.lineno}: {ast.unparse(node)} without {own}"


def surfaces_write_nothing(found: Module) -> Iterator[str]:
    """A view calls a change; it never writes a row itself."""
    if found.room in SURFACES:
        for call in called_methods(found):
            if call.attr in WRITES and not ast.unparse(call).endswith(".attrs.update"):  # a widget's
                yield f"line {call.lineno}: {ast.unparse(call)}()"


def only_furniture_and_surfaces_speak_http(found: Module) -> Iterator[str]:
    """Below `ui` nobody knows requests or addresses; mails get their links from one builder."""
    if found.room in ABOVE_HTTP or found.path == "mail/links.py":
        return
    for line, name in imports(found):
        if name.startswith(("django.http", "django.shortcuts", "django.urls")):
            yield f"line {line}: {name}"


def only_changes_write_tickets(found: Module) -> Iterator[str]:
    """Who writes past the door forgets to log, notify and index."""
    if found.path in WRITES_TICKETS or found.is_migration:
        return
    for call in called_methods(found):
        in_heart = found.room == "tickets" and call.attr in WRITES - {"update"}
        if in_heart or (call.attr in WRITES and root(call) in TICKET_MODELS):
            yield f"line {call.lineno}: {ast.unparse(call)}()"


def time_is_given(found: Module) -> Iterator[str]:
    """`at=` is a required keyword below the surfaces: one change has one time, and a test can give it.

    Not in the session engine, whose methods have Django's signatures.
    """
    if found.room in TELLS_THE_TIME or found.path == "accounts/sessions.py":
        return
    for call in called_methods(found):
        if ast.unparse(call) in {"timezone.now", "datetime.now", "datetime.utcnow", "time.time", "date.today"}:
            yield f"line {call.lineno}: {ast.unparse(call)}()"
    for line, name in imports(found):
        if name == "django.utils.timezone.now":
            yield f"line {line}: {name}"


def migrations_import_no_room(found: Module) -> Iterator[str]:
    """A migration must still run when the room's code has moved on."""
    if found.is_migration:
        yield from (f"line {line}: {name}" for line, name in imports(found) if name.startswith("deskhand."))


def files_are_short(found: Module) -> Iterator[str]:
    """Past 400 lines a file becomes a package of the same name."""
    lines = found.text.count("\n")
    if lines > LONGEST_FILE and not found.is_migration:
        yield f"{lines} lines"


RULES: dict[Callable[[Module], Iterator[str]], tuple[str, str]] = {
    surfaces_ask_visible_to: ("portal/views.py", "Ticket.objects.get(pk=1)"),
    each_surface_asks_its_own_question: ("staff/views.py", "Ticket.objects.visible_to(user).get(number=1)"),
    surfaces_write_nothing: ("staff/views.py", "ticket.save()"),
    only_furniture_and_surfaces_speak_http: ("tickets/queries.py", "from django.urls import reverse"),
    only_changes_write_tickets: ("mail/reactions.py", "Ticket.objects.filter(pk=1).update(subject='')"),
    time_is_given: ("tickets/changes.py", "at = timezone.now()"),
    migrations_import_no_room: ("tickets/migrations/0002_x.py", "from deskhand.tickets.models import Ticket"),
    files_are_short: ("tickets/changes.py", "x = 1\n" * 401),
}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_rule(rule: Callable[[Module], Iterator[str]]) -> None:
    assert [f"{found.path}, {words}" for found in MODULES for words in rule(found)] == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_rule_sees_what_breaks_it(rule: Callable[[Module], Iterator[str]]) -> None:
    assert len(list(rule(module(*RULES[rule])))) == 1


def test_there_is_something_to_read() -> None:
    assert {"Ticket", "Message", "Event"} <= TICKET_MODELS
    assert {found.room for found in MODULES} >= {"core", "desk", "accounts", "tickets", "ui", "config"}
