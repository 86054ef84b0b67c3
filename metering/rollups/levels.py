"""Which units there are: how long each lasts, and by what its rows tell usage apart.

Units are added up at ten levels, of which each tells other things apart; a report reads the first that suffices,
which is the one with the fewest rows.
"""

from datetime import timedelta
from enum import IntEnum

QUARTER = timedelta(minutes=15)
"""Every zone in use begins its days on one."""
ANY_ZONE = ""
"""The zone of quarters."""


class Level(IntEnum):
    """How much rollups tell apart: COLUMNS lists the columns of each level."""

    ALL = 9
    MODELS = 10
    TENANTS = 1
    ALL_TAGS = 8
    ALL_PEOPLE = 7
    TAGS = 5
    PEOPLE = 2
    LABELS = 3
    ALL_CONVERSATIONS = 6
    CONVERSATIONS = 4


_MODELS = ("request_model", "model_class", "provider_name")
_TENANTS = ("task", *_MODELS)
_WHO = ("team_id", "user_id", "token_id")
_OWN_WORDS = ("agent_id", "microdao_id", "channel_id", "tags")
_LABELS = (*_TENANTS, *_WHO, *_OWN_WORDS)
COLUMNS: dict[Level, tuple[str, ...]] = {
    Level.ALL: (),
    Level.MODELS: _MODELS,
    Level.TENANTS: _TENANTS,
    Level.ALL_TAGS: ("tags",),
    Level.ALL_PEOPLE: _WHO,
    Level.TAGS: (*_TENANTS, *_OWN_WORDS),
    Level.PEOPLE: (*_TENANTS, *_WHO),
    Level.LABELS: _LABELS,
    Level.ALL_CONVERSATIONS: ("conversation_id",),
    Level.CONVERSATIONS: (*_LABELS, "conversation_id"),
}
"""What each level tells apart besides the tenant."""
MADE_OF = {
    Level.LABELS: Level.CONVERSATIONS,
    Level.ALL_CONVERSATIONS: Level.CONVERSATIONS,
    Level.TAGS: Level.LABELS,
    Level.PEOPLE: Level.LABELS,
    Level.TENANTS: Level.PEOPLE,
    Level.MODELS: Level.TENANTS,
    Level.ALL: Level.MODELS,
    Level.ALL_PEOPLE: Level.PEOPLE,
    Level.ALL_TAGS: Level.TAGS,
}
"""From the sums of which other level a level is added up, each after that one; the finest from the lines."""
ALL_COLUMNS = COLUMNS[Level.CONVERSATIONS]


def level_for(columns: set[str]) -> Level:
    """The first level that tells these columns apart."""
    wanted = columns - {"tenant_id"}
    return next(level for level in Level if wanted <= set(COLUMNS[level]))
