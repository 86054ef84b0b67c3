"""How amounts look in lists: money in US dollars, meters as bars."""

from collections.abc import Iterable
from typing import Any

from django.template.loader import render_to_string
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from metering.money import usd_text
from metering.types import Dimension

WARNING_PERCENT, CRITICAL_PERCENT = 80, 95


def money(nano_usd: int | None) -> str:
    """Exact US dollars of nano-USD."""
    if nano_usd is None:
        return "-"
    return f"-${usd_text(-nano_usd)}" if nano_usd < 0 else f"${usd_text(nano_usd)}"


def count(amount: int | None) -> str:
    return "-" if amount is None else f"{amount:,}"


def amount_of(dimension: str, amount: int | None) -> str:
    """An amount of a budget or a meter in the unit that people think in."""
    return money(amount) if dimension == Dimension.COST else count(amount)


def usage_bar(used: int, held: int, limit: int | None) -> SafeString | str:
    """Used and held as parts of the limit."""
    if not limit:
        return "-"
    percent = 100 * (used + held) / limit
    colour = (
        "bg-red-600" if percent >= CRITICAL_PERCENT else "bg-orange-500" if percent >= WARNING_PERCENT else ""
    )
    bar = render_to_string(
        "unfold/components/progress.html", {"value": f"{min(percent, 100):.0f}", "progress_class": colour}
    )
    return format_html(
        '<div class="flex gap-2 items-center w-32">{}<span>{}%</span></div>', bar, f"{percent:.0f}"
    )


def joined(parts: list[Any]) -> str:
    return ", ".join(str(part) for part in parts) or "-"


def links(pairs: Iterable[tuple[str, str]]) -> SafeString:
    """Titles and addresses as a line of links."""
    return format_html_join(
        ", ",
        '<a class="text-primary-600 dark:text-primary-500" href="{}">{}</a>',
        ((url, title) for title, url in pairs),
    )
