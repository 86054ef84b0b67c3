"""Why a vendor's figures and ours differ, and what of it is booked."""

from enum import StrEnum


class Cause(StrEnum):
    """Why a vendor's cost of a day and model is another one than ours."""

    ROUNDING = "rounding"
    """No more than the vendor's last digit and our rounding up of each call."""
    DAY_EDGE = "day_edge"
    """Calls around midnight that the vendor counts on the other day."""
    PRICED_OTHERWISE = "priced_otherwise"
    """For the same tokens the vendor asks another price than our catalog knows."""
    ESTIMATED = "estimated"
    """Calls of which the vendor had told us no usage that could be believed."""
    CUT = "cut"
    """Calls whose answer broke off, so that its usage never came."""
    OTHER_KEYS = "other_keys"
    """Calls with keys of the vendor's account that are not the gateway's."""
    FOREIGN = "foreign"
    """Calls with the gateway's keys that did not come through the gateway."""
    UNEXPLAINED = "unexplained"
    """None of these: somebody has to look."""


class BookedFor(StrEnum):
    """What corrections say that they are for, as their reason in the ledger. They are known by it, so it stays."""

    USAGE = "The vendor's report: what had been estimated"
    PRICE = "The vendor's report: the price"


NOT_OURS = (Cause.DAY_EDGE, Cause.OTHER_KEYS, Cause.FOREIGN)
"""Differences that say nothing of how well we metered."""
