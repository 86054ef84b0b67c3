"""The vendor's bill beside the gateway's books, call by call."""

import time
from typing import Any

import psycopg

from bench.resilience.vendor import Billed, Vendor
from metering.ledger.audit import verify_ledger

END_TIMEOUT_S = 180.0
HELD = "SELECT count(*) FROM metering_usagereservation WHERE state = 0"
ROWS = "SELECT id::text, estimated, input_tokens, output_tokens, cost_nano_usd FROM metering_usagelog"
Comparison = dict[str, Any]


def until_all_has_ended(database: str, vendor: Vendor) -> None:
    """Until the vendor answers nobody and nothing is held: settlements come after answers."""
    deadline = time.monotonic() + END_TIMEOUT_S
    with psycopg.connect(database, autocommit=True) as connection:
        while vendor.at_once() or (connection.execute(HELD).fetchone() or (0,))[0]:
            if time.monotonic() > deadline:
                raise RuntimeError(f"calls or holds were left after {END_TIMEOUT_S:.0f} s")
            time.sleep(0.2)


def compare(database: str, bill: Billed) -> Comparison:
    """Compare every call of the vendor's bill with its usage row, and verify the ledger.

    without a row: the vendor has seen it. lost: and has billed it. less, more: the row has less or more than was
    billed, and is not marked as estimated. estimated: rows that are marked. too low: of these, with less than was
    billed, such as a stream that the vendor broke off and bills in full.
    """
    with psycopg.connect(database, autocommit=True) as connection:
        rows = {id_: facts for id_, *facts in connection.execute(ROWS).fetchall()}
    costs = {id_: billed["cost_nano_usd"] if billed else 0 for id_, billed in bill.items()}
    exact = {id_: facts for id_, facts in rows.items() if not facts[0]}
    return {
        "billed calls": sum(billed is not None for billed in bill.values()),
        "rows": len(rows),
        "without a row": len(costs.keys() - rows.keys()),
        "lost": sum(cost > 0 and id_ not in rows for id_, cost in costs.items()),
        "less": sum(facts[3] < costs.get(id_, 0) for id_, facts in exact.items()),
        "more": sum(facts[3] > costs.get(id_, 0) for id_, facts in exact.items()),
        "estimated": len(rows) - len(exact),
        "too low": sum(facts[0] and facts[3] < costs.get(id_, 0) for id_, facts in rows.items()),
        "vendor_usd": sum(costs.values()) / 1e9,
        "ledger_usd": sum(facts[3] for facts in rows.values()) / 1e9,
        "violations": len(verify_ledger(database)),
    }


def lost_usd(database: str, bill: Billed) -> float:
    """What was billed for calls that have no row."""
    with psycopg.connect(database, autocommit=True) as connection:
        known = {id_ for id_, *_ in connection.execute(ROWS).fetchall()}
    return sum(cost["cost_nano_usd"] for id_, cost in bill.items() if cost and id_ not in known) / 1e9


def is_exact(books: Comparison) -> bool:
    """Nothing lost, nothing doubled, nothing guessed, and books that balance."""
    wrong = ("lost", "less", "more", "estimated", "violations")
    return not any(books[name] for name in wrong) and books["vendor_usd"] == books["ledger_usd"]
