"""One token bucket that a policy puts calls under."""

from dataclasses import dataclass

from metering.types import Dimension, Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimit:
    """A bucket that holds `per_minute` units and refills with as many every minute."""

    key: str
    """Names the bucket, the same in every process: dimension, subject and task, not the rule, so that a changed
    rule goes on with the bucket as it is."""
    dimension: Dimension
    """Requests or tokens."""
    per_minute: int
    scope: Scope
    """Of the rule that sets it."""
    name: str
    """How messages call it: scope, dimension and window, such as `plan requests/minute`."""
