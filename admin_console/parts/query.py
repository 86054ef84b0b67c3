"""Addresses that keep what they do not change: the state of a page is its query."""

from collections.abc import Mapping

from django.http import QueryDict

PLACES = ("cursor", "page")
"""Where in a list a page begins."""


def with_query(query: QueryDict, **changes: str | None) -> str:
    """`?…` with these values in place of their names'; None takes a name away. What says where in the list a page
    begins goes: it was another list.

    `with_query(request.GET, sort="-cost")`. A name that is a keyword of Python: `**{"class": "PRO_M"}`.
    """
    return changed(query, changes)


def changed(query: QueryDict, changes: Mapping[str, str | None]) -> str:
    changed_query = query.copy()
    for place in PLACES:
        changed_query.pop(place, None)
    for name, value in changes.items():
        if value is None:
            changed_query.pop(name, None)
        else:
            changed_query[name] = value
    return f"?{changed_query.urlencode(safe='=:@/')}"


def without(query: QueryDict, name: str, value: str) -> str:
    """`?…` without one of a name's values."""
    changed_query = query.copy()
    for place in PLACES:
        changed_query.pop(place, None)
    changed_query.setlist(name, [other for other in query.getlist(name) if other != value])
    return f"?{changed_query.urlencode(safe='=:@/')}"
