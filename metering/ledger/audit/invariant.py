"""A truth about the ledger's rows, as a query that finds the rows of which it is not so."""

from msgspec import Struct

METER, HOLD = "metering_usagemeter", "metering_usagereservation"
ENTRY, ATTEMPT = "metering_ledgerentry", "metering_usagelog"
ALERT = "metering_quotaalert"
BALANCE = "metering_closingbalance"


class Invariant(Struct, frozen=True):
    """A named truth about one table. The query answers (id, expected, actual); `%` is doubled for psycopg."""

    name: str
    table: str
    query: str
