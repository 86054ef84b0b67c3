"""The rows after a place in the books, in the order in which the ledger recorded their entries.

An entry is never edited, and it is written with its attempts. A settled call's rows are its attempts. Of an expired
call the attempt's row in the usage log is replaced when the truth arrives, so its rows are the entries themselves: the
provisional charge, and the true-up. Corrections are entries too. What was given back has no rows.

The ledger numbers attempts and entries apart from each other, so that an entry may have an attempt's id. As a row it
has another one, in which a bit is changed that no attempt's number reaches.

Clocks order entries, commits do not: an entry is read only once it is older than SETTLES_WITHIN, when all that were
recorded before it can be seen.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from metering.ids import derived_id
from metering.ledger.use import first_attempt_of
from metering.models import BillingProfile, Tenant
from metering.rollups.changed import SETTLES_WITHIN
from metering.usage.fetch import fetch
from metering.usage_export.row import Cursor, ExportRow, Kind

STEP = timedelta(minutes=15)
"""So much is read at once; where there is nothing, four times as much, and so on."""
TIMEOUT_S = 120
ENTRY_BIT = 0x8000
_LABELS = ("task", "request_model", "provider_name", "team_id", "user_id")
_AMOUNTS = ("requests", "input_tokens", "output_tokens", "cost_nano_usd")
_ENTRIES = """
SELECT id, reservation_id, tenant_id, kind, recorded_at, requests, input_tokens, output_tokens, cost_nano_usd
FROM metering_ledgerentry
WHERE recorded_at >= %(since)s AND recorded_at <= %(until)s AND (recorded_at, id) > (%(since)s, %(after)s)
    AND (%(last)s::uuid IS NULL OR (recorded_at, id) <= (%(until)s, %(last)s))
ORDER BY recorded_at, id LIMIT %(limit)s
"""
_FAMILY = "overlay(entry.reservation_id::text placing '{}' from 33)::uuid"
"""Attempts have their reservation's id but for its last bits."""
ROWS = f"""
WITH entry AS MATERIALIZED ({_ENTRIES})
SELECT entry.id AS entry_id, entry.kind, entry.recorded_at, entry.reservation_id, entry.tenant_id,
    metering_moment(entry.reservation_id) AS called_at, attempt.id, attempt.requests, attempt.input_tokens,
    attempt.cached_input_tokens, attempt.output_tokens, attempt.cost_nano_usd,
    {", ".join(f"attempt.{name}" for name in _LABELS)}
FROM entry CROSS JOIN LATERAL (
    SELECT log.id, (log.attempt = 1)::int * entry.requests AS requests, log.input_tokens, log.cached_input_tokens,
        log.output_tokens, log.cost_nano_usd, {", ".join(f"log.{name}" for name in _LABELS)}
    FROM metering_usagelog log
    WHERE entry.kind = 1 AND log.reservation_id = entry.reservation_id
        AND log.id BETWEEN {_FAMILY.format("0000")} AND {_FAMILY.format("ffff")}
    UNION ALL
    SELECT entry.id, entry.requests, entry.input_tokens, 0, entry.output_tokens, entry.cost_nano_usd,
        {", ".join(f"log.{name}" for name in _LABELS)}
    FROM (SELECT) whole LEFT JOIN metering_usagelog log ON log.id = {first_attempt_of("entry.reservation_id")}
    WHERE entry.kind IN (3, 4, 5)
) attempt
ORDER BY entry.recorded_at, entry.id, attempt.id
"""  # noqa: S608 - constants of this file
_KINDS = {1: Kind.ATTEMPT, 3: Kind.PROVISIONAL, 4: Kind.TRUE_UP, 5: Kind.CORRECTION}


def horizon() -> datetime:
    """Until when all that was recorded can be seen, by the database's clock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        now: datetime = cursor.fetchone()[0]
    return now - SETTLES_WITHIN


def rows_after(place: Cursor, *, until: datetime, entries: int) -> tuple[list[ExportRow], Cursor]:
    """The rows of at most so many entries that were recorded up to `until`, and the place after them."""
    step = STEP
    while True:
        end = min(until, place.recorded_at + step)
        found, last = _read(place, end, None, entries)
        if last is not None or end >= until:
            return found, last or place
        step *= 4


def next_recorded_at(place: Cursor, *, until: datetime) -> datetime | None:
    """When the first entry after the place was recorded; None: there is none up to `until`."""
    step = STEP
    while True:
        end = min(until, place.recorded_at + step)
        bounds = {"since": place.recorded_at, "after": place.entry_id, "until": end, "last": None, "limit": 1}
        found = fetch(_ENTRIES, bounds)
        if found or end >= until:
            return found[0]["recorded_at"] if found else None
        step *= 4


def rows_between(place: Cursor, last: Cursor) -> list[ExportRow]:
    """The rows of the entries after one place up to another: the same whenever it is asked."""
    return _read(place, last.recorded_at, last, None)[0]


def _read(
    place: Cursor, until: datetime, last: Cursor | None, limit: int | None
) -> tuple[list[ExportRow], Cursor | None]:
    """With the last entry that was read, also where it has no rows; None: there was none."""
    bounds = {
        "since": place.recorded_at,
        "after": place.entry_id,
        "until": until,
        "last": last and last.entry_id,
        "limit": limit,
    }
    entries = fetch(_ENTRIES, bounds, timeout_s=TIMEOUT_S)
    if not entries:
        return [], None
    end = Cursor(entries[-1]["recorded_at"], entries[-1]["id"])
    found = fetch(ROWS, {**bounds, "until": end.recorded_at, "last": end.entry_id}, timeout_s=TIMEOUT_S)
    ids = {row["tenant_id"] for row in found}
    slugs = dict(Tenant.objects.filter(pk__in=ids).values_list("pk", "slug"))
    named = dict(BillingProfile.objects.filter(pk__in=ids).values_list("pk", "customer_id"))
    return [_row(row, slugs, named) for row in found], end


def _row(row: dict[str, Any], slugs: dict[Any, str], named: dict[Any, str]) -> ExportRow:
    kind = _KINDS[row["kind"]]
    return ExportRow(
        id=row["id"] if kind is Kind.ATTEMPT else derived_id(row["entry_id"], ENTRY_BIT),
        kind=kind,
        entry=Cursor(row["recorded_at"], row["entry_id"]),
        reservation_id=row["reservation_id"],
        tenant=slugs.get(row["tenant_id"], str(row["tenant_id"])),
        customer_id=named.get(row["tenant_id"], ""),
        called_at=row["called_at"],
        recorded_at=row["recorded_at"],
        task=row["task"] or "",
        model=row["request_model"] or "",
        provider=row["provider_name"] or "",
        team_id=row["team_id"],
        user_id=row["user_id"],
        cached_input_tokens=row["cached_input_tokens"],
        **{name: row[name] for name in _AMOUNTS},
    )
