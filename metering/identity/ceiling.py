"""How far a tenant's own administrators may go when they issue or change ATI tokens: as far as their own plan."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv4Network, IPv6Network, ip_network

from metering.errors import NotPermitted
from metering.models import ATIToken


@dataclass(frozen=True, slots=True, kw_only=True)
class Narrowing:
    """What a token is narrowed to. Empty: whatever the plan allows, from anywhere, for ever."""

    tasks: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    expires_at: datetime | None = None


def below(ceiling: ATIToken, wanted: Narrowing) -> Narrowing:
    """What is wanted, where nothing is said as narrow as the ceiling: the token that an administrator's plan is from.

    Raises NotPermitted for what goes beyond it.
    """
    if (
        ceiling.expires_at is not None
        and wanted.expires_at is not None
        and wanted.expires_at > ceiling.expires_at
    ):
        raise NotPermitted(
            f"Your own token ends at {ceiling.expires_at:%Y-%m-%d %H:%M} UTC.", param="expires_at"
        )
    return Narrowing(
        tasks=_subset(wanted.tasks, ceiling.allowed_tasks, "allowed_tasks"),
        models=_subset(wanted.models, ceiling.allowed_models, "allowed_models"),
        networks=_inside(wanted.networks, ceiling.allowed_networks),
        expires_at=wanted.expires_at or ceiling.expires_at,
    )


def _subset(wanted: Sequence[str], allowed: Sequence[str], param: str) -> tuple[str, ...]:
    if not allowed:
        return tuple(wanted)
    if beyond := [name for name in wanted if name not in allowed]:
        raise NotPermitted(f"Your own token does not allow {', '.join(beyond)}.", param=param)
    return tuple(wanted or allowed)


def _inside(wanted: Sequence[str], allowed: Sequence[str]) -> tuple[str, ...]:
    if not allowed:
        return tuple(wanted)
    outer = [ip_network(text) for text in allowed]
    if beyond := [text for text in wanted if not any(_contains(net, ip_network(text)) for net in outer)]:
        raise NotPermitted(f"Your own token is not for {', '.join(beyond)}.", param="allowed_networks")
    return tuple(wanted or allowed)


def _contains(outer: IPv4Network | IPv6Network, inner: IPv4Network | IPv6Network) -> bool:
    if isinstance(outer, IPv4Network):
        return isinstance(inner, IPv4Network) and inner.subnet_of(outer)
    return isinstance(inner, IPv6Network) and inner.subnet_of(outer)
