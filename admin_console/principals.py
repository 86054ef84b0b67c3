"""A column that names who used something, for lists of rows that differ by team, user and token."""

from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery
from unfold.decorators import display

from admin_console.display import joined
from metering.models import ATIToken, Team, User

NAMES = {"team": (Team, "slug"), "user": (User, "email"), "token": (ATIToken, "prefix")}


def with_principals(rows: QuerySet[Any]) -> QuerySet[Any]:
    """The rows with the names of their team, user and token, in the same query."""
    return rows.annotate(
        **{
            f"{name}_name": Subquery(
                noun._default_manager.filter(pk=OuterRef(f"{name}_id")).order_by().values(field)[:1]
            )
            for name, (noun, field) in NAMES.items()
        }
    )


@display(description="Team, user, token")
def principals(row: Any) -> str:
    """Their names; of one that is gone, that it is."""
    shown = [
        getattr(row, f"{name}_name") or (f"a {name} that is gone" if getattr(row, f"{name}_id") else "")
        for name in NAMES
    ]
    return joined([name for name in shown if name])
