"""Whether what a token is narrowed to exists and makes sense."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from ipaddress import ip_network

from metering.errors import InvalidRequest
from metering.identity.ceiling import Narrowing, below
from metering.models import ATIToken, LLMModel
from metering.models import Task as TaskRow
from metering.text import normal

MAX_NAMES = 200
MAX_SIGNUPS = 10_000


def checked_narrowing(
    *,
    tasks: Sequence[str],
    models: Sequence[str],
    networks: Sequence[str],
    expires_at: datetime | None,
    ceiling: ATIToken | None,
    now: datetime,
) -> Narrowing:
    """The same in canonical form, below the ceiling if there is one.

    Raises InvalidRequest for an end in the past, an unknown task or model, or a malformed network, and NotPermitted
    for what goes beyond the ceiling.
    """
    if expires_at is not None and expires_at <= now:
        raise InvalidRequest("A token must expire in the future.", param="expires_at")
    for param, names in (("tasks", tasks), ("models", models), ("networks", networks)):
        if len(names) > MAX_NAMES:
            raise InvalidRequest(f"At most {MAX_NAMES} can be listed.", param=f"allowed_{param}")
    models = [normal(name) for name in models]
    _check_known("allowed_tasks", tasks, TaskRow.objects.filter(pk__in=tasks).values_list("pk", flat=True))
    _check_known(
        "allowed_models", models, LLMModel.objects.filter(pk__in=models).values_list("pk", flat=True)
    )
    wanted = Narrowing(
        tasks=tuple(dict.fromkeys(tasks)),
        models=tuple(dict.fromkeys(models)),
        networks=tuple(dict.fromkeys(_network(text) for text in networks)),
        expires_at=expires_at,
    )
    return wanted if ceiling is None else below(ceiling, wanted)


def check_signups(allowed: int, *, used: int) -> None:
    """Raises InvalidRequest."""
    if not used <= allowed <= MAX_SIGNUPS:
        raise InvalidRequest(f"Sign-ups must be {used} to {MAX_SIGNUPS}.", param="signups_allowed")


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
