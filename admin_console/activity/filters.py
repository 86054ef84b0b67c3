"""The log's filters: ranges, choices, and what is typed."""

from dataclasses import dataclass, replace

from django.http import QueryDict

from admin_console.activity.bars import part_name
from admin_console.activity.question import DEFAULT_RANGE, Question
from admin_console.activity.words import STATUSES
from admin_console.parts import Chip, Choice, FilterBar, Select, with_query
from admin_console.reach import tenant_selects
from admin_console.who import Viewer
from admin_console.words import TASKS
from metering.activity.status import TOO_MANY
from metering.models import LLMModel
from metering.reports.groupings import GROUPINGS

MOST_CHOICES = 300
TYPED = ("user", "team", "token", "provider", "class", "agent", "conversation", "tag", "microdao", "channel")
"""Filters that are typed, by their names in the address."""
HINTS = {
    "user": "ann@example.com",
    "team": "research",
    "token": "ati_1a2b3c4d",
    "provider": "openai",
    "class": "PRO_M",
    "tag": "project=apollo",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """A field of the form behind "More filters"."""

    name: str
    label: str
    hint: str
    value: str


def filters_of(query: QueryDict, viewer: Viewer, question: Question) -> FilterBar:
    """Two or three lists at most; everything else that filters is a chip."""
    labels = {name: GROUPINGS[name].title for name in (*TYPED, "feature")}
    labels |= {"cost_from": "Cost from $", "slower_than": "Slower than, seconds"}
    bar = FilterBar.of(
        query, ranges=True, default_range=DEFAULT_RANGE, selects=_selects(viewer), labels=labels
    )
    whole = FilterBar.of(_without_part(query), ranges=True, default_range=DEFAULT_RANGE)
    bar = replace(bar, ranges=whole.ranges).with_days(question.chosen.days)
    if "from" not in query and "to" not in query:
        return bar
    part = Chip(
        text=part_name(question.asked.since, question.asked.until, question.chosen.zone),
        url=with_query(query, **{"from": None, "to": None}),
    )
    return replace(bar, chips=(part, *bar.chips))


def more_filters(query: QueryDict, viewer: Viewer) -> list[Typed]:
    """What can be typed; a member is the only person of their own log."""
    names = TYPED if not viewer.own_only else tuple(name for name in TYPED if name != "user")
    fields = [
        Typed(name=name, label=GROUPINGS[name].title, hint=HINTS.get(name, ""), value=query.get(name, ""))
        for name in names
    ]
    return [
        *fields,
        Typed(name="cost_from", label="Cost from $", hint="0.25", value=query.get("cost_from", "")),
        Typed(name="slower_than", label="Slower than, s", hint="10", value=query.get("slower_than", "")),
    ]


def kept_beside(query: QueryDict, fields: list[Typed]) -> list[tuple[str, str]]:
    """What the form of these fields sends along as it is."""
    typed = {field.name for field in fields} | {"cursor", "q"}
    return [(name, value) for name in query if name not in typed for value in query.getlist(name)]


def _selects(viewer: Viewer) -> tuple[Select, ...]:
    outcomes = tuple(Choice(value=status.value, label=word) for status, (word, _) in STATUSES.items())
    outcomes += (Choice(value=TOO_MANY, label="refused by a limit (429)"),)
    tasks = tuple(Choice(value=code, label=name) for code, name in TASKS.items())
    names = LLMModel.objects.order_by("name").values_list("name", flat=True)[:MOST_CHOICES]
    models = tuple(Choice(value=name, label=name) for name in names)
    found = [
        Select(name="status", label="Outcome", choices=outcomes),
        Select(name="task", label="Task", choices=tasks),
        Select(name="model", label="Model", choices=models),
    ]
    return (*tenant_selects(viewer), *found)


def _without_part(query: QueryDict) -> QueryDict:
    """Another range is shown whole."""
    rest = query.copy()
    rest.pop("from", None)
    rest.pop("to", None)
    return rest
