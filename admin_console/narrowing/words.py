"""What a token may do, in words."""

from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import Any

from admin_console.wording import when
from admin_console.words import task_word
from metering.models import Team

LABELS = {
    "allowed_tasks": ("Tasks", "all of the plan"),
    "allowed_models": ("Models", "all of the plan"),
    "team": ("Team", "any"),
    "allowed_networks": ("Networks", "from anywhere"),
    "expires_at": ("Ends", "never"),
}


def width_words(narrowing: Mapping[str, Any], zone: tzinfo) -> list[tuple[str, str]]:
    """Each respect, and what it is narrowed to. `narrowing` is as the audit trail writes it."""
    return [
        (label, _words(name, narrowing[name], zone) or anything)
        for name, (label, anything) in LABELS.items()
        if name in narrowing
    ]


def change_words(changed: Mapping[str, Any], zone: tzinfo) -> list[tuple[str, str, str]]:
    """Each respect that a change was about: what it is now, and what it would be again."""
    now = dict(width_words({name: pair[1] for name, pair in changed.items()}, zone))
    before = dict(width_words({name: pair[0] for name, pair in changed.items()}, zone))
    return [(label, now[label], before[label]) for label in now]


def _words(name: str, value: Any, zone: tzinfo) -> str:
    if not value:
        return ""
    if name == "team":
        team = Team.objects.filter(pk=value).first()
        return team.name if team is not None else "a team that is gone"
    if name == "expires_at":
        return when(datetime.fromisoformat(value), zone)
    return ", ".join(task_word(each) if name == "allowed_tasks" else each for each in value)
