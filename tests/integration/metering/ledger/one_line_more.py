"""Run by test_one_line_more.py, where metering has one more dimension and one more label: a call with both of them.

Says on its standard output, as JSON, what became of it.
"""

import asyncio
import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import django

django.setup()

from django.conf import settings  # noqa: E402 - Django has to be set up before its models are imported
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.db.migrations.loader import MigrationLoader  # noqa: E402

from metering.amounts import Amounts  # noqa: E402
from metering.ids import uuid7  # noqa: E402
from metering.labels import Labels  # noqa: E402
from metering.ledger.audit import verify_ledger  # noqa: E402
from metering.ledger.commands import Attempt, HoldLine, MeterKey, Reserve, Settle  # noqa: E402
from metering.ledger.results import Result  # noqa: E402
from metering.ledger.writer import LedgerWriter  # noqa: E402
from metering.types import Dimension, Window  # noqa: E402
from metering.usage.filters import UsageFilter  # noqa: E402
from metering.usage.summary import usage_summary  # noqa: E402

TENANT = UUID(int=0xA)
HELD: dict[str, Any] = {"pictures": 5}
USED: dict[str, Any] = {"pictures": 3}
LABEL: dict[str, Any] = {"project_id": "the bridge"}


async def call() -> list[Result]:
    """Five pictures held and three used; after that the budget of seven has no room for five."""
    writer = LedgerWriter(settings.LEDGER_DATABASE_URL)
    await writer.start()
    first, second = uuid7(), uuid7()
    try:
        return [
            await writer.submit(reserve(first)),
            await writer.submit(Settle(reservation_id=first, attempts=(attempt(),))),
            await writer.submit(reserve(second)),
        ]
    finally:
        await writer.close()


def reserve(id_: UUID) -> Reserve:
    meter = MeterKey(
        subject_type="tenant",
        subject_id=str(TENANT),
        tenant_id=TENANT,
        dimension=Dimension("pictures"),
        window=Window.DAY,
    )
    return Reserve(
        reservation_id=id_,
        tenant_id=TENANT,
        lines=(HoldLine(meter=meter, amount=5, limit=7),),
        labels=Labels(request_id="r", task="LLM0_CHAT", provider_name="sandbox", **LABEL),
        bound=Amounts(**HELD),
    )


def attempt() -> Attempt:
    return Attempt(
        number=1,
        provider_name="sandbox",
        response_model="m",
        started_at=datetime.now(UTC),
        latency_ms=1,
        **USED,
    )


def main() -> None:
    _, before = MigrationLoader(connection).graph.leaf_nodes("metering")[0]
    call_command("makemigrations", "metering", name="one_line_more", verbosity=0)
    call_command("migrate", "metering", verbosity=0)
    try:
        results = asyncio.run(call())
        rows = usage_summary(UsageFilter(), by="project")
        found = {
            "answers": [type(result).__name__ for result in results],
            "report": [{name: row[name] for name in ("project", "pictures")} for row in rows],
            "broken": [str(broken) for broken in verify_ledger(settings.LEDGER_DATABASE_URL)],
        }
    finally:
        call_command("migrate", "metering", before, verbosity=0)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
