"""How long a vendor may take, beside the whole call's own deadline."""

from msgspec import Struct


class Timeouts(Struct, frozen=True, kw_only=True):
    """Seconds. The defaults let reasoning models think and still notice a vendor that hangs."""

    connect_s: float = 5.0
    first_byte_s: float = 3600.0
    """Until an answer begins, whatever longer time the call itself has."""
    gap_s: float = 120.0
    """Between two reads of an answer that has begun."""
    end_s: float = 10.0
    """After all choices have ended: for the usage and the end of the stream."""
    error_body_s: float = 2.0
    """For the body of a refusal, which is a refusal without it too."""
