"""Migration 0021: meters that belonged to budgets become meters of what they count, exactly, and nothing is lost."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from django.conf import settings
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from metering.ids import derived_id, uuid7
from metering.ledger.audit import verify_ledger
from metering.ledger.recount import recount_meters
from metering.ledger.windows import window_bounds
from metering.types import Window

ROOT = Path(__file__).parents[4]
BEFORE = "0020_sentences_of_constraints"
SET_UP = "import django; django.setup(); from tests.support.squashed import migrate_singly"
ALDER, PERSON = uuid7(), uuid7()
NOW = datetime.now(UTC)
COUNTED = """
SELECT subject_type, subject_id, dimension, "window", used, held FROM metering_usagemeter WHERE NOT retired
ORDER BY dimension, subject_type
"""
KEYS = """
SELECT conrelid::regclass::text, conname FROM pg_constraint
WHERE contype = 'f' AND connamespace = 'public'::regnamespace
"""


def with_django(conninfo: str, *command: str) -> None:
    """Runs Python with these arguments, for this database."""
    parts = conninfo_to_dict(conninfo)
    url = "postgresql://{user}:{password}@{host}:{port}/{dbname}".format(**parts)
    subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": url, "LEDGER_DATABASE_URL": url},
        check=True,
    )


@pytest.fixture(scope="module")
def as_before(django_db_setup: None) -> Iterator[str]:
    """A database of its own, as it was before the migration, without rows of the ledger."""
    server = settings.LEDGER_DATABASE_URL
    name = f"test_merge_{uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
    conninfo = make_conninfo(server, dbname=name)
    with_django(conninfo, "-c", f"{SET_UP}; migrate_singly({BEFORE!r})")
    yield conninfo
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())


class Old:
    """Rows as they were written before."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self._connection = connection

    def row(self, table: str, **values: Any) -> Any:
        columns = ", ".join(f'"{name}"' for name in values)
        places = ", ".join(["%s"] * len(values))
        text = f"INSERT INTO metering_{table} ({columns}) VALUES ({places}) RETURNING id"
        found = self._connection.execute(text.encode(), list(values.values())).fetchone()
        assert found is not None
        return found[0]

    def budget(
        self, *, per: str = "tenant", scope: str = "plan", scope_id: str = "PRO", **facts: Any
    ) -> UUID:
        values = {
            "id": uuid7(), "scope": scope, "scope_id": scope_id, "per": per, "dimension": "requests",
            "window": "month", "amount": 3, "hard": True, "mode": "enforce", "enforce_percent": 100,
            "on_expiry": "charge", "thresholds": [80], "is_active": True, "created_at": NOW - timedelta(days=400),
        }  # fmt: skip
        return UUID(str(self.row("budget", **(values | facts))))

    def rule(self) -> UUID:
        values = {
            "id": uuid7(), "scope": "plan", "scope_id": f"PLAN {uuid4()}", "key": "max_concurrent", "value": "5",
            "conditions": "{}", "priority": 0, "mode": "enforce", "enforce_percent": 100, "is_active": True,
            "created_at": NOW,
        }  # fmt: skip
        return UUID(str(self.row("policyrule", **values)))

    def meter(
        self, budget: UUID, subject_type: str = "tenant", subject_id: str = str(ALDER), **facts: Any
    ) -> int:
        values = {"dimension": "requests", "window": "month", "used": 0, "held": 0} | facts
        start, end = window_bounds(Window(values["window"]), NOW)
        return int(
            self.row(
                "usagemeter", budget_id=budget, tenant_id=ALDER, subject_type=subject_type, subject_id=subject_id,
                timezone="UTC", week_start=0, window_start=start, window_end=end, overrun=0, unenforced=0, uncovered=0,
                highest_limit=100, **values,
            )
        )  # fmt: skip

    def call(self, *meters: int, settled: bool = True, user: UUID | None = None) -> None:
        """One request of a bare token, or a user's, on these meters."""
        id_, shared = uuid7(), {"tenant_id": ALDER, "task": "LLM0_CHAT", "request_id": "r", "user_id": user}
        shared |= {"request_model": "m", "model_class": "BASE_S", "provider_name": "sandbox"}
        nothing = dict.fromkeys(
            ("input_tokens", "output_tokens", "cost_nano_usd", "api_calls", "files", "steps"), 0
        )
        ids = list(meters)
        ones = [1] * len(ids)
        self.row(
            "usagereservation", id=id_, state=1 if settled else 0, version=1, provisional=False, created_at=NOW,
            lease_expires_at=NOW + timedelta(hours=1), ended_at=NOW if settled else None, body_digest=1, meter_ids=ids,
            amounts=ones, unenforced=[0] * len(ids), flags=[0] * len(ids), **shared, **nothing,
        )  # fmt: skip
        if not settled:
            return
        self.row(
            "usagelog", id=derived_id(id_, 1), reservation_id=id_, attempt=1, response_model="m", latency_ms=1,
            cached_input_tokens=0, cache_write_tokens=0, reasoning_tokens=0, outcome="ok", estimated=False,
            started_at=NOW, recorded_at=NOW, **shared, **nothing,
        )  # fmt: skip
        charges = [0 if meter in self.calls_at_once else 1 for meter in ids]
        self.row(
            "ledgerentry", id=id_, reservation_id=id_, tenant_id=ALDER, kind=1, recorded_at=NOW, meter_ids=ids,
            charges=charges, requests=1, **nothing,
        )  # fmt: skip

    calls_at_once: frozenset[int] = frozenset()


def test_meters_of_one_thing_become_one_that_counts_each_call_once(as_before: str) -> None:
    with psycopg.connect(as_before, autocommit=True) as connection:
        for table, name in connection.execute(KEYS).fetchall():  # the rows around the ledger's are not made
            connection.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"'.encode())
        old = Old(connection)
        pro, large = old.budget(), old.budget(scope_id="LARGE", amount=5)
        each_user, first, second = old.budget(per="user"), old.rule(), old.rule()
        of_pro = old.meter(pro, used=2)
        of_large = old.meter(large, used=2, held=1)
        person = old.meter(each_user, "user", str(PERSON), used=1)
        deleted = old.meter(uuid7(), "tenant", str(ALDER), used=1)
        at_once = {"dimension": "concurrency", "window": "none"}
        one, two = old.meter(first, **at_once), old.meter(second, held=1, **at_once)
        old.calls_at_once = frozenset({one, two})
        old.call(of_pro, one)
        old.call(of_pro, of_large, one)
        old.call(of_large, two, person, user=PERSON)
        old.call(deleted)
        old.call(of_large, two, settled=False)

    # That migration, and those since: what counts again is of today.
    with_django(as_before, "manage.py", "migrate", "--verbosity=0", "--skip-checks")

    assert verify_ledger(as_before) == [], "before anything was counted again"
    asyncio.run(recount_meters(as_before))
    with psycopg.connect(as_before) as connection:
        assert connection.execute(COUNTED).fetchall() == [
            ("tenant", str(ALDER), "concurrency", "none", 0, 1),
            ("tenant", str(ALDER), "requests", "month", 4, 1),
            ("user", str(PERSON), "requests", "month", 1, 0),
        ]
        retired = connection.execute("SELECT count(*) FROM metering_usagemeter WHERE retired").fetchone()
        assert retired == (3,)
    assert verify_ledger(as_before) == []
