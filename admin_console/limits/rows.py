"""Rules and budgets below a tenant, as a list tells them."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from admin_console.parts import Column
from admin_console.people.tabs import address
from admin_console.sentences import when_words
from admin_console.subject_names import names_of, whom
from admin_console.who import Viewer
from admin_console.wording import usd_exact
from admin_console.words import dimension_word, key_word, task_word, value_word, window_word
from metering.models import Budget, PolicyRule, Tenant
from metering.policy.edit.may_edit import BUDGET_SCOPES, Editor, may_change
from metering.types import Dimension, Setter

MOST = 1_000
COLUMNS = (Column(key="whom", title="For", sorts=True), Column(key="limit", title="Limit", sorts=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One limit in force."""

    id: UUID
    noun: str
    """`budget` or `rule`."""
    whom: str
    what: str
    only: str
    """Which calls it is about; empty: all."""
    set_by: str
    is_own: bool
    """Whether the viewer may change and lift it."""
    change_url: str
    """Empty where it can only be lifted."""
    place: tuple[str, ...]
    """By what limits are sorted: alike ones beside each other, the smaller first."""


def lines_of(tenant: Tenant, viewer: Viewer, editor: Editor) -> list[Line]:
    """Those in force for teams, people, tokens and others of the tenant, and who sets them."""
    narrow = {"tenant": tenant, "is_active": True, "scope__in": [scope.value for scope in BUDGET_SCOPES]}
    rows: list[Budget | PolicyRule] = [
        *Budget.objects.filter(**narrow).select_related("tenant")[:MOST],
        *PolicyRule.objects.filter(**narrow).select_related("tenant")[:MOST],
    ]
    names = names_of({(row.scope, row.scope_id) for row in rows})
    lines = [_line(row, viewer, editor, whom(row.scope, None, row.scope_id, names)) for row in rows]
    return sorted(lines, key=BY["whom"])


BY: Mapping[str, Callable[[Line], tuple[str, ...]]] = {
    "whom": lambda line: (line.whom.lower(), *line.place),
    "limit": lambda line: (*line.place, line.whom.lower()),
}


def _line(row: Budget | PolicyRule, viewer: Viewer, editor: Editor, whose: str) -> Line:
    noun = "budget" if isinstance(row, Budget) else "rule"
    is_mine = row.set_by == editor.set_by  # what others set, an operator lifts and sets anew
    assert row.tenant is not None  # noqa: S101 # the filter is by tenant
    return Line(
        id=row.pk,
        noun=noun,
        whom=whose,
        what=budget_words(row) if isinstance(row, Budget) else rule_words(row),
        only=_only(row),
        set_by="the gateway's operators" if row.set_by == Setter.OPERATOR else "your tenant",
        is_own=may_change(editor, row),
        change_url=address(f"limit_{noun}", viewer, row.tenant, of=str(row.pk)) if is_mine else "",
        place=_place(row),
    )


def _place(row: Budget | PolicyRule) -> tuple[str, ...]:
    if isinstance(row, Budget):
        return "budget", row.dimension, row.window, f"{row.amount:020}"
    return "rule", row.key, rule_words(row)


def budget_words(row: Budget) -> str:
    """`$5.00 cost a day`, `2,000 calls a month, warns only`."""
    is_cost = row.dimension == Dimension.COST
    amount = usd_exact(row.amount) if is_cost else f"{row.amount:,} {dimension_word(row.dimension)}"
    return f"{amount} {window_word(row.window)}" + ("" if row.hard else ", warns only")


def rule_words(row: PolicyRule) -> str:
    """Return a rule in words: `Tokens out: 8,000 tokens`."""
    return f"{key_word(row.key)}: {value_word(row.key, row.value)}"


def _only(row: Budget | PolicyRule) -> str:
    parts: Iterable[str] = (
        task_word(row.task_id),
        f"{row.model_class_id} models" if isinstance(row, Budget) and row.model_class_id else "",
        when_words(row.conditions) if isinstance(row, PolicyRule) else "",
        "" if row.mode == "enforce" else f"only {'noted' if row.mode == 'observe' else 'warned of'}",
    )
    return ", ".join(filter(None, parts))
