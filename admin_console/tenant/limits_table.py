"""The limits in force for somebody, as a table: value, who sets it, what it takes the place of, and after an edit."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from uuid import UUID

from django.urls import reverse

from admin_console.wording import amount_of, short_day
from admin_console.words import (
    choice_word,
    dimension_word,
    each_word,
    key_word,
    scope_word,
    task_word,
    value_word,
    window_word,
)
from metering.ledger.commands import ALWAYS
from metering.rules.registry import REGISTRY
from metering.simulation.effective_limits import EffectiveLimit, SetBy
from metering.types import EnforcementMode

Url = Callable[[EffectiveLimit], str]
MODES = {EnforcementMode.OBSERVE: "only noted", EnforcementMode.WARN: "only warns"}


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitLine:
    """One limit in words."""

    title: str
    small: str
    """Which tasks and whose use it is about; empty: all calls of whoever asks."""
    value: str
    set_by: str
    set_by_url: str
    tags: tuple[str, ...]
    in_place_of: str
    since: str
    not_now: tuple[str, ...]
    change_url: str
    after: str
    """Its value after an edit; empty: as it is, or nothing is tried."""
    after_small: str
    """Where the value stays: what it would take the place of after the edit, if that changes."""


def limit_lines(
    limits: Iterable[EffectiveLimit],
    *,
    zone: tzinfo,
    after: Sequence[EffectiveLimit] | None = None,
    change_url: Url = lambda limit: "",
    links_sources: bool = False,
) -> list[LimitLine]:
    """`after` are the limits as they would be. `links_sources`: whoever looks may open every rule and budget."""
    limits = list(limits)
    later = _by_place(after) if after is not None else None
    lines = [
        _line(
            limit,
            zone,
            _after(limit, later),
            change_url(limit),
            links_sources=links_sources,
            after_small=_after_small(limit, later),
        )
        for limit in limits
    ]
    known = {place for limit in limits for place in _places(limit)}
    for limit in after or ():
        if not known.issuperset(_places(limit)):  # there is no such limit now
            lines.append(_line(limit, zone, value_of(limit), "", links_sources=False, is_new=True))
    return lines


def value_of(limit: EffectiveLimit, source: SetBy | None = None) -> str:
    """A value with its unit, as people read it."""
    value = (source or limit.set_by).value
    if limit.is_budget:
        return amount_of(limit.key.partition("/")[0], int(value))
    return value_word(limit.key, value)


def title_of(limit: EffectiveLimit) -> str:
    if not limit.is_budget:
        return key_word(limit.key)
    dimension, _, window = limit.key.partition("/")
    return f"{dimension_word(dimension).capitalize()} {window_word(window)}"


def _line(
    limit: EffectiveLimit,
    zone: tzinfo,
    after: str,
    change_url: str,
    *,
    links_sources: bool,
    is_new: bool = False,
    after_small: str = "",
) -> LimitLine:
    source, replaced = limit.set_by, _replaced(limit)
    tags = ["tighter"] if limit.is_tighter else []
    if limit.mode is not EnforcementMode.ENFORCE:
        tags.append(MODES[limit.mode])
    if source.when:
        tags.append(source.when)
    return LimitLine(
        title=title_of(limit),
        small=", ".join(_about(limit)),
        value="" if is_new else value_of(limit),
        set_by=source.name,
        set_by_url=_url(limit, source.id) if links_sources and source.id is not None else "",
        tags=tuple(tags),
        in_place_of=replaced,
        since=_since(source, zone),
        not_now=tuple(f"{value_of(limit, each)} by {each.name}, {each.when}" for each in limit.not_now),
        change_url=change_url,
        after=after,
        after_small=after_small,
    )


def _replaced(limit: EffectiveLimit) -> str:
    return ", ".join(f"{each.name}: {value_of(limit, each)}" for each in limit.in_place_of[:2])


def _about(limit: EffectiveLimit) -> Iterable[str]:
    if limit.tasks:
        yield ", ".join(task_word(task) for task in limit.tasks)
    if limit.is_budget:
        yield (
            each_word(limit.counted_for)
            if limit.set_by.name.startswith("plan ")
            else f"all calls of the {scope_word(limit.counted_for)}"
        )
    elif limit.counted_for in ("team", "user", "token"):
        yield f"of the {scope_word(limit.counted_for)}"
    if limit.model_class:
        yield f"{limit.model_class} models"


def _since(source: SetBy, zone: tzinfo) -> str:
    if source.since is None or source.since == ALWAYS:
        return ""
    return short_day(source.since.astimezone(zone).date())


def _url(limit: EffectiveLimit, row: UUID) -> str:
    noun = "budget" if limit.is_budget else "policyrule"
    return reverse(f"admin:metering_{noun}_change", args=[row])


Place = tuple[tuple[str, str, str, str], str]


def _places(limit: EffectiveLimit) -> list[Place]:
    """The limit in each of its tasks."""
    spec = REGISTRY.get(limit.key)
    tasks = limit.tasks or (tuple(task.value for task in spec.tasks) if spec is not None else ("",))
    return [(limit.identity, task) for task in tasks]


def _by_place(limits: Iterable[EffectiveLimit]) -> Mapping[Place, EffectiveLimit]:
    return {place: limit for limit in limits if _counts(limit) for place in _places(limit)}


def _counts(limit: EffectiveLimit) -> bool:
    return limit.mode is EnforcementMode.ENFORCE


def _after(limit: EffectiveLimit, later: Mapping[Place, EffectiveLimit] | None) -> str:
    if later is None or not _counts(limit):
        return ""
    found = {later.get(place) for place in _places(limit)}
    values = {"no limit" if other is None else value_of(other) for other in found}
    return "" if values == {value_of(limit)} else " or ".join(sorted(values))


def _after_small(limit: EffectiveLimit, later: Mapping[Place, EffectiveLimit] | None) -> str:
    """Of a limit that keeps its value, because another rule counts at the moment."""
    if later is None or _after(limit, later):
        return ""
    found = {_replaced(other) for place in _places(limit) if (other := later.get(place)) is not None}
    changed = sorted(found - {_replaced(limit), ""})
    return f"in place of {' or '.join(changed)}" if changed else ""


def choices_of(key: str) -> list[tuple[str, str]]:
    """The values that a key of choices can have, in words."""
    spec = REGISTRY.get(key)
    return [(choice, choice_word(key, choice)) for choice in spec.choices] if spec is not None else []
