"""Exceptions that tell a store to begin a batch again, or to carry it out in parts."""

import asyncio
from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from metering.ledger.commands import Release


class BatchConflict(Exception):
    """Another process changed what this batch was built on; nothing was written, and it is to be tried again."""


class UnknownReleased(Exception):
    """Releases that would leave tombstones came in company; nothing was written, and each is to be tried alone."""

    def __init__(self, releases: Sequence[Release]) -> None:
        super().__init__(f"{len(releases)} releases of unknown reservations")
        self.releases = releases


class MustLookBack(Exception):
    """Some commands need meters that are being opened; nothing was written, and the others need not wait for it."""

    def __init__(self, reservations: Collection[UUID], opened: "asyncio.Future[Any]") -> None:
        super().__init__(f"{len(reservations)} commands wait for meters that are being opened")
        self.reservations = reservations
        self.opened = opened
        """Done when they are worth another try."""
