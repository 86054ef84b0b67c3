"""Database answers kept in process memory until they change, and how a process hears of changes."""

from metering.snapshots.answers import Snapshots
from metering.snapshots.changes import Changes

__all__ = ["Changes", "Snapshots"]
