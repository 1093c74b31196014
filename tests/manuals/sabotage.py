"""One line to break for each row: under it the row's test must fail, so no test is green for nothing (`make sabotage`)."""

import importlib
import inspect
import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from django.template import engines

from deskhand.blueprint import presets


@dataclass(frozen=True, slots=True)
class Break:
    """Where: a function ("package.module:Class.function"), a template ("portal/new.html") or a preset ("classic.yaml")."""

    where: str
    old: str
    new: str

    def __str__(self) -> str:
        return f"“{self.old}” in {self.where}"

    def made_in(self, text: str) -> str:
        """The broken text; the line that is broken must stand there once."""
        assert text.count(self.old) == 1, f"{self} is there {text.count(self.old)} times"
        return text.replace(self.old, self.new)


BREAKS: Final[dict[str, Break]] = {
    "S3.1": Break("portal/_tickets.html", "{% for row in rows %}", "{% for row in rows[:1] %}"),
    "S3.2": Break("deskhand.desk.labels:label", "current_desk().labels.get(key) or str(usual)", "str(usual)"),
    "S3.3": Break("portal/new.html", 'label("send_ticket")', 'label("open_ticket")'),
    "S3.4": Break("deskhand.portal.forms:_meaning", "priority.meaning.rstrip('.')", "priority.name"),
    "S3.5": Break(
        "deskhand.portal.new_ticket:new_ticket", "topic=form.chosen_topic", "topic=next(iter(form.topics.values()))"
    ),
    "S3.6": Break("deskhand.notifications.words:subject", "[#{ticket.number}]", "[ticket]"),
    "S3.7": Break("portal/_tickets.html", "{{ ui.badge(row.category, row.status) }}", ""),
    "S3.8": Break("portal/ticket.html", "{% if explanation %}", "{% if false %}"),
    "S3.9": Break("portal/ticket.html", 'label("send_reply") if is_unsolved', 'label("my_tickets") if is_unsolved'),
    "S3.10": Break("portal/ticket.html", '<dt>{{ _("Opened") }}</dt>', "<dt></dt>"),
    "S3.11": Break("deskhand.portal.new_ticket:new_ticket", "files=box.whole(ForeignFileError)", "files=[]"),
    "S3.12": Break("portal/new.html", "<li>{{ tip }}</li>", "<li>{{ tip[:9] }}</li>"),
    "S3.13": Break("portal/new.html", "Keep everything about it in the ticket, and a", "A"),
    "S3.14": Break("deskhand.promises.targets:due_at", "timedelta(minutes=minutes)", "timedelta(minutes=minutes + 1)"),
    "S3.15": Break(
        "deskhand.promises.targets:due_at", "minutes=minutes)", "minutes=minutes, days=since.weekday() // 5)"
    ),
    "S3.16": Break("deskhand.automation.sweeps:close_quiet", "change.close()", "None"),
    "S3.17": Break("deskhand.tickets.policy:stays_closed", "at > ticket.closed_at", "at < ticket.closed_at"),
    "S3.18": Break("portal/ticket.html", "{% if may_confirm %}", "{% if may_close or may_reopen %}"),
    "S4.1": Break("staff/_rows.html", "{{ row.subject }}", "{{ row.number }}"),
    "S4.2": Break("deskhand.ui.gates:Gate.process_view", "request.user.is_password_temporary and", "False and"),
    "S4.3": Break("company.yaml", "home: [announcement, tiles]", "home: [announcement, tiles, recent]"),
    "S4.4": Break("deskhand.tickets.changes:open_ticket", "team=topic.team", "team=None"),
    "S4.5": Break(
        "deskhand.portal.forms:TicketForm.__init__", "choice.topic.is_default", "not choice.topic.is_default"
    ),
    "S4.6": Break("deskhand.portal.forms:TicketForm.__init__", "field.customers == Access.REQUIRED", "not field"),
    "S4.7": Break("deskhand.portal.new_ticket:new_ticket", "initial=typed(dict(request.POST.lists()))", "initial={}"),
    "S4.8": Break("deskhand.tickets.fields:_belongs", "if field.is_global:", "if True:"),
    "S4.9": Break("portal/new.html", "{{ ui.attach(form.box) }}", ""),
    "S4.10": Break("deskhand.ui.uploads:limit", "current_desk().file_limit", "current_desk().file_limit * 2"),
    "S4.11": Break("portal/_tickets.html", "{% for row in rows %}", "{% for row in rows[1:] %}"),
    "S4.12": Break("deskhand.portal.tickets:_tab_names", 'shown["name"] or ', ""),
    "S4.13": Break(
        "deskhand.portal.tickets:columns", "in current_desk().list_columns", "in current_desk().list_columns[:7]"
    ),
    "S4.14": Break("portal/_tickets.html", '" data-opens"|safe if desk.expands_in_place else ""', '""'),
    "S4.15": Break("portal/ticket.html", "{{ ui.event(entry.sentence, entry.at) }}", ""),
    "S4.16": Break("deskhand.tickets.diff:differences", 'ticket.attempts > before["attempts"]', "False"),
    "S4.17": Break("portal/_tickets.html", "{{ you if row.requester_id == user.pk else row.requester }}", "{{ you }}"),
    "S4.18": Break("deskhand.tickets.policy:can_reply", "managers=desk.managers_may_reply", "managers=True"),
    "S4.19": Break("deskhand.tickets.changes:open_ticket", "organization=requester.organization", "organization=None"),
}


