"""What a planted corruption is, and the beginnings of the statements that plant it."""

from dataclasses import dataclass

from metering.ledger.audit.invariant import Invariant

METER = "UPDATE metering_usagemeter SET"
HOLD = "UPDATE metering_usagereservation SET"
ENTRY = "UPDATE metering_ledgerentry SET"
LOG = "UPDATE metering_usagelog SET"
BALANCE = "UPDATE metering_closingbalance SET"


@dataclass(frozen=True)
class Plant:
    """`sql` breaks `invariant` on the row that the lived-in ledger calls `row`."""

    what: str
    invariant: Invariant
    row: str
    sql: str
