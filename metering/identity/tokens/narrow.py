"""Whether what a token is narrowed to exists and makes sense."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from ipaddress import ip_network
from typing import TypedDict

from metering.errors import InvalidRequest
from metering.ids import END
from metering.models import LLMModel, Team
from metering.models import Task as TaskRow
from metering.text import normal

MAX_NAMES = 200
MAX_SIGNUPS = 10_000


class Narrowed(TypedDict, total=False):
    """What a token is narrowed to, as far as somebody has said it. Empty or None: not in this respect."""

    team: Team | None
    allowed_tasks: Sequence[str]
    allowed_models: Sequence[str]
    allowed_networks: Sequence[str]
    expires_at: datetime | None


def checked_narrowing(said: Narrowed, *, now: datetime) -> Narrowed:
    """Returns the narrowing in canonical form.

    Raises InvalidRequest for an end in the past or too far off, an unknown task or model, or a malformed network.
    """
    checked: Narrowed = said.copy()
    if (expires_at := said.get("expires_at")) is not None and expires_at <= now:
        raise InvalidRequest("A token must expire in the future.", param="expires_at")
    if expires_at is not None and expires_at >= END:
        raise InvalidRequest(f"A token must expire before the year {END.year}, or never.", param="expires_at")
    if "allowed_tasks" in said:
        tasks = _bounded("allowed_tasks", said["allowed_tasks"])
        _check_known(
            "allowed_tasks", tasks, TaskRow.objects.filter(pk__in=tasks).values_list("pk", flat=True)
        )
        checked["allowed_tasks"] = tasks
    if "allowed_models" in said:
        models = [normal(name) for name in _bounded("allowed_models", said["allowed_models"])]
        known = LLMModel.objects.filter(pk__in=models).values_list("pk", flat=True)
        _check_known("allowed_models", models, known)
        checked["allowed_models"] = models
    if "allowed_networks" in said:
        networks = _bounded("allowed_networks", said["allowed_networks"])
        checked["allowed_networks"] = list(dict.fromkeys(_network(text) for text in networks))
    return checked


def check_signups(allowed: int, *, used: int) -> None:
    """Raises InvalidRequest."""
    if not used <= allowed <= MAX_SIGNUPS:
        raise InvalidRequest(f"Sign-ups must be {used} to {MAX_SIGNUPS}.", param="signups_allowed")


def _bounded(param: str, names: Sequence[str]) -> list[str]:
    if len(names) > MAX_NAMES:
        raise InvalidRequest(f"At most {MAX_NAMES} can be listed.", param=param)
    return list(dict.fromkeys(names))


def _check_known(param: str, names: Sequence[str], known: Iterable[str]) -> None:
    if unknown := sorted(set(names) - set(known)):
        what = param.removeprefix("allowed_")
        raise InvalidRequest(f"Unknown {what}: {', '.join(unknown)}.", param=param)


def _network(text: str) -> str:
    try:
        return str(ip_network(text))
    except ValueError as error:
        message = f"{text!r} is not a network, such as 192.0.2.0/24."
        raise InvalidRequest(message, param="allowed_networks") from error
