"""Topics, answers, promises and quiet tickets in the simulation: what agents sort anew, and what time brings."""

from deskhand.automation import sweeps
from deskhand.tickets.changes import change_ticket
from deskhand.tickets.events import Kind, Via
from deskhand.tickets.models.choices import Priority, Topic
from deskhand.tickets.models.event import Event
from deskhand.tickets.models.field import Access
from tests import make
from tests.simulation.world import World, hold


def prepare() -> None:
    """Two more topics, fields of every audience, and promises."""
    crm = make.topic("CRM support", priority=Priority.objects.get(slug="high"))
    make.topic("Sync", parent=crm)
    make.field("brand")
    make.field("issue", crm)
    make.field("cost", customers=Access.HIDDEN)
    make.promises(urgent=60, high=240, medium=1440)


def answers(world: World) -> dict[str, object]:
    """Something for each field; what a topic does not ask is left out by the desk."""
    return {slug: world.rng.choice(["", "red", "blue"]) for slug in ("brand", "issue", "cost")}


def sort_anew(world: World) -> str:
    """Somebody who may do all sets the topic and the answers."""
    number, topic = world.number(), world.rng.choice(list(Topic.objects.order_by("pk")))
    given = answers(world)
    with change_ticket(world.ticket(number), by=world.facts.people["otto"], via=Via.STAFF, at=world.at) as change:
        change.set_topic(topic, given)
    asked = {"brand", "cost"} | ({"issue"} if topic.name in {"CRM support", "Sync"} else set())
    wanted = {slug: value for slug, value in given.items() if value and slug in asked}
    hold(world.ticket(number).fields == wanted, f"#{number} has {world.ticket(number).fields}, and was given {wanted}")
    return f"otto sorts #{number} under {topic} with {given}"


def sweep(world: World) -> str:
    """What the worker does twice a minute; afterward no promise is broken silently, and what is quiet is announced."""
    found = [one(at=world.at) for one in (sweeps.break_promises, sweeps.announce_closing, sweeps.close_quiet)]
    world.facts.read()
    replied = Event.objects.filter(kind=Kind.REPLIED, message__by_staff=True, by__isnull=False)
    answered = set(replied.values_list("ticket__number", flat=True))
    for number, row in world.facts.tickets.items():
        waits = row["is_unsolved"] and number not in answered
        due = row["first_response_due_at"]
        hold(row["overdue_since"] or not (waits and due and due < world.at), f"#{number} is late, and nobody says so")
        hold(waits or not row["overdue_since"], f"#{number} is overdue, and does not wait")
    return f"the sweeps find {found}"
