"""The audit after every test that spends, at a third of the cost of `verify_ledger` for a ledger of a few rows."""

from metering.ledger.audit.verify import Violation, verify_through
from tests.kept_connections import kept_connection


def violations(conninfo: str) -> list[Violation]:
    """What `verify_ledger` finds."""
    return verify_through(kept_connection(conninfo, "audit"))
