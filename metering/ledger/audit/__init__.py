"""`verify_ledger` proves that the ledger balances."""

from metering.ledger.audit.verify import Violation, verify_ledger

__all__ = ["Violation", "verify_ledger"]
