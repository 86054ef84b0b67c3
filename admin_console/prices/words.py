"""What differs between two prices, in words and percent."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from admin_console.fields.amount import Unit, shown_amount
from admin_console.fields.price_levers import TOKEN_LABELS, TOOL_LABELS
from admin_console.sentences import when_words
from metering.price import TOKEN_PRICES

LABELS: Mapping[str, str] = {
    **TOKEN_LABELS,
    "tiers": "Long inputs",
    "service_tiers": "Service tiers",
    "hours": "Hours",
    "per_call": "A call",
    "per_image": "A picture",
    "tools": "Tools",
}
LEVERS = {
    "tiers": "long inputs",
    "service_tiers": "service tiers",
    "hours": "hours",
    "per_call": "a fee a call",
    "per_image": "a fee a picture",
    "tools": "tools",
}


def lever_words(modifiers: Any) -> str:
    """What moves a price besides tokens, in short."""
    return ", ".join(words for name, words in LEVERS.items() if name in modifiers)


def amount_words(field: str, value: Any) -> str:
    """One side of a difference; what moves a price besides tokens as a phrase."""
    if value in (None, "", [], {}):
        return "none"
    if field in TOKEN_PRICES or field in ("per_call", "per_image"):
        return _dollars(value)
    return "; ".join(_each(field, value))


def percent_words(old: Any, new: Any) -> str:
    """How far an amount moves: `▲ 12.5 %`; empty for what is not an amount."""
    try:
        before, after = Decimal(str(old)), Decimal(str(new))
    except ArithmeticError:
        return ""
    if not before or before == after:
        return ""
    moved = 100 * (after - before) / before
    return f"{'▲' if moved > 0 else '▼'} {abs(moved).quantize(Decimal('0.1'))} %"


def _each(field: str, value: Any) -> Iterable[str]:
    if field == "tiers":
        for above in value:
            amounts = ", ".join(
                f"{TOKEN_LABELS[name].lower()} {_dollars(above[name])}"
                for name in TOKEN_PRICES
                if above.get(name)
            )
            yield f"above {above['from_tokens']:,} tokens {amounts}"
    elif field == "hours":
        for span in value:
            when = when_words({"days": span.get("days", []), "hours": f"{span['from']}-{span['to']}"})
            yield f"{when} UTC {span['factor']} times"
    elif field == "service_tiers":
        yield from (f"{name} {factor} times" for name, factor in value.items())
    else:
        yield from (f"{TOOL_LABELS.get(name, name).lower()} {_dollars(fee)}" for name, fee in value.items())


def _dollars(value: Any) -> str:
    return shown_amount(Decimal(str(value)), Unit.DOLLARS)
