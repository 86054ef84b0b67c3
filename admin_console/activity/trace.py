"""What every rule, budget and rate had said of a call, as a table: the deciding ones first."""

from collections.abc import Mapping, Sequence
from typing import Any

from admin_console.activity.words import rule_amount, rule_name
from admin_console.parts import Cell, Column, Row, Table
from admin_console.words import scope_word
from metering.activity.names import Names
from metering.decisions.decision import Standing
from metering.simulation.report import without_shared

ANSWERS: Mapping[str, tuple[str, str]] = {
    Standing.NO_ROOM: ("no room", "bad"),
    Standing.WOULD_DENY: ("would refuse", "warn"),
    Standing.HAS_ROOM: ("fits", "ok"),
    Standing.WARNS: ("only warns", "info"),
    Standing.OBSERVED: ("only observed", "info"),
    Standing.IN_FORCE: ("in force", ""),
    Standing.OVERRIDDEN: ("overridden", ""),
    Standing.NOT_TIGHTER: ("not tighter", ""),
    Standing.NOT_NOW: ("not now", ""),
}
ORDER = {standing: place for place, standing in enumerate(ANSWERS)}
QUIET = (Standing.OVERRIDDEN, Standing.NOT_TIGHTER, Standing.NOT_NOW)
"""Rules that had nothing to say; they are told by their number."""
MOST_ROWS = 40
COLUMNS = (
    Column(key="asked", title="Asked"),
    Column(key="limit", title="Limit", is_number=True, hides="mid"),
    Column(key="by", title="Set by", hides="mid"),
    Column(key="needed", title="Needed", is_number=True),
    Column(key="left", title="Left", is_number=True),
    Column(key="answer", title="Answer"),
)


def trace_table(trace: Sequence[Mapping[str, Any]], names: Names, *, with_shared: bool) -> Table | None:
    """None where nothing was kept. What tenants share is not told to one of them."""
    steps = [dict(step) for step in trace]
    told = steps if with_shared else [without_shared(step) for step in steps]
    loud = [step for step in told if step["outcome"] not in QUIET]
    loud.sort(key=lambda step: ORDER.get(step["outcome"], len(ORDER)))
    if not loud:
        return None
    rows = [_row(step, names) for step in loud[:MOST_ROWS]]
    rest = len(told) - len(rows)
    caption = "What the rules said"
    if rest:
        more = Cell(text=f"{rest} more rule{'s' if rest > 1 else ''} had nothing to add")
        rows.append(Row(cells=(more, *(Cell() for _ in COLUMNS[1:]))))
    return Table(columns=COLUMNS, rows=rows, caption=caption)


def _taken(step: Mapping[str, Any]) -> str:
    """What had been used and was held, where the message keeps it from the tenant."""
    if not step.get("shared") or step.get("used") is None:
        return ""
    rule = str(step["rule"])
    held = f", {rule_amount(rule, step['held'])} held" if step.get("held") is not None else ""
    return f"{rule_amount(rule, step['used'])} used{held}"


def set_by(source: str, names: Names) -> str:
    """`user 0192…` is the person's address."""
    scope, _, id_ = source.partition(" ")
    known = {str(pk): name for found in (names.users, names.teams) for pk, name in found.items()}
    known |= {str(pk): token.name or token.prefix for pk, token in names.tokens.items()}
    if len(id_) == 36:
        return known.get(id_, f"another {scope_word(scope)}")
    return f"{scope_word(scope)} {id_}".strip()


def _row(step: Mapping[str, Any], names: Names) -> Row:
    rule = str(step["rule"])
    word, tone = ANSWERS.get(step["outcome"], (str(step["outcome"]), ""))
    value, override = step["value"], step.get("override")
    small = f"{rule_amount(rule, override)} of it an override" if override else ""
    return Row(
        cells=(
            Cell(text=rule_name(rule)),
            Cell(text=rule_amount(rule, value), small=small),
            Cell(text=set_by(str(step["source"]), names)),
            Cell(text=rule_amount(rule, step.get("requested"))),
            Cell(text=rule_amount(rule, step.get("left")), small=_taken(step)),
            Cell(tag=word, tone=tone),
        )
    )
