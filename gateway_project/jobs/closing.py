"""Whether this worker was asked to end. Its jobs then have a moment to end by themselves; what is left is given back.

A job that is given back is begun by the next worker at once, and not counted as lost.
"""

import time

GRACE_S = 10.0
"""Shorter than a launcher waits for a worker (`launcher/children.py`: DRAIN_TIMEOUT_S), settlements included."""
_over_at_s: float | None = None


def close() -> None:
    """Take on no job any more. Callable from a signal handler."""
    global _over_at_s
    _over_at_s = time.monotonic() + GRACE_S


def is_closing() -> bool:
    """Whether this worker takes on no job any more."""
    return _over_at_s is not None


def is_grace_over() -> bool:
    """Whether jobs are given back now."""
    return _over_at_s is not None and time.monotonic() >= _over_at_s
