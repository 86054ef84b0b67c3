"""What tells a store to begin a batch again."""

from collections.abc import Sequence

from metering.ledger.commands import Release


class BatchOutdated(Exception):
    """Another process changed what this batch was built on; nothing was written, and it is to be tried again."""


class UnknownReleased(Exception):
    """Releases that would leave tombstones came in company; nothing was written, and each is to be tried alone."""

    def __init__(self, releases: Sequence[Release]) -> None:
        super().__init__(f"{len(releases)} releases of unknown reservations")
        self.releases = releases
