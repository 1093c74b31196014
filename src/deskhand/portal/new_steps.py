"""The first of two steps: the area and the issue type (S5.7). By GET alone, so that going back is safe."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from deskhand.desk.models import Desk
from deskhand.tickets import queries
from deskhand.tickets.models.choices import Topic
from deskhand.tickets.queries import TopicChoice


@dataclass(frozen=True, slots=True)
class Area:
    """A topic at the top of the tree, and the issue types below it, however deep."""

    topic: Topic
    types: list[TopicChoice]

    @property
    def field(self) -> str:
        """What the form calls its issue type: each area has a choice of its own, of which the chosen area's counts."""
        return f"type_{self.topic.pk}"


@dataclass(frozen=True, slots=True)
class Choice:
    """What was chosen so far: an area, in it a type (its key as text), the topic that both make, and what is missing."""

    area: Area
    type: str = ""
    topic: Topic | None = None
    error: str = ""


def areas() -> list[Area]:
    """The tree as two steps see it."""
    found: list[Area] = []
    for choice in queries.topic_choices():
        if choice.depth == 0:
            found.append(Area(choice.topic, []))
        else:
            found[-1].types.append(choice)
    return found


def has_first_step(desk: Desk) -> bool:
    """Is there something to choose first? One area without types is none."""
    return desk.opens_in_steps and len(queries.topic_choices()) > 1


def chosen(given: Mapping[str, str], found: list[Area]) -> Choice:
    """What an address says: `?area=3&type_3=7`; an area that has types needs one of them.

    `?change=7` goes back to what was chosen before; without either the desk's default topic is preselected (S4.5).
    """
    if "area" not in given:
        before = given.get("change", "") or str(_default(found).pk)
        return Choice(next((area for area in found if before in _keys(area)), found[0]), before)
    area = next((area for area in found if str(area.topic.pk) == given["area"]), None)
    if area is None:
        return Choice(found[0], error=_("Choose what it is about."))
    if not area.types:
        return Choice(area, topic=area.topic)
    key = given.get(area.field, "")
    topic = next((each.topic for each in area.types if str(each.topic.pk) == key), None)
    return Choice(
        area, key, topic, "" if topic else _("Choose one from the list, so that it reaches the right people.")
    )


def _keys(area: Area) -> set[str]:
    return {str(area.topic.pk), *(str(each.topic.pk) for each in area.types)}


def _default(found: list[Area]) -> Topic:
    topics = [topic for area in found for topic in (area.topic, *(each.topic for each in area.types))]
    return next((topic for topic in topics if topic.is_default), topics[0])
