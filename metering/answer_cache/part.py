"""The pieces in which an answer is kept."""

from typing import NamedTuple

CONTENT, WITH_USAGE, ONLY_USAGE = b"c", b"w", b"u"
"""How a kept piece begins: a whole answer or an event of a stream; an event that tells the usage, or nothing else."""


class Part(NamedTuple):
    """A whole answer, or one event of a stream."""

    data: bytes
    mark: bytes = CONTENT
