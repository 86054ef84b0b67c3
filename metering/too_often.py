"""The refusal of somebody who has asked for the same too often, which says when there is room again."""

from datetime import datetime, timedelta

from metering.errors import LimitUsage, RateLimited
from metering.types import Dimension


def too_often(
    message: str, *, what: str, scope: str, most: int, within: timedelta, first: datetime, now: datetime
) -> RateLimited:
    """For its caller to raise. `most` requests were made `within` this time; the `first` of them is the next that
    counts no more.
    """
    reset_at = first + within
    return RateLimited(
        message,
        usage=LimitUsage(
            budget=what,
            scope=scope,
            dimension=Dimension.REQUESTS,
            current=most,
            held=0,
            requested=1,
            limit=most,
            period=f"{within.total_seconds() // 60:.0f}m",
        ),
        reset_at=reset_at,
        retry_after_s=int((reset_at - now).total_seconds()) + 1,
    )
