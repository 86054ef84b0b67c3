"""Columns that hold ids, JSON or nano-USD, as lists and pages show them: names, links, words and dollars.

`readable` gives what Django shows in place of a column's name. Names are looked up for a whole page at once, by
`prepare`.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.core.exceptions import FieldDoesNotExist
from django.db.models import DateTimeField, Field, ForeignKey, JSONField, Model, UUIDField
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html, format_html_join
from unfold.decorators import display

from admin_console.display import moment
from admin_console.labels import label_of
from admin_console.subject_names import Pair, names_of
from admin_console.wording import usd_exact, when
from admin_console.words import plain, task_word
from admin_console.zone import UTC
from metering.ids import is_uuid7, time_ms_of
from metering.models import Team, User
from metering.types import Scope

ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
WHO: Mapping[str, str] = {
    "tenant_id": Scope.TENANT,
    "user_id": Scope.USER,
    "team_id": Scope.TEAM,
    "token_id": Scope.TOKEN,
}
"""Columns of ids that are no foreign keys, and of whom."""
LED_TO: Mapping[str, str] = {
    "reservation_id": "usagereservation",
    "decision_id": "policydecision",
    "budget_id": "budget",
    "rule_id": "policyrule",
    "job_id": "taskjob",
}
"""Columns of ids of other rows: a link says what it leads to."""
KIND_OF = {"subject_id": "subject_type", "scope_id": "scope", "object_id": "object_type"}
"""Columns whose ids are of whatever another column says."""
CALLED: Mapping[str, str] = {
    "provider_name": "Vendor",
    "request_model": "Model",
    "response_model": "Model that answered",
}
"""Columns that people call otherwise."""
NOUNS: Mapping[str, str] = {
    "Tenant": Scope.TENANT,
    "Team": Scope.TEAM,
    "User": Scope.USER,
    "ATIToken": Scope.TOKEN,
    "Plan": Scope.PLAN,
}
Shown = str | Callable[[Any], Any]


def readable(model: type[Model], name: Any, *, in_list: bool) -> Shown | None:
    """What stands for a column: its name, or a column in words. None: nothing for people."""
    if not isinstance(name, str):
        return name  # type: ignore[no-any-return]
    try:
        field = model._meta.get_field(name)
    except FieldDoesNotExist:
        return name
    return _column(field, in_list) if isinstance(field, Field) else name


def title_of_row(row: Model) -> str:
    """What the page of a row is called."""
    text = label_of(row)
    return text if not ID.search(text) else f"{str(row._meta.verbose_name).capitalize()} of {made(row)}"


def made(row: Any) -> str:
    """When a row came to be, by its id or its first moment; empty if nothing tells."""
    if isinstance(row.pk, UUID) and is_uuid7(row.pk):
        return when(datetime.fromtimestamp(time_ms_of(row.pk) / 1000, UTC), UTC)
    for field in row._meta.concrete_fields:
        if isinstance(field, DateTimeField) and (at := getattr(row, field.attname)) is not None:
            return when(at, UTC)
    return ""


def prepare(rows: Iterable[Any]) -> None:
    """Looks the names of all the rows' ids up at once."""
    found = list(rows)
    pairs = {pair for row in found for pair in _pairs(row)}
    names = names_of(pairs) if pairs else {}
    for row in found:
        row.names_of_ids = names


def _pairs(row: Any) -> Iterator[Pair]:
    columns = {field.attname for field in row._meta.concrete_fields if not isinstance(field, ForeignKey)}
    for column, kind in WHO.items():
        if column in columns and column != "tenant_id" and (value := row.__dict__.get(column)) is not None:
            yield str(kind), str(value)
    for column, of in KIND_OF.items():
        if column in columns and of in columns and (pair := _pair_of(row, column, of)) is not None:
            yield pair


def _pair_of(row: Any, column: str, of: str) -> Pair | None:
    kind, text = row.__dict__.get(of), row.__dict__.get(column)
    return (str(NOUNS.get(kind, kind)), str(text)) if kind and text else None


def _name(row: Any, pair: Pair) -> str:
    names = getattr(row, "names_of_ids", None)
    if names is None or pair not in names:
        names = names_of([pair])
    name = names.get(pair, "")
    return "" if ID.search(name) else name


