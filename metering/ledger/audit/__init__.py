"""Proving that the books balance: `verify_ledger`."""

from metering.ledger.audit.verify import Violation, verify_ledger

__all__ = ["Violation", "verify_ledger"]
