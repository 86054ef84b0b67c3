"""Links to other pages of the console, with what they are to be filled in with."""

from django.urls import NoReverseMatch, reverse
from django.utils.http import urlencode


def page_url(name: str, *args: object, **query: object) -> str:
    """The address of a page with a query; empty where this console has no such page. Values of None are left out."""
    try:
        url = reverse(f"admin:{name}", args=args)
    except NoReverseMatch:
        return ""
    given = {key: str(value) for key, value in query.items() if value is not None}
    return f"{url}?{urlencode(given)}" if given else url
