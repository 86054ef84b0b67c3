"""Addresses of pages with their filters, so that a figure leads to the rows behind it."""

from datetime import date
from urllib.parse import urlencode

from admin_console.addresses import address_of
from admin_console.pages import AUDIENCE_OF


def to_page(name: str, **query: str | None) -> str:
    """A page with these filters, without those that are empty: `to_page("activity", tenant="alder", range="7d")`.

    A filter whose name is a keyword of Python: `**{"class": "PRO_M"}`. Empty where there is no such page.
    """
    if name not in AUDIENCE_OF:
        return ""
    kept = {key: value for key, value in query.items() if value}
    return f"{address_of(f'admin:{name}')}{f'?{urlencode(kept)}' if kept else ''}"


def days(first: date, last: date | None = None) -> dict[str, str]:
    """A range of days as filters."""
    return {"range": "custom", "since": first.isoformat(), "until": (last or first).isoformat()}
