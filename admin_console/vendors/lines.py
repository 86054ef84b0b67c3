"""A vendor's line on the page of vendors."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from urllib.parse import urlencode

from django.urls import reverse

from admin_console.wording import count, share, usd, when
from metering.catalog.vendor_states import VendorState
from metering.models import Provider

FAILED_HOW = {"error": "an error", "timeout": "no answer in time"}


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorLine:
    name: str
    url: str
    kind: str
    address: str
    key: str
    key_tone: str
    reach: str
    reach_tone: str
    error: str
    models: str
    models_url: str
    is_active: bool
    spent: str
    spent_url: str


def vendor_lines(
    states: Sequence[VendorState], *, spent: Mapping[str, int], zone: tzinfo, sort: str
) -> list[VendorLine]:
    """Sorted by `name`, `models` or `spent`, downwards with a minus. `spent` is nano-USD of this month."""

    def weight(state: VendorState) -> int:
        by = sort.removeprefix("-")
        return state.models if by == "models" else spent.get(state.name, 0) if by == "spent" else 0

    ordered = sorted(states, key=lambda state: (weight(state), state.name), reverse=sort.startswith("-"))
    return [_line(state, spent.get(state.name, 0), zone) for state in ordered]


def _line(state: VendorState, spent: int, zone: tzinfo) -> VendorLine:
    key, key_tone = _key(state)
    reach, reach_tone = _reach(state)
    recent, models = state.recent, urlencode({"provider__name__exact": state.name})
    return VendorLine(
        name=state.name,
        url=reverse("admin:metering_provider_change", args=(state.name,)),
        kind=Provider.Kind(state.kind).label if state.kind in Provider.Kind else state.kind,
        address=state.base_url,
        key=key,
        key_tone=key_tone,
        reach=reach,
        reach_tone=reach_tone,
        error=f"{FAILED_HOW.get(recent.failed_how, recent.failed_how)}, {when(recent.failed_at, zone)}"
        if recent.failed_at
        else "",
        models=count(state.models),
        models_url=f"{reverse('admin:metering_llmmodel_changelist')}?{models}",
        is_active=state.is_active,
        spent=usd(spent),
        spent_url=f"{reverse('admin:explore')}?{urlencode({'range': 'month', 'provider': state.name})}",
    )


def _key(state: VendorState) -> tuple[str, str]:
    if state.problem is not None:
        return state.problem, "bad" if state.is_active else ""
    return ("present", "ok") if state.needs_key else ("none needed", "")


def _reach(state: VendorState) -> tuple[str, str]:
    recent = state.recent
    if not recent.attempts:
        return "no call in 24 hours", ""
    said = f"{share(recent.attempts - recent.failed, recent.attempts)} of {count(recent.attempts)} calls answered"
    if recent.answered_at is None:
        return f"none of {count(recent.attempts)} calls answered", "bad"
    worse = recent.failed_at is not None and recent.failed_at > recent.answered_at
    return said, "warn" if worse else "ok"
