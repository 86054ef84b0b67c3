"""GET /health, /health/live and /health/ready: whether the process runs, and whether it can serve."""

import asyncio
import logging
from collections.abc import Awaitable
from datetime import UTC, datetime

import msgspec
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from starlette.requests import Request
from starlette.responses import Response

from gateway_project.proxy.caller import runtime_of
from gateway_project.wiring import Runtime
from metering.errors import MeteringError
from metering.ids import uuid7
from metering.ledger.commands import Extend
from metering.ledger.partitions import PARTITIONED_TABLES, month_of, partition_name
from metering.ledger.port import Ledger
from metering.orm import in_database_thread

CHECK_TIMEOUT_S = 3.0
logger = logging.getLogger(__name__)


async def live(request: Request) -> Response:
    """200 as long as the event loop turns."""
    return _json({"status": "ok"}, 200)


async def ready(request: Request) -> Response:
    """200 if a call could be served now, else 503; either way what was checked.

    What the gateway can do without for a while does not make it unready, but is told: Redis (each process then
    keeps its own rates), the news of changes (each process then trusts what it read for a second), and vendors that
    have not answered since it began (each is asked again until it does).

    While PostgreSQL is away it is ready all the same if a rule lets somebody in whom it knows (docs/spool.md): a load
    balancer must not take it away then.

    Everybody may ask, so those who ask at the same time share one look: a flood costs the database no more.
    """
    global _looking
    runtime = runtime_of(request)
    if _looking is None or _looking.done() or _looking.get_loop() is not runtime.loop:
        _looking = asyncio.create_task(_look(runtime), name="health.ready")
    checks, good = await asyncio.shield(_looking)
    if not good and runtime.gateway.serves_unseen():
        return _json({"status": "degraded", "checks": {**checks, "spool": "degraded"}}, 200)
    if not good:
        return _json({"status": "unavailable", "checks": checks}, 503)
    degraded = "degraded" in checks.values()
    return _json({"status": "degraded" if degraded else "ok", "checks": checks}, 200)


_looking: asyncio.Task[tuple[dict[str, str], bool]] | None = None


async def _look(runtime: Runtime) -> tuple[dict[str, str], bool]:
    """The result of every check, and whether everything that a call needs is there."""
    needed = {
        "database": in_database_thread(_database_answers),
        "migrations": in_database_thread(_migrations_are_applied),
        "partitions": in_database_thread(_partitions_exist),
        "ledger": _ledger_answers(runtime.writer),
    }
    passed = await asyncio.gather(*[_check(name, question) for name, question in needed.items()])
    checks = {name: "ok" if good else "failed" for name, good in zip(needed, passed, strict=True)}
    spare = {"redis": runtime.redis.is_reachable, "changes": runtime.changes.is_listening}
    if runtime.vendors.unanswered:
        spare["vendors"] = False
    checks |= {name: "ok" if good else "degraded" for name, good in spare.items()}
    return checks, all(passed)


async def _check(name: str, question: Awaitable[bool]) -> bool:
    try:
        async with asyncio.timeout(CHECK_TIMEOUT_S):
            return await question
    except Exception as error:  # noqa: BLE001 - whatever it is, the check has failed
        logger.warning("health.failed", extra={"check": name, "error": type(error).__name__})
        return False


def _database_answers() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        return bool(cursor.fetchone() == (1,))


_applied = False


def _migrations_are_applied() -> bool:
    """Whether every migration is applied. Once true it is not asked again: a running server's are not taken back."""
    global _applied
    if not _applied:
        executor = MigrationExecutor(connection)
        _applied = not executor.migration_plan(executor.loader.graph.leaf_nodes())
    return _applied


def _partitions_exist() -> bool:
    """Whether this month's partitions exist. Without them no usage can be written."""
    month = month_of(datetime.now(UTC))
    names = [partition_name(table, month) for table in PARTITIONED_TABLES]
    with connection.cursor() as cursor:
        cursor.execute("SELECT bool_and(to_regclass(name) IS NOT NULL) FROM unnest(%s::text[]) name", [names])
        return bool(cursor.fetchone() == (True,))


async def _ledger_answers(ledger: Ledger) -> bool:
    """Whether the ledger answers. Renewing a reservation that never existed asks the database and changes nothing."""
    try:
        await ledger.submit(Extend(reservation_id=uuid7(), lease_s=1))
    except MeteringError:
        return False
    return True


def _json(content: object, status: int) -> Response:
    return Response(
        msgspec.json.encode(content),
        status_code=status,
        media_type="application/json",
        headers={"cache-control": "no-store"},
    )
