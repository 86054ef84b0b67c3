"""The policy simulator: what would have become of the calls of some days on another plan, or with another rule.

Super admins ask about anybody, a tenant's own administrators about their tenant. Nothing is changed, nothing is sent.
"""

from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from admin_console.activity.words import reason_word, rule_name
from admin_console.simulator_form import SimulatorForm
from admin_console.who import Viewer
from admin_console.wording import usd
from metering.errors import MeteringError
from metering.money import nano_from_usd
from metering.simulation.replay_at_once import MAX_CALLS, MAX_PERIOD, replay_at_once
from metering.simulation.report import replay_facts

REASONS = ["Limit", "Why", "Calls", "Cost"]


def simulator(request: HttpRequest, viewer: Viewer, page: dict[str, Any]) -> HttpResponse:
    """The form; once it was sent also the answer. `page` is what every page of the console shows."""
    form = SimulatorForm(request.POST or None, user=viewer.user)
    facts = _answer(form) if request.method == "POST" and form.is_valid() else None
    shown = {
        "form": form,
        "answer": facts,
        "figures": _figures(facts) if facts else [],
        "tables": _tables(facts) if facts else [],
        "most_calls": f"{MAX_CALLS:,}",
        "most_days": MAX_PERIOD.days,
    }
    return render(request, "admin_console/simulator.html", {**page, **shown})


def _answer(form: SimulatorForm) -> dict[str, Any] | None:
    """None where the question is refused, which the form then says."""
    try:
        return replay_facts(replay_at_once(**form.question()))
    except MeteringError as error:
        form.add_error(error.param if error.param in form.fields else None, error.message)
        return None


def _figures(facts: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        ("Calls", f"{facts['calls']:,}"),
        ("Would have been denied", f"{facts['denied']:,}"),
        ("Would have been cut shorter", f"{facts['shortened']:,}"),
        ("They cost", _dollars(facts["cost_usd"])),
        ("They would have cost", _dollars(facts["cost_after_usd"])),
        ("Difference", _dollars(facts["difference_usd"])),
    ]


def _tables(facts: dict[str, Any]) -> list[dict[str, Any]]:
    titles = {
        "denied_by": "Denied, by rule",
        "would_be_denied_by": "Let pass by rules that warn or are observed",
    }
    return [
        {"title": title, "table": {"headers": REASONS, "rows": [_row(reason) for reason in facts[name]]}}
        for name, title in titles.items()
        if facts[name]
    ]


def _row(reason: dict[str, Any]) -> list[str]:
    why = reason_word(reason["code"], reason["rule"])
    return [rule_name(reason["rule"]), why, f"{reason['calls']:,}", _dollars(reason["cost_usd"])]


def _dollars(text: str) -> str:
    """To the cent, of what the API tells to the last digit."""
    return usd(nano_from_usd(Decimal(text)))
