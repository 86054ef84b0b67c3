"""Which units there are: how long each lasts, and by what its rows tell usage apart.

Days are added up at four levels, each of which tells more apart and has more rows; a report reads the first that
suffices. Quarters of an hour, from which a day in any zone can be put together, have the first three.
"""

from datetime import timedelta
from enum import IntEnum

QUARTER = timedelta(minutes=15)
"""Every zone in use begins its days on one."""
ANY_ZONE = ""
"""The zone of quarters."""


class Level(IntEnum):
    """How much is told apart."""

    TENANTS = 1
    PEOPLE = 2
    LABELS = 3
    CONVERSATIONS = 4


_TENANTS = ("task", "request_model", "model_class", "provider_name")
_PEOPLE = (*_TENANTS, "team_id", "user_id", "token_id")
_LABELS = (*_PEOPLE, "agent_id", "microdao_id", "channel_id", "tags")
COLUMNS = {
    Level.TENANTS: _TENANTS,
    Level.PEOPLE: _PEOPLE,
    Level.LABELS: _LABELS,
    Level.CONVERSATIONS: (*_LABELS, "conversation_id"),
}
"""What each level tells apart besides the tenant."""
ALL_COLUMNS = COLUMNS[Level.CONVERSATIONS]
OF_QUARTERS = (Level.TENANTS, Level.PEOPLE, Level.LABELS)


def level_for(columns: set[str]) -> Level:
    """The first level that tells these columns apart."""
    wanted = columns - {"tenant_id"}
    return next(level for level in Level if wanted <= set(COLUMNS[level]))
