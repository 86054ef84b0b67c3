"""The caches that callers can fill, fed directly."""

import asyncio
import gc
import os
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from bench.http.processes import resident_mb

LONG = "x" * 20_000
"""As much as a caller may write into one header."""


def measure(count: int) -> list[dict[str, Any]]:
    """A row for each kind: resident memory at a tenth of it, and after all of it."""
    from django.conf import settings

    settings.TRUSTED_PROXIES = ["127.0.0.0/8"]
    kinds: list[tuple[str, int, Callable[[int], None]]] = [
        ("addresses", count, _address()),
        ("addresses of 20 KB", count // 50, _long_address()),
        ("buckets of agents", count, _bucket()),
        ("decisions", count, _decision()),
        ("meters of conversations", count, _meter()),
        ("commands of the ledger", count // 4, _command()),
    ]
    rows = [_fed(name, many, feed) for name, many, feed in kinds]
    rows.append(_fed_with_tokens(count // 10))
    return rows


def _fed(name: str, count: int, feed: Callable[[int], None]) -> dict[str, Any]:
    for number in range(count // 10):
        feed(number)
    tenth = _resident_mb()
    for number in range(count // 10, count):
        feed(number)
    return {"kind": name, "count": count, "tenth_mb": tenth, "after_mb": _resident_mb()}


def _fed_with_tokens(count: int) -> dict[str, Any]:
    """Tokens that cannot be: refused before a database is asked, and remembered like those that it does not know."""
    from metering.calls.cached_directory import CachedDirectory
    from metering.errors import InvalidCredential

    async def feed(first: int, last: int) -> None:
        for number in range(first, last):
            try:
                await directory.principal(f"ati_bad-{number}")
            except InvalidCredential:
                continue
            raise AssertionError("a bad token was good")

    async def both() -> float:
        await feed(0, count // 10)
        tenth = _resident_mb()
        await feed(count // 10, count)
        return tenth

    directory = CachedDirectory()
    tenth = asyncio.run(both())
    return {"kind": "bad tokens", "count": count, "tenth_mb": tenth, "after_mb": _resident_mb()}


def _resident_mb() -> float:
    gc.collect()
    return round(resident_mb(os.getpid()), 1)


def _dotted(number: int) -> str:
    return f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


def _address() -> Callable[[int], None]:
    from gateway_project.http.request_headers import client_address
    from metering.network import counted_address

    def feed(number: int) -> None:
        counted_address(client_address("127.0.0.1", [_dotted(number)]) or "")
        counted_address(
            client_address("127.0.0.1", [f"2001:db8:{number >> 16:x}:{number & 0xFFFF:x}::1"]) or ""
        )

    return feed


def _long_address() -> Callable[[int], None]:
    from gateway_project.http.request_headers import client_address
    from metering.network import counted_address

    def feed(number: int) -> None:
        counted_address(client_address("127.0.0.1", [f"{number}{LONG}"]) or "")

    return feed


def _bucket() -> Callable[[int], None]:
    from metering.rates.port import Draw
    from metering.rates.process_buckets import ProcessBuckets

    buckets = ProcessBuckets()

    def feed(number: int) -> None:
        buckets.take_now((Draw(key=f"rate:agent:{number}", units=1, per_minute=60),))

    return feed


def _decision() -> Callable[[int], None]:
    from metering.decisions.decision import EnforcementDecision, Verdict
    from metering.decisions.log import DecisionLog
    from metering.decisions.write import Key
    from metering.policy.values import PolicySubject
    from metering.types import EnforcementMode

    log, at, tenant = DecisionLog(), datetime.now(UTC), UUID(int=1)

    def feed(number: int) -> None:
        subject = PolicySubject(tenant, "PRO", None, None, UUID(int=number))
        key = Key(at, tenant, None, UUID(int=number), "LLM0_CHAT", "denied", "rate_limited", "rule", None)
        decide = EnforcementDecision(
            verdict=Verdict.DENIED, at=at, subject=subject, task="LLM0_CHAT", model=f"m-{number}",
            mode=EnforcementMode.ENFORCE,
        )  # fmt: skip
        log.note(key, lambda: decide, at=at, request_id=f"request-{number}")

    return feed


def _meter() -> Callable[[int], None]:
    from metering.ledger.postgres.process_cache import ProcessCache
    from metering.ledger.records import Meter
    from metering.types import Dimension, Window

    cache, end = ProcessCache(), datetime(2027, 1, 1, tzinfo=UTC)

    def feed(number: int) -> None:
        meter = Meter(
            id=number, subject_type="conversation", subject_id=f"talk-{number}", task="", model_class="",
            dimension=Dimension.COST, window=Window.MONTH, window_end=end, used=number, held=0, overrun=0, unenforced=0,
            highest_limit=10**9,
        )  # fmt: skip
        cache.learn_meters({number: meter})

    return feed


def _command() -> Callable[[int], None]:
    from metering.ids import uuid7
    from metering.labels import Labels
    from metering.ledger.check import check_command
    from metering.ledger.commands import HoldLine, MeterKey, Reserve
    from metering.types import Dimension, Window

    tenant = uuid7()

    def feed(number: int) -> None:
        labels = Labels(
            request_id=f"request-{number}", task="LLM0_CHAT", request_model="m", model_class="BASE_S",
            provider_name="sandbox", agent_id=f"agent-{number}", conversation_id=f"talk-{number}",
        )  # fmt: skip
        meter = MeterKey(
            subject_type="agent", subject_id=f"agent-{number}", tenant_id=tenant,
            dimension=Dimension.COST, window=Window.DAY,
        )  # fmt: skip
        line = HoldLine(meter=meter, amount=1, limit=10**9)
        check_command(Reserve(reservation_id=uuid7(), tenant_id=tenant, lines=(line,), labels=labels))

    return feed
