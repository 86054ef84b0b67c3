"""The filter bar: a GET form. What is chosen is in the address, and each choice can be taken back by its chip.

FilterBar.of(
    request.GET,
    ranges=True,
    selects=(Select(name="tenant", label="Tenant", choices=(Choice(value="alder", label="Alder"), …)),),
    labels={"model": "Model", "user": "User"},  # what else of the query filters, each a chip
    search="Name or address",  # a field for `q` (search.py)
)
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from django.http import QueryDict

from admin_console.parts.query import changed, without
from admin_console.parts.search import typed
from metering.reports.buckets import Days

RANGES = {"today": "Today", "7d": "7 days", "30d": "30 days", "month": "Month", "custom": "From … to …"}
DAYS_OF_RANGE = ("since", "until")


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    value: str
    label: str
    url: str = ""
    is_chosen: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Select:
    """The empty value, `any_label`, filters by nothing."""

    name: str
    label: str
    choices: tuple[Choice, ...]
    any_label: str = "All"
    value: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    text: str
    url: str
    """Where the filter is gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterBar:
    ranges: tuple[Choice, ...] = ()
    selects: tuple[Select, ...] = ()
    chips: tuple[Chip, ...] = ()
    is_custom: bool = False
    since: str = ""
    until: str = ""
    kept: tuple[tuple[str, str], ...] = ()
    """What the form sends along as it is."""
    search: str = ""
    """What can be looked for, shown in the empty field; empty: there is no field."""
    words: str = ""
    """What is looked for."""
    switches: tuple[Choice, ...] = ()
    """Links beside the form, such as `Over 80 %`."""

    @classmethod
    def of(
        cls,
        query: QueryDict,
        *,
        ranges: bool = False,
        default_range: str = "30d",
        only_ranges: tuple[str, ...] = tuple(RANGES),
        selects: tuple[Select, ...] = (),
        labels: Mapping[str, str] | None = None,
        search: str = "",
        switches: tuple[Choice, ...] = (),
    ) -> "FilterBar":
        """`labels` are names of filters without a select, with their words; `switches` bring their own addresses."""
        chosen = query.get("range", default_range)
        own = {select.name for select in selects} | {"cursor", "page"}
        own |= set(DAYS_OF_RANGE) if chosen == "custom" and ranges else set()
        own |= {"q"} if search else set()
        return cls(
            ranges=_ranges(query, chosen, only_ranges) if ranges else (),
            selects=tuple(replace(select, value=query.get(select.name, "")) for select in selects),
            chips=_chips(query, {**(labels or {}), **({"q": "Search"} if search else {})}),
            is_custom=ranges and chosen == "custom",
            since=query.get("since", ""),
            until=query.get("until", ""),
            kept=tuple((name, value) for name in query if name not in own for value in query.getlist(name)),
            search=search,
            words=typed(query),
            switches=switches,
        )

    def with_days(self, days: Days) -> "FilterBar":
        """The fields of a range have these days where the address says none."""
        return replace(
            self, since=self.since or days.first.isoformat(), until=self.until or days.last.isoformat()
        )

    @property
    def has_form(self) -> bool:
        return bool(self.selects or self.is_custom or self.search)


def _ranges(query: QueryDict, chosen: str, only: tuple[str, ...]) -> tuple[Choice, ...]:
    return tuple(
        Choice(
            value=value,
            label=label,
            url=changed(
                query, {"range": value, **(dict.fromkeys(DAYS_OF_RANGE) if value != "custom" else {})}
            ),
            is_chosen=value == chosen,
        )
        for value, label in RANGES.items()
        if value in only
    )


def _chips(query: QueryDict, labels: Mapping[str, str]) -> tuple[Chip, ...]:
    return tuple(
        Chip(text=f"{label}: {value}", url=without(query, name, value))
        for name, label in labels.items()
        for value in query.getlist(name)
        if value
    )
