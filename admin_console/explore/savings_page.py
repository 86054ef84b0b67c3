"""What could cost less: a sentence with dollars and a link for each way."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from admin_console.audience import Audience
from admin_console.explore.filter_bar import range_bar
from admin_console.filters_in_url import Chosen, filters_in_url
from admin_console.parts import Empty, Figure
from admin_console.parts.filters import Choice, Select
from admin_console.who import Viewer
from admin_console.wording import count, percent, usd, usd_exact
from metering.errors import MeteringError
from metering.models import Plan
from metering.proof.saved import Saved, saved
from metering.proof.targets import SAVINGS
from metering.reports.savings import CheaperClass, Savings, savings
from metering.simulation.replay_at_once import replay_at_once

REPLAYED = timedelta(days=7)
"""So many of the last days of the range are tried on another plan."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One way to pay less."""

    amount: str
    text: str
    url: str = ""
    link: str = ""


def savings_page(request: HttpRequest, viewer: Viewer, page: dict[str, Any]) -> HttpResponse:
    """For everybody of what they see; another plan is tried for who sees a whole tenant."""
    chosen = filters_in_url(request.GET, viewer, now=page["now"])
    problems = list(chosen.problems)
    ways: list[Way] = []
    already: list[Figure] = []
    try:
        if _sees_all(viewer):
            already = _already(saved(chosen.usage, baseline=None, now=page["now"]))
        ways = _ways(chosen, savings(chosen.usage, now=page["now"]))
        plan = _plan(request, chosen, page) if _may_try(viewer, chosen) else None
        ways += [plan] if plan is not None else []
    except MeteringError as error:
        problems.append(error.message)
    plans = _plans(request) if _may_try(viewer, chosen) else ()
    shown = {
        "zone": chosen.zone,
        "problems": problems,
        "filters": replace(range_bar(request.GET, chosen), selects=plans),
        "ways": ways,
        "already": already,
        "explore": f"{reverse('admin:explore')}{chosen.link()}",
        "empty": Empty(
            title="Nothing found that would cost less",
            text="No cheaper class has a model with a price, and nothing came from a cache.",
            button="Explore usage",
            url=f"{reverse('admin:explore')}{chosen.link()}",
        ),
    }
    return render(request, "admin_console/savings.html", {**page, **shown})


def _sees_all(viewer: Viewer) -> bool:
    """Whether what was denied and moved to cheaper models is this viewer's business: of whole tenants."""
    return viewer.is_in(Audience.ADMINS)


def _already(found: Saved) -> list[Figure]:
    """What was saved in the range, and how it is reckoned."""
    cheaper = found.cheaper_nano_usd
    return [
        Figure(
            name="saved_share",
            label="Saved already",
            value=percent(found.share),
            note=f"of what it would have cost; asked for {percent(SAVINGS)}",
        ),
        Figure(
            name="saved_cache",
            label="By the answer cache",
            value=usd(found.cache_nano_usd),
            exact=usd_exact(found.cache_nano_usd),
            note=f"{count(found.cached_answers)} answers given again, at list prices",
        ),
        Figure(
            name="saved_cheaper",
            label="By cheaper models",
            value=usd(cheaper),
            exact=usd_exact(cheaper),
            note="against the mix of models of as many days before"
            if cheaper is not None
            else "no use in as many days before to compare with",
        ),
        Figure(
            name="saved_denied",
            label="By denials, estimated",
            value=usd(found.denied_nano_usd),
            exact=usd_exact(found.denied_nano_usd),
            note=f"{count(found.denied_calls)} calls; with them {percent(found.share_with_denials)}",
        ),
    ]


def _ways(chosen: Chosen, found: Savings) -> list[Way]:
    ways = [_class(chosen, each) for each in found.classes]
    caches, here = found.caches, reverse("admin:explore")
    if caches.cached_input_tokens:
        text = f"Vendors' caches of prompts served {percent(caches.hit_rate)} of the input, which saved that much."
        ways.append(
            Way(
                amount=f"{usd(caches.prompt_saved_nano_usd)} saved",
                text=text,
                url=f"{here}{chosen.link(metric='cached_input_tokens')}",
                link="Where",
            )
        )
    if found.half_cached_nano_usd > 0:
        text = "If half of the input came from those caches: put what repeats at the beginning of prompts."
        ways.append(Way(amount=f"{usd(found.half_cached_nano_usd)} less", text=text))
    if caches.answers:
        text = f"The answer cache gave {count(caches.answers)} answers again, which had cost that much."
        ways.append(Way(amount=f"{usd(caches.answer_saved_nano_usd)} saved", text=text))
    return ways


def _class(chosen: Chosen, found: CheaperClass) -> Way:
    return Way(
        amount=f"{usd(found.saved_nano_usd)} less",
        text=(
            f"{_calls(found.requests)} of class {found.model_class} cost {usd(found.cost_nano_usd)}. With "
            f"{found.cheaper_model} of class {found.cheaper_class} as many tokens cost {usd(found.cheaper_nano_usd)}."
        ),
        url=f"{reverse('admin:explore')}{chosen.link(**{'class': found.model_class, 'group': 'user'})}",
        link="Whose calls",
    )


def _calls(number: int) -> str:
    return f"{count(number)} call{'' if number == 1 else 's'}"


def _may_try(viewer: Viewer, chosen: Chosen) -> bool:
    return viewer.is_in(Audience.ADMINS) and chosen.tenant is not None


def _plans(request: HttpRequest) -> tuple[Select, ...]:
    codes = Plan.objects.filter(is_active=True).values_list("code", "name")
    choices = tuple(Choice(value=code, label=name) for code, name in codes)
    return (
        Select(
            name="plan",
            label="Try the plan",
            choices=choices,
            any_label="none",
            value=request.GET.get("plan", ""),
        ),
    )


def _plan(request: HttpRequest, chosen: Chosen, page: dict[str, Any]) -> Way | None:
    """The last days of the range, judged as if they came on another plan. Raises as `replay_at_once` does."""
    code = request.GET.get("plan", "")
    if not code:
        return None
    until = min(chosen.usage.both_ends[1], page["now"])
    since = max(chosen.usage.both_ends[0], until - REPLAYED)
    replayed = replay_at_once(tenant=chosen.tenant, since=since, until=until, plan=code)
    saved = replayed.total.cost_nano_usd - replayed.cost_after_nano_usd
    first = "the first of " if replayed.stopped_early else ""
    return Way(
        amount=f"{usd(saved)} less",
        text=(
            f"On the plan {code} {first}the last {(until - since).days} days would have refused "
            f"{count(replayed.denied.calls)} of {_calls(replayed.total.calls)} and cut "
            f"{count(replayed.shortened.calls)} shorter."
        ),
        url=reverse("admin:simulator"),
        link="Simulate more",
    )
