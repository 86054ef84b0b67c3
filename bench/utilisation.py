"""`script/bench utilisation`: how much of a hard budget can be spent before the first call is told that it is used up.

A hold is larger than what its call will cost, so that the last part of a budget is hard to spend: a cost budget worth
1,000 mean calls, an output limit of eight times the mean answer, and many callers at once. Each number of callers comes
twice: without a rule they come again when a refusal says that the rest is only held (`budget_reserved`), after its
Retry-After; with `wait_for_room_s` the gateway lets them wait. `ok`: at least LEAST_SPENT of the budget was
spent at the first `budget_exceeded`, and nothing beyond it.
"""

import asyncio
import json
from dataclasses import dataclass, field
from decimal import Decimal
from time import perf_counter
from typing import Any

import aiohttp

from bench.http.servers import running_servers
from bench.http.vendor import CHUNKS
from bench.report import Report, new_report, print_table
from launcher.commands import run_json

MEAN_CALLS = 1_000
OUTPUT_LIMIT = 8 * CHUNKS
"""Of a call whose answer has CHUNKS tokens."""
MEAN_COST_USD = Decimal(40) * Decimal("0.15e-6") + Decimal(CHUNKS) * Decimal("0.60e-6")
BUDGET_USD = MEAN_CALLS * MEAN_COST_USD
CALLERS = (16, 64)
PROMPT = "Summarise the following paragraph in one sentence. "
WAIT_S = (0, 30)
"""The rule `wait_for_room_s`, in seconds."""
LEAST_SPENT = 0.95
TIME_LIMIT_S = 300


@dataclass(slots=True)
class Run:
    """What the callers of one round met."""

    url: str
    token: str
    answered: int = 0
    waited_s: list[float] = field(default_factory=list)
    """Of each call that waited for room and got it."""
    reserved: int = 0
    exceeded: dict[str, Any] | None = None
    """The first refusal that said `budget_exceeded`."""
    stopped: asyncio.Event = field(default_factory=asyncio.Event)


def measure(conninfo: str) -> Report:
    """Each number of callers on tenants of their own, without and with the rule."""
    report = new_report("utilisation", conninfo)
    with running_servers() as servers:
        for callers in CALLERS:
            for wait_s in WAIT_S:
                report["figures"].append(_round(servers.gateway.port, callers, wait_s))
    print_table(f"A hard budget worth {MEAN_CALLS:,} calls, output limit 8 x the answer", report["figures"])
    report["ok"] = all(
        row["overspent_usd"] == 0 and row["spent_%"] >= LEAST_SPENT * 100 for row in report["figures"]
    )
    return report


def _round(port: int, callers: int, wait_s: int) -> dict[str, Any]:
    tenant = f"use-{callers}-{wait_s}"
    run_json("create_tenant", "--slug", tenant, "--name", tenant)
    token = str(run_json("issue_token", "--tenant", tenant, "--plan", "BENCH", "--name", "bench")["token"])
    money = ("--dimension", "cost", "--window", "total", "--amount", str(BUDGET_USD))
    run_json("set_budget", "--tenant", tenant, *money)
    if wait_s:
        run_json("set_rule", "--tenant", tenant, "--key", "wait_for_room_s", "--value", str(wait_s))
    run = Run(f"http://127.0.0.1:{port}/v1/chat/completions", token)
    started = perf_counter()
    asyncio.run(_spend(run, callers))
    took_s = perf_counter() - started
    [status] = [row for row in run_json("budget_status", "--tenant", tenant) if row["window"] == "total"]
    used, limit = Decimal(str(status["used"])), Decimal(str(status["limit"]))
    first = Decimal(str(run.exceeded["current"])) if run.exceeded else used
    return {
        "callers": callers,
        "wait_for_room_s": wait_s,
        "spent_%": round(float(first / limit * 100), 2),
        "in_the_end_%": round(float(used / limit * 100), 2),
        "overspent_usd": float(max(Decimal(0), used - limit)),
        "answered": run.answered,
        "told_to_wait": run.reserved,
        "waited": len(run.waited_s),
        "longest_wait_s": round(max(run.waited_s, default=0.0), 2),
        "took_s": round(took_s, 1),
    }


async def _spend(run: Run, callers: int) -> None:
    async with (
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session,
        asyncio.timeout(TIME_LIMIT_S),
    ):
        await asyncio.gather(*[_call_again_and_again(run, session) for _ in range(callers)])


async def _call_again_and_again(run: Run, session: aiohttp.ClientSession) -> None:
    body = {
        "model": "mock-fast",
        "messages": [{"role": "user", "content": PROMPT}],
        "max_tokens": OUTPUT_LIMIT,
        "stream": True,
    }
    headers = {"authorization": f"Bearer {run.token}"}
    while not run.stopped.is_set():
        async with session.post(run.url, json=body, headers=headers) as answer:
            content = await answer.read()
        if answer.status == 200:
            run.answered += 1
            if waited_ms := float(answer.headers.get("x-gateway-waited-ms", 0)):
                run.waited_s.append(waited_ms / 1000)
            continue
        error = json.loads(content)["error"]
        if error["code"] == "budget_reserved":
            run.reserved += 1
            await asyncio.sleep(float(answer.headers["retry-after"]))
        elif error["code"] == "budget_exceeded":
            run.exceeded = run.exceeded or error["usage"]
            run.stopped.set()
        else:
            raise RuntimeError(f"{answer.status} {error}")
