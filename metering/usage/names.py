"""What people call the users, teams and tokens of a report."""

from typing import Any

from metering.models import ATIToken, Team, User

_NAMES: dict[str, tuple[Any, str]] = {
    "user": (User.objects, "email"),
    "team": (Team.objects, "slug"),
    "token": (ATIToken.objects, "prefix"),
}


def with_names(rows: list[dict[str, Any]], *, by: str) -> list[dict[str, Any]]:
    """The rows with `name`: a user's address, a team's slug, a token's prefix; else, and once deleted, None."""
    names: dict[Any, str] = {}
    if by in _NAMES:
        manager, column = _NAMES[by]
        ids = [row[by] for row in rows if row[by] is not None]
        names = dict(manager.filter(pk__in=ids).values_list("pk", column))
    return [{by: row[by], "name": names.get(row[by]), **row} for row in rows]
