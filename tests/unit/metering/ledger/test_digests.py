"""Digests are stored: the same command must have the same one in every process, and in every release that can be."""

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from metering.amounts import COLUMNS, TOKEN_PARTS, WRITE_PARTS, Amounts
from metering.ids import command_digest, digest64
from metering.labels import Labels
from metering.ledger.commands import Attempt, HoldLine, MeterKey, Raise, Reserve, Settle
from metering.types import Dimension, EstimateReason, Outcome, Window

IDS = {"team_id": UUID(int=4), "user_id": UUID(int=5), "token_id": UUID(int=6)}
TEXTS = {name: f"the {name}" for name in Labels.__struct_fields__ if name not in (*IDS, "tags")}
ID = UUID("019cd79e-4600-7000-8000-000000000001")
RESERVE = Reserve(
    reservation_id=ID,
    tenant_id=UUID(int=2),
    lines=(
        HoldLine(
            meter=MeterKey(
                subject_type="user",
                subject_id=str(UUID(int=50)),
                tenant_id=UUID(int=2),
                dimension=Dimension.COST,
                window=Window.DAY,
                task="a task",
                model_class="a class",
                timezone="Asia/Tokyo",
                week_start=6,
            ),
            amount=10,
            limit=100,
            budget_id=UUID(int=3),
            enforced=False,
            release_on_expiry=True,
            thresholds="80,95",
            counts_since=datetime(2026, 3, 1, tzinfo=UTC),
        ),
    ),
    labels=Labels(**TEXTS, **IDS, tags=("a=1", "b=2")),
    bound=Amounts(**{name: number for number, name in enumerate(Amounts.__struct_fields__, 7)}),
    lease_s=61,
    idempotency_key="key",
    idempotency_digest=1,
)
"""Every field has a value of its own: they are told apart by their places."""
SETTLE = Settle(
    reservation_id=ID,
    attempts=(
        Attempt(
            number=1,
            provider_name="sandbox",
            response_model="sandbox-small",
            started_at=datetime(2026, 3, 10, 12, tzinfo=UTC),
            outcome=Outcome.CANCELLED,
            estimated=True,
            partly_priced=True,
            service_tier="flex",
            estimate_reason=EstimateReason.CUT,
            reported='{"total_tokens":5}',
            own_key=True,
            list_cost_nano_usd=70,
            vendor_cost_nano_usd=71,
            fee_units='{"images":2}',
            request_model="another model",
            **{
                name: number
                for number, name in enumerate((*COLUMNS, *TOKEN_PARTS, "latency_ms", *WRITE_PARTS), 5)
            },
        ),
    ),
)
STORED = (-2081130749050169085, -8330153507353856505)
CHANGES = {
    "amount": replace(RESERVE, lines=(replace(RESERVE.lines[0], amount=11),)),
    "limit": replace(RESERVE, lines=(replace(RESERVE.lines[0], limit=101),)),
    "budget": replace(RESERVE, lines=(replace(RESERVE.lines[0], budget_id=UUID(int=4)),)),
    "mode": replace(RESERVE, lines=(replace(RESERVE.lines[0], enforced=True),)),
    "override": replace(RESERVE, lines=(replace(RESERVE.lines[0], raises=(Raise(amount=1),)),)),
    "no line": replace(RESERVE, lines=()),
    "tenant": replace(RESERVE, tenant_id=UUID(int=40)),
    "bound": replace(RESERVE, bound=Amounts(cost_nano_usd=11)),
    "lease": replace(RESERVE, lease_s=60),
    "labels": replace(RESERVE, labels=replace(RESERVE.labels, user_id=UUID(int=50))),
    "tags": replace(RESERVE, labels=replace(RESERVE.labels, tags=("a=1", "b=3"))),
    "key": replace(RESERVE, idempotency_key="other"),
}
MARKS = {
    "partly_priced": False,
    "service_tier": "default",
    "estimate_reason": EstimateReason.MISSING,
    "reported": "",
    "own_key": False,
    "list_cost_nano_usd": 72,
    "vendor_cost_nano_usd": None,
    "fee_units": "",
    "request_model": "",
}


def test_digests_are_what_they_were_when_these_were_stored() -> None:
    assert (command_digest(RESERVE), command_digest(SETTLE)) == STORED


def test_another_process_finds_the_same_digest() -> None:
    code = f"from {__name__} import *; print(command_digest(RESERVE), command_digest(SETTLE))"
    run = [sys.executable, "-c", code]
    found = subprocess.run(run, cwd=Path(__file__).parents[4], capture_output=True, text=True, check=True)
    assert found.stdout.split() == [str(digest) for digest in STORED]


@pytest.mark.parametrize("changed", CHANGES.values(), ids=CHANGES)
def test_every_part_of_a_reserve_counts(changed: Reserve) -> None:
    assert command_digest(changed) != command_digest(RESERVE)


@pytest.mark.parametrize("mark", MARKS)
def test_every_mark_of_an_attempt_counts(mark: str) -> None:
    changed = replace(SETTLE.attempts[0], **{mark: MARKS[mark]})
    assert command_digest(replace(SETTLE, attempts=(changed,))) != command_digest(SETTLE)


@given(st.binary())
def test_a_digest_fits_bigint(content: bytes) -> None:
    assert -(2**63) <= digest64(content) < 2**63
