"""`script/bench openings`: what it takes to open a meter in a month of ten million calls of its tenant.

A limit that is made in the middle of its window finds what was used before. Each case is a limit of its own, whose
first call waits for the opening; the call after it is what every later one costs.
"""

from datetime import UTC, datetime
from time import perf_counter
from uuid import UUID

import uvloop

from bench.history import AGENT, AGENTS_CALLS, COST_NANO_USD, OWNER, TOKENS, write_history
from bench.report import Report, new_report, print_table
from metering.amounts import Amounts
from metering.ids import uuid7
from metering.labels import Labels
from metering.ledger.commands import HoldLine, MeterKey, Release, Reserve
from metering.ledger.results import Granted
from metering.ledger.writer import LedgerWriter
from metering.types import Dimension, SubjectType, Window

ROWS = 10_000_000
LIMIT = 10**17
EACH = {Dimension.REQUESTS: 1, Dimension.TOKENS: TOKENS, Dimension.COST: COST_NANO_USD}
CASES = (
    (SubjectType.TENANT, str(OWNER), Dimension.COST, Window.MONTH, ROWS),
    (SubjectType.TENANT, str(OWNER), Dimension.TOKENS, Window.MONTH, ROWS),
    (SubjectType.TENANT, str(OWNER), Dimension.REQUESTS, Window.MONTH, ROWS),
    (SubjectType.TENANT, str(OWNER), Dimension.COST, Window.TOTAL, ROWS),
    (SubjectType.AGENT, AGENT, Dimension.COST, Window.MONTH, ROWS // AGENTS_CALLS),
    (SubjectType.AGENT, "nobody knows", Dimension.COST, Window.MONTH, 0),
    (SubjectType.TOKEN, str(OWNER), Dimension.COST, Window.MONTH, ROWS),
    (SubjectType.USER, str(uuid7()), Dimension.COST, Window.MONTH, 0),
)
"""Whose use, of what, in which window, and how many calls of the log it is of. The user is newer than all of them."""


def measure(conninfo: str) -> Report:
    """Open each and print the table; `ok` says that every meter began with exactly what the log has."""
    report = new_report("openings", conninfo)
    write_history(conninfo, ROWS)
    report["figures"] = uvloop.run(_open_all(conninfo))
    report["ok"] = all(row["exact"] for row in report["figures"])
    print_table(
        f"The first call under a new limit, {ROWS:,} calls of the tenant in this month", report["figures"]
    )
    return report


async def _open_all(conninfo: str) -> list[dict[str, object]]:
    writer = LedgerWriter(conninfo)
    await writer.start()
    rows = [await _open(writer, *case) for case in CASES]
    await writer.close()
    return rows


async def _open(
    writer: LedgerWriter, kind: SubjectType, subject: str, dimension: Dimension, window: Window, calls: int
) -> dict[str, object]:
    key = MeterKey(
        subject_type=kind.value, subject_id=subject, tenant_id=OWNER, dimension=dimension, window=window
    )
    since = datetime.now(UTC)
    used, first_ms = await _timed(writer, key, since)
    _, next_ms = await _timed(writer, key, since)
    return {
        "whose": kind.value,
        "counts": f"{dimension}/{window}",
        "first_call_ms": first_ms,
        "next_call_ms": next_ms,
        "exact": used == calls * EACH[dimension],
    }


async def _timed(writer: LedgerWriter, key: MeterKey, since: datetime) -> tuple[int, float]:
    """What the meter says is used, and how long the call that asked for it waited."""
    id_: UUID = uuid7()
    line = HoldLine(meter=key, amount=1, limit=LIMIT, counts_since=since)
    command = Reserve(
        reservation_id=id_,
        tenant_id=OWNER,
        lines=(line,),
        labels=Labels(request_id="", task=""),
        bound=Amounts(),
    )
    started = perf_counter()
    answer = await writer.submit(command)
    took_ms = (perf_counter() - started) * 1_000
    assert isinstance(answer, Granted)
    await writer.submit(Release(reservation_id=id_, tenant_id=OWNER))
    return answer.balances[0].used, round(took_ms, 1)
