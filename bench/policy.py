"""`script/bench policy`: the CPU that a warm policy costs a request, by what it consists of.

One process, no HTTP and no ledger: from the subject to the limits, budgets' lines and buckets of one call, as
`admission/plan.py` does it with snapshots that are warm.
"""

import asyncio
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Any

from bench.report import Report, new_report, print_table
from launcher.commands import run_json

LIMIT_US = 15.0
"""Of the policy of the HTTP benchmarks: a few percent of a call."""
CALLS, ROUNDS = 20_000, 7
BUSINESS = '{"days": ["mon", "tue", "wed", "thu", "fri"], "hours": "09:00-17:00"}'
NIGHT = '{"hours": "22:00-06:00", "timezone": "Europe/Berlin"}'
FROM_80 = '{"usage": {"budget": "tenant cost/month", "from_percent": 80}}'
TENANT = ("--tenant", "bench")

STEPS: tuple[tuple[str, tuple[tuple[str, ...], ...]], ...] = (
    ("four rules, five budgets", ()),
    (
        "and ten rules of the tenant and the token",
        tuple(
            ("--key", key, "--value", value, *who)
            for who in (TENANT, (*TENANT, "--token", "{token}"))
            for key, value in (
                ("max_tokens_out", "4000"),
                ("max_concurrent", "1000"),
                ("requests_per_minute", "1000000"),
                ("tokens_per_minute", "1000000000"),
                ("max_class", "ADVANCED"),
            )
        ),
    ),
    (
        "and two conditions of time",
        tuple(
            ("--key", "max_tokens_out", "--value", "2000", "--when", when, *TENANT)
            for when in (BUSINESS, NIGHT)
        ),
    ),
    (
        "and one of use",
        (("--key", "max_tokens_in", "--value", "9000", "--when", FROM_80, *TENANT),),
    ),
)


def measure(conninfo: str) -> Report:
    """Run and print the table; `ok` says whether the first policy keeps to its limit."""
    report = new_report("policy", conninfo)
    token = _prepare()
    rows = []
    for name, rules in STEPS:
        for rule in rules:
            run_json("set_rule", *[word.format(token=token) if word == "{token}" else word for word in rule])
        rows.append({"policy": name, **asyncio.run(_measure(token))})
    report["figures"] = rows
    report["ok"] &= rows[0]["warm_us"] <= LIMIT_US
    print_table(
        f"CPU of one warm evaluation, medians of {ROUNDS} rounds (limit of the first: {LIMIT_US} µs)", rows
    )
    return report


def _prepare() -> str:
    """The tenant of the HTTP benchmarks; its token's id."""
    from bench.http.tenant import prepare_tenant

    with tempfile.TemporaryDirectory() as folder:
        prepare_tenant(Path(folder), "http://127.0.0.1:9")

    from metering.models import ATIToken

    return str(ATIToken.objects.get().pk)


async def _measure(token: str) -> dict[str, Any]:
    from metering.calls.cached_directory import CachedDirectory
    from metering.orm import in_database_thread
    from metering.policy.effective import effective_policy
    from metering.policy.values import PolicySubject
    from metering.reservation.reserve import has_hard_budget
    from metering.snapshots import Changes

    subject = await in_database_thread(_subject, token, PolicySubject)
    changes = Changes()
    changes.quiet_until_s = float("inf")  # as if a listener proved that it hears
    directory = CachedDirectory(changes)

    async def evaluate() -> None:
        policy = await directory.policy(subject, "LLM0_CHAT")
        if policy.variants is not None:
            policy = await directory.variant(policy.variants, datetime.now(UTC))
        policy.choice("max_class", "")
        limits = policy.limits_for(("mock",), None, "BASE_S")
        policy.rates.for_call(provider="mock", agent_id=None, address="192.0.2.1")
        policy.number("max_tokens_in"), policy.number("max_tokens_out")
        has_hard_budget(limits)
        if policy.observes:
            raise AssertionError("nothing is observed here")

    await evaluate()
    warm = []
    for _ in range(ROUNDS):
        begin = process_time()
        for _ in range(CALLS):
            await evaluate()
        warm.append((process_time() - begin) / CALLS * 1e6)
    begin = perf_counter()
    policy = await in_database_thread(effective_policy, subject, "LLM0_CHAT")
    return {
        "warm_us": round(median(warm), 2),
        "cold_ms": round((perf_counter() - begin) * 1000, 1),
        "rules": len(policy.rules),
        "lines": len(policy.limits_for(("mock",), None, "BASE_S")),
    }


def _subject(token: str, subject_of: Callable[..., Any]) -> Any:
    from metering.models import ATIToken

    row = ATIToken.objects.get(pk=token)
    return subject_of(row.tenant_id, row.plan_tier_id, None, None, row.pk)
