"""What tells a store to begin a batch again."""


class BatchOutdated(Exception):
    """Another process changed what this batch was built on; nothing was written, and it is to be tried again."""
