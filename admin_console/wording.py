"""How amounts, shares and moments are written on the console's pages: each kind in one way.

Templates use the same functions as filters (`templatetags/console.py`).
"""

from datetime import date, datetime, tzinfo
from decimal import ROUND_HALF_UP, Decimal

from metering.money import NANO_PER_USD, usd_text
from metering.types import Dimension

NOTHING = "-"
CENT = NANO_PER_USD // 100
SPACE = "\N{NO-BREAK SPACE}"


def usd(nano_usd: int | None) -> str:
    """US dollars to the cent, for lists and figures; what is less than a cent says so: `$1,204.61`, `<$0.01`."""
    if nano_usd is None:
        return NOTHING
    if 0 < abs(nano_usd) < CENT:
        return f"{'-' if nano_usd < 0 else ''}<$0.01"
    cents = (Decimal(abs(nano_usd)) / NANO_PER_USD).quantize(Decimal("0.01"), ROUND_HALF_UP)
    return f"{'-' if nano_usd < 0 else ''}${cents:,}"


def usd_exact(nano_usd: int | None) -> str:
    """US dollars to the last digit, with cents at least: `$0.015787`."""
    if nano_usd is None:
        return NOTHING
    whole, _, decimals = usd_text(abs(nano_usd)).partition(".")
    return f"{'-' if nano_usd < 0 else ''}${int(whole):,}.{decimals:0<2}"


def count(amount: int | None) -> str:
    """Return a whole number as people read it: `17,571`."""
    return NOTHING if amount is None else f"{amount:,}"


def amount_of(dimension: str, amount: int | None) -> str:
    """An amount of a budget in the unit that people think in, to the cent where it is money."""
    return usd(amount) if dimension == Dimension.COST else count(amount)


def percent(fraction: float | Decimal | None) -> str:
    """A fraction as a percentage: 0.0136 is `1.4 %`."""
    return NOTHING if fraction is None else f"{100 * fraction:.1f}{SPACE}%"


def share(part: int | None, whole: int | None) -> str:
    """A part of a whole as a percentage: `38.2 %`."""
    return NOTHING if part is None or not whole else percent(Decimal(part) / whole)


def change(now: int | None, before: int | None) -> str:
    """How far a figure has moved: `▲ 12.2 %`, `▼ 4.7 %`, `no change`; `new` where there was nothing before."""
    if now is None or before is None:
        return NOTHING
    if not before:
        return "new" if now else "no change"
    moved = Decimal(now - before) / abs(before)
    if abs(moved) < Decimal("0.0005"):
        return "no change"
    return f"{'▲' if moved > 0 else '▼'}{SPACE}{percent(abs(moved))}"


def when(moment: datetime | None, zone: tzinfo) -> str:
    """A moment to the second, as every list shows it, in the zone that the page names: `Thu 26 Nov 2026, 14:32:05`."""
    if moment is None:
        return NOTHING
    local = moment.astimezone(zone)
    return f"{day(local.date())}, {local:%H:%M:%S}"


def day(date_: date) -> str:
    """Return a day as people read it: `Thu 26 Nov 2026`."""
    return f"{date_:%a} {date_.day} {date_:%b %Y}".replace(" ", SPACE)


def short_day(date_: date) -> str:
    """Under a chart's axis, where the year is known: `26 Nov`."""
    return f"{date_.day}{SPACE}{date_:%b}"


def duration(seconds: float | None) -> str:
    """How long something takes or is still to come: `0.8 s`, `48 s`, `9 h 28 min`, `3 days`."""
    if seconds is None:
        return NOTHING
    if seconds < 10:
        return f"{seconds:.1f}{SPACE}s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole}{SPACE}s"
    minutes = whole // 60
    if minutes < 60:
        return f"{minutes}{SPACE}min"
    hours, rest = divmod(minutes, 60)
    if hours < 48:
        return f"{hours}{SPACE}h {rest}{SPACE}min" if rest else f"{hours}{SPACE}h"
    return f"{hours // 24}{SPACE}days"
