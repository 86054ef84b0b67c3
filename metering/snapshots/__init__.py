"""Database answers kept in process memory until they change, and how a process hears of changes."""

from metering.snapshots.changes import Changes
from metering.snapshots.snapshots import Snapshots

__all__ = ["Changes", "Snapshots"]
