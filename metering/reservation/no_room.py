"""What the ledger answers to a hold for which there is no room."""

from msgspec import Struct

from metering.ledger.results import LineDenial
from metering.policy.values import MeterLimits


class NoRoom(Struct, frozen=True):
    """The limits that a call asked for, and the denials of those that were short: nothing was held on any."""

    limits: MeterLimits
    denials: tuple[LineDenial, ...]
    """`line` of each is its limit's place."""
    holds_already: bool = False
    """Whether an enlargement was denied, whose own reservation holds a part of the budget: waiting does not help."""