@contextmanager
def broken(what: Break) -> Iterator[None]:
    """The product with this line broken, in this process alone."""
    if what.where.endswith(".html"):
        undo = _break_template(what)
    elif what.where.endswith(".yaml"):
        undo = _break_preset(what)
    else:
        undo = _break_function(what)
    try:
        yield
    finally:
        undo()


def _break_function(what: Break) -> Callable[[], None]:
    """Compile its module anew with the line changed, and give the living function the code that comes of it."""
    module_name, _colon, path = what.where.partition(":")
    found: Any = importlib.import_module(module_name)
    module = found
    for name in path.split("."):
        found = inspect.getattr_static(found, name)
    function = inspect.unwrap(found.fget if isinstance(found, property) else getattr(found, "__func__", found))
    text, lines = inspect.getsource(module), inspect.getsource(function)
    code = compile(text.replace(lines, what.made_in(lines), 1), f"{module.__file__} (broken)", "exec")
    before = function.__code__
    function.__code__ = next(
        each
        for each in _inside(code)
        if each.co_qualname == before.co_qualname and each.co_freevars == before.co_freevars
    )

    def undo() -> None:
        function.__code__ = before

    return undo


def _inside(code: types.CodeType) -> Iterator[types.CodeType]:
    for each in code.co_consts:
        if isinstance(each, types.CodeType):
            yield each
            yield from _inside(each)


def _break_template(what: Break) -> Callable[[], None]:
    environment = engines["jinja2"].env  # type: ignore[attr-defined]  # the backend is Django's Jinja2
    loader = environment.loader
    source = loader.get_source

    def get_source(environment: object, template: str) -> tuple[str, str | None, Callable[[], bool] | None]:
        text, name, is_fresh = source(environment, template)
        return (what.made_in(text) if template == what.where else text), name, is_fresh

    loader.get_source = get_source
    environment.cache.clear()

    def undo() -> None:
        del loader.get_source
        environment.cache.clear()

    return undo


def _break_preset(what: Break) -> Callable[[], None]:
    text = presets.text
    presets.text = lambda name: what.made_in(text(name)) if what.where == f"{name}.yaml" else text(name)
    presets.preset.cache_clear()

    def undo() -> None:
        presets.text = text
        presets.preset.cache_clear()

    return undo
