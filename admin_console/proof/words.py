"""Shares and causes as the pages of proof write them."""

from collections.abc import Mapping
from decimal import ROUND_FLOOR, Decimal

from admin_console.wording import NOTHING, SPACE, usd
from metering.reconciliation.causes import Cause

WORDS = {
    Cause.ROUNDING: "rounding",
    Cause.DAY_EDGE: "calls around midnight",
    Cause.PRICED_OTHERWISE: "another price",
    Cause.ESTIMATED: "estimated by us",
    Cause.CUT: "answers that broke off",
    Cause.OTHER_KEYS: "other keys",
    Cause.FOREIGN: "calls past the gateway",
    Cause.UNEXPLAINED: "unexplained",
}


def fine_percent(share: Decimal | None) -> str:
    """Three digits after the point, rounded down: what is asked for is 99.95 %."""
    if share is None:
        return NOTHING
    return f"{(100 * share).quantize(Decimal('0.001'), ROUND_FLOOR)}{SPACE}%"


def causes_text(causes: Mapping[str, int]) -> str:
    """`another price $1.20, rounding <$0.01`, the largest first."""
    known = {cause.value: words for cause, words in WORDS.items()}
    most = sorted(causes.items(), key=lambda item: -abs(item[1]))
    return ", ".join(f"{known.get(name, name)} {usd(amount)}" for name, amount in most)
