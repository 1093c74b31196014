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
    "S1.1": Break("deskhand.entitlements.policy:covers", "at, desk) <=", "at, desk) >"),
    "S1.2": Break("portal/ticket.html", "{{ ui.message(entry.said) }}", ""),
    "S1.3": Break("deskhand.notifications.purchases:_letter", "link=product.download_url or", "link="),
    "S1.4": Break("ui/portal.html", '{{ label("licenses") }}', '{{ label("purchases") }}'),
    "S1.5": Break("shop.yaml", "navigation: side", "navigation: top"),
    "S1.6": Break("shop.yaml", "subject: Title", "subject: Subject"),
    "S1.7": Break("shop.yaml", "longest_message: 1000", "longest_message: 1001"),
    "S1.8": Break("deskhand.portal.new_ticket:_opened", "change.reply(part)", "pass"),
    "S1.9": Break("shop.yaml", "customers_read: Hold", "customers_read: Waiting"),
    "S1.10": Break("shop.yaml", "status_on_agent_reply: waiting", "status_on_agent_reply: in_progress"),
    "S1.11": Break("deskhand.tickets.changes:Change.reply", "self._settle_status(Category.OPEN)", "pass"),
    "S1.12": Break("portal/_tickets.html", "{{ prefix }}{{ row.number }}/#reply", "{{ prefix }}"),
    "S1.13": Break("shop.yaml", "customers_may_close: true", "customers_may_close: false"),
    "S1.14": Break("deskhand.accounts.queries:owner_of", "email=email, verified=True", "email=email"),
    "S1.15": Break("deskhand.ui.http:brand_css", "current_desk().hue", "195"),
    "S1.c1": Break("deskhand.tickets.policy:claims_by_opening", "not desk.claims_on_open", "desk.claims_on_open"),
    "S1.c2": Break("deskhand.tickets.support:longest_subject", "desk.longest_subject or", "False or"),
    "S1.c3": Break("deskhand.entitlements.policy:day_of", "ZoneInfo(desk.time_zone)", 'ZoneInfo("UTC")'),
    "S1.c4": Break("deskhand.tickets.support:_opens", "covers(purchase, desk, at=at)", "True"),
    "S1.c5": Break("deskhand.entitlements.changes:_give_licenses", "product.license_days", "None"),
    "S1.c6": Break("staff/_head.html", "and not bought.about.purchase.is_active", "and false"),
    "S1.c7": Break("deskhand.notifications.recipients:_gives_to", "event.kind == Kind.ASSIGNED", "False"),
    "S1.c8": Break("deskhand.accounts.invitations:is_expired", "at >= person.invited_at + LIFETIME", "False"),
    "S1.c9": Break("shop.yaml", "status_on_reassign: open", 'status_on_reassign: ""'),
    "S1.c10": Break("staff/_context.html", '{% include "staff/_bought.html" %}', ""),
    "S1.c11": Break("deskhand.portal.tickets:tickets", "order=SORTS.get(sort, LATEST_PUBLIC)", "order=LATEST_PUBLIC"),
    "S1.c12": Break("shop.yaml", "close_waiting_days: 30", "close_waiting_days: 60"),
    "S1.c13": Break("deskhand.tickets.policy:stays_closed", "if not desk.customers_may_reopen:", "if False:"),
    "S1.c14": Break("deskhand.tickets.changes:Change.note", "is_public=False", "is_public=True"),
    "S2.1": Break("portal/purchases.html", "<dd>{{ purchase.partner }}</dd>", "<dd></dd>"),
    "S2.2": Break("deskhand.portal.bought:unclaimed", "not each.purchase.claimed_at", "each.purchase.claimed_at"),
    "S2.3": Break(
        "deskhand.entitlements.changes:_recorded",
        "accounts.invite(email=sold.email,",
        "accounts.invite(email='x@y.example',",
    ),
    "S2.4": Break("deskhand.portal.sign_in:welcome_again", "changes.ask_for_invitation(", "dict("),
    "S2.5": Break("deskhand.portal.sign_in:invitation_lost", "changes.ask_for_invitation(", "dict("),
    "S2.6": Break(
        "deskhand.entitlements.changes:_recorded",
        "owner = owner_of(sold.email)",
        "owner = owner_of('bea@desk.example')",
    ),
    "S2.7": Break("deskhand.tickets.policy:can_open", "return not requester.is_invited", "return True"),
    "S2.8": Break("portal/tickets.html", '<div class="end">', '<div class="start">'),
    "S2.9": Break("shop.yaml", "purchase: required\n    default: true", "purchase: asked\n    default: true"),
    "S2.10": Break("deskhand.notifications.recipients:_concerned", "yield Hearer.QUEUE, Reason.NEW", "pass"),
    "S2.11": Break("deskhand.portal.new_ticket:_told", "else soon()", 'else ""'),
    "S2.12": Break("portal/_new_beside.html", "{% for clause in each.promises %}", "{% for clause in each.clauses %}"),
    "S2.13": Break("portal/_new_beside.html", "{% for clause in each.clauses %}", "{% for clause in each.promises %}"),
    "S2.14": Break("deskhand.tickets.changes:Change.decline", "out_of_scope = clause", "out_of_scope = None"),
    "S2.15": Break("deskhand.entitlements.changes:activate", ">= found.installations", "> found.installations"),
    "S3.1": Break("portal/_tickets.html", "{% for row in rows %}", "{% for row in rows[:1] %}"),
    "S3.2": Break("deskhand.desk.labels:label", "current_desk().labels.get(key) or str(usual)", "str(usual)"),
    "S3.3": Break("portal/new.html", 'ui.button(label("send_ticket")', 'ui.button(label("open_ticket")'),
    "S3.4": Break("deskhand.portal.forms:_meaning", "priority.meaning.rstrip('.')", "priority.name"),
    "S3.5": Break(
        "deskhand.portal.new_ticket:_opened", "topic=form.chosen_topic", "topic=next(iter(form.topics.values()))"
    ),
    "S3.6": Break("deskhand.notifications.words:subject", "[#{ticket.number}]", "[ticket]"),
    "S3.7": Break("portal/_tickets.html", "{{ ui.badge(row.category, row.status) }}", ""),
    "S3.8": Break("portal/ticket.html", "{% if explanation %}", "{% if false %}"),
    "S3.9": Break("portal/ticket.html", 'label("send_reply") if is_unsolved', 'label("my_tickets") if is_unsolved'),
    "S3.10": Break("portal/ticket.html", '<dt>{{ _("Opened") }}</dt>', "<dt></dt>"),
    "S3.11": Break("deskhand.portal.new_ticket:_opened", "files=form.box.whole(ForeignFileError)", "files=[]"),
    "S3.12": Break("portal/new.html", "<li>{{ tip }}</li>", "<li>{{ tip[:9] }}</li>"),
    "S3.13": Break("portal/new.html", "Keep everything about it in the ticket, and a", "A"),
    "S3.14": Break("deskhand.promises.targets:due_at", "timedelta(minutes=minutes)", "timedelta(minutes=minutes + 1)"),
    "S3.15": Break(
        "deskhand.promises.targets:due_at", "minutes=minutes)", "minutes=minutes, days=since.weekday() // 5)"
    ),
    "S3.16": Break("deskhand.automation.sweeps:_close", "change.close()", "None"),
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
    "S4.7": Break("deskhand.portal.new_ticket:_received", "initial=values", "initial={}"),
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
    "S5.2": Break("portal/home.html", '{% elif block == "guide" and guide %}', "{% elif false %}"),
    "S5.3": Break(
        "deskhand.desk.address:way_back",
        "origin not in {_origin(_split(address)) for address in allowed}",
        "not allowed",
    ),
    "S5.4": Break("deskhand.portal.forms_account:SignInForm.__init__", '_("E-mail or username")', '_("E-mail")'),
    "S5.5": Break("deskhand.mail.wire:compose", "str(settings.MAIL_FROM)", '"root@localhost"'),
    "S5.6": Break(
        "portal/home.html",
        '?tab={{ settled_tab }}">{{ _("Closed tickets") }}</a></p>',
        '?tab={{ current_tab }}">{{ _("Closed tickets") }}</a></p>',
    ),
    "S5.7": Break("agency.yaml", "opens_in_steps: true", "opens_in_steps: false"),
    "S5.8": Break("deskhand.portal.new_ticket:_after", "#row-{ticket.number}", ""),
    "S5.9": Break("portal/ticket.html", "{{ ui.badge(category, status_name) }}", ""),
    "S5.10": Break("deskhand.tickets.queries:question", "if not message.is_question or", "if True or"),
    "S5.11": Break(
        "deskhand.notifications.recipients:_concerned", "(Hearer.ASSIGNEE, Reason.ASSIGNEE) if assignee else ", ""
    ),
    "S5.12": Break("deskhand.notifications.recipients:_queue", "return members", "return members[:1]"),
    "S5.13": Break("portal/_tickets.html", "{{ ui.badge(row.category, row.status) }}", ""),
    "S5.14": Break(
        "deskhand.notifications.telling:_told_from", "timedelta(seconds=settings.MAIL_GATHER_S)", "timedelta(0)"
    ),
    "S5.15": Break("deskhand.notifications.matrix:wants", "or kind not in person.mails_off", "or True"),
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