@lru_cache(maxsize=2048)
def _column(field: Any, in_list: bool) -> Shown | None:
    """How a field of a row is shown: as a function of the row, or (its name) as Django does; None: not at all."""
    name = field.name
    if field.primary_key and isinstance(field, UUIDField):
        return _made_column if in_list else None
    if name in WHO and name != "tenant_id":
        return _described(name.removesuffix("_id"), lambda row: _who(row, name))
    if name in KIND_OF:
        return _described(plain(name.removesuffix("_id")), lambda row: _subject(row, name))
    if name in LED_TO and isinstance(field, UUIDField):
        return _described(plain(name.removesuffix("_id")), lambda row: _link(row, name))
    if isinstance(field, ForeignKey):
        return (
            _described(plain(name), lambda row: _related(row, name))
            if not in_list or _has_ids(field)
            else name
        )
    if isinstance(field, DateTimeField):
        return moment(name)
    if name == "task":
        return _described("Task", lambda row: task_word(row.task) or "-", ordering=name)
    if name in CALLED:
        return _described(CALLED[name], lambda row: getattr(row, name) or "-", ordering=name)
    if isinstance(field, JSONField):
        return _described(plain(name), lambda row: words_of(getattr(row, name)))
    if name == "reported":
        return _described("As the vendor reported it", lambda row: _words_of_text(row.reported))
    if name.endswith("_nano_usd"):
        return _described(plain(name.removesuffix("_nano_usd")), lambda row: usd_exact(getattr(row, name)))
    if isinstance(field, UUIDField) and name != "tenant_id":
        return None
    return name  # type: ignore[no-any-return]


def _has_ids(field: ForeignKey) -> bool:
    """Whether the rows that it leads to are known by ids alone."""
    key: Any = field.target_field
    return isinstance(key, UUIDField)


def _described(title: str, shown: Callable[[Any], Any], ordering: str | None = None) -> Callable[[Any], Any]:
    title = title[:1].upper() + title[1:]
    column: Callable[[Any], Any] = display(description=title, ordering=ordering)(shown)
    return column


@display(description="Made")
def _made_column(row: Any) -> str:
    return format_html('<span class="whitespace-nowrap">{}</span>', made(row) or "open")


def _who(row: Any, name: str) -> str:
    value = getattr(row, name)
    return "-" if value is None else _name(row, (str(WHO[name]), str(value)))


def _subject(row: Any, name: str) -> str:
    pair = _pair_of(row, name, KIND_OF[name])
    if pair is None:
        return "-"
    return _name(row, pair) or "-"


def _link(row: Any, name: str) -> str:
    value = getattr(row, name)
    if value is None:
        return "-"
    try:
        url = reverse(f"admin:metering_{LED_TO[name]}_change", args=(value,))
    except NoReverseMatch:
        return "-"
    style = "text-primary-600 dark:text-primary-500"
    return format_html('<a class="{}" href="{}">open the {}</a>', style, url, plain(name.removesuffix("_id")))


def _related(row: Any, name: str) -> str:
    other = getattr(row, name)
    if isinstance(other, User | Team):  # whose full names ask for their tenants
        return str(other)
    return "-" if other is None else title_of_row(other)


def _words_of_text(text: str) -> Any:
    """Of what a vendor has written, which may be cut off."""
    try:
        return words_of(json.loads(text)) if text else "-"
    except ValueError:
        return re.sub(r'[{}\[\]"]', "", text)


def words_of(value: Any) -> Any:
    """Return JSON as lines of words."""
    lines = list(_lines("", value))
    return format_html_join("", "<div>{}</div>", ((line,) for line in lines)) if lines else "-"


def _lines(path: str, value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, each in value.items():
            yield from _lines(f"{path}, {plain(str(key))}" if path else plain(str(key)), each)
    elif isinstance(value, list) and any(isinstance(each, Mapping | list) for each in value):
        for each in value:
            yield from _lines(path, each)
    else:
        text = _text(value)
        yield f"{path}: {text}" if path else text


def _text(value: Any) -> str:
    if isinstance(value, list):
        return " to ".join(_text(each) for each in value) if len(value) == 2 else ", ".join(map(_text, value))
    if value is None or value == "":
        return "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ID.sub("(an id)", str(value))
