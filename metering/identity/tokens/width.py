"""How much an ATI token lets its holders do, and in which respect one token goes beyond another."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any

from metering.models import ATIToken

NARROWED = ("team", "allowed_tasks", "allowed_models", "allowed_networks", "expires_at")
"""The fields that narrow a token below its plan."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Width:
    """What a token allows. Empty or None: whatever the plan allows, for any team, from anywhere, for ever."""

    plan: str
    team: str | None
    """The only team that its holders work for."""
    allowed_tasks: tuple[str, ...]
    allowed_models: tuple[str, ...]
    allowed_networks: tuple[str, ...]
    expires_at: datetime | None


def narrowing_of(token: ATIToken) -> dict[str, Any]:
    """What the token is narrowed to now, as JSON."""
    return {
        "team": str(token.team_id) if token.team_id else None,
        "allowed_tasks": list(token.allowed_tasks),
        "allowed_models": list(token.allowed_models),
        "allowed_networks": list(token.allowed_networks),
        "expires_at": token.expires_at.isoformat() if token.expires_at else None,
    }


def image_of(token: ATIToken) -> dict[str, Any]:
    """What can be changed of a token, as the audit trail keeps it."""
    return {
        "name": token.name,
        "user": str(token.user_id) if token.user_id else None,
        "signups_allowed": token.signups_allowed,
        "given": token.given,
        **narrowing_of(token),
    }


def width_now(token: ATIToken) -> Width:
    """Returns what the token allows now."""
    return _width(token.plan_tier_id, narrowing_of(token))


def width_given(token: ATIToken) -> Width:
    """Returns what the token was given: its own administrators may widen up to this what they have narrowed."""
    return _width(token.plan_tier_id, {**narrowing_of(token), **token.given})


def _width(plan: str, narrowing: Mapping[str, Any]) -> Width:
    end = narrowing["expires_at"]
    return Width(
        plan=plan,
        team=narrowing["team"],
        allowed_tasks=tuple(narrowing["allowed_tasks"]),
        allowed_models=tuple(narrowing["allowed_models"]),
        allowed_networks=tuple(narrowing["allowed_networks"]),
        expires_at=datetime.fromisoformat(end) if end else None,
    )


def given_after(
    given: Mapping[str, Any],
    *,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    named: Collection[str],
    by_own_holder: bool,
) -> dict[str, Any]:
    """What a token was given, of that which its own administrators have narrowed, once `named` became `after`.

    What anybody else decides is what the token is given from now on.
    """
    kept = {name: value for name, value in given.items() if name not in named}
    if by_own_holder:
        for name in NARROWED:
            original = given.get(name, before[name])
            if name in named and original != after[name]:
                kept[name] = original
    return kept


def excess(wanted: Width, own: Width) -> tuple[str, str] | None:
    """The first respect in which `wanted` goes beyond `own`: the field's name and a sentence. None: it is within."""
    if wanted.plan != own.plan:
        return "plan", f"Your plan is {own.plan}; you can pass on no other."
    if own.team is not None and wanted.team != own.team:
        return "team", "Your own token is for one team, and it is another one or none."
    if own.expires_at is not None and (wanted.expires_at is None or wanted.expires_at > own.expires_at):
        return "expires_at", f"Your own token ends at {own.expires_at:%Y-%m-%d %H:%M} UTC."
    for field in ("allowed_tasks", "allowed_models"):
        if (beyond := _beyond(getattr(wanted, field), getattr(own, field))) is not None:
            return field, f"Your own token does not allow {beyond}."
    if (beyond := _outside(wanted.allowed_networks, own.allowed_networks)) is not None:
        return "allowed_networks", f"Your own token is not for {beyond}."
    return None


def _beyond(wanted: Sequence[str], own: Sequence[str]) -> str | None:
    if not own:
        return None
    if not wanted:
        return "everything; name what you mean"
    return ", ".join(name for name in wanted if name not in own) or None


def _outside(wanted: Sequence[str], own: Sequence[str]) -> str | None:
    if not own:
        return None
    if not wanted:
        return "every network; name those that you mean"
    outer = [ip_network(text) for text in own]
    return ", ".join(text for text in wanted if not _in_one_of(ip_network(text), outer)) or None


def _in_one_of(inner: IPv4Network | IPv6Network, outer: Sequence[IPv4Network | IPv6Network]) -> bool:
    return any(
        (isinstance(net, IPv4Network) and isinstance(inner, IPv4Network) and inner.subnet_of(net))
        or (isinstance(net, IPv6Network) and isinstance(inner, IPv6Network) and inner.subnet_of(net))
        for net in outer
    )
