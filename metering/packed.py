"""Parts of a text packed while they come, so that a long answer stays small. Bounded on both sides."""

import zlib
from collections.abc import Iterator

LENGTH_BYTES = 4


class PackedParts:
    """Parts in order, as long as they are short enough together, plain and packed."""

    def __init__(self, *, most_bytes: int, most_packed: int) -> None:
        # A small window: 30 KB for each running call, and events of one stream repeat themselves closely.
        self._packer = zlib.compressobj(level=1, wbits=12, memLevel=5)
        self._packed: list[bytes] = []
        self._most_bytes, self._most_packed = most_bytes, most_packed
        self._bytes = 0
        self._packed_bytes = 0

    @property
    def is_too_long(self) -> bool:
        """Whether there is more than may be kept."""
        return self._bytes > self._most_bytes or self._packed_bytes > self._most_packed

    def add(self, part: bytes) -> None:
        """Add one more part."""
        self._bytes += len(part)
        if self.is_too_long:
            self._packed.clear()
            return
        self._pack(self._packer.compress(len(part).to_bytes(LENGTH_BYTES, "big") + part))

    def finish(self) -> bytes | None:
        """Return all parts, compressed; None: they are too long. It is called once."""
        if self.is_too_long:
            return None
        self._pack(self._packer.flush())
        return None if self.is_too_long else b"".join(self._packed)

    def _pack(self, packed: bytes) -> None:
        self._packed.append(packed)
        self._packed_bytes += len(packed)


def parts_of(packed: bytes) -> Iterator[bytes]:
    """Yield the parts of what `finish` returned, in order."""
    content = zlib.decompress(packed)
    place = 0
    while place < len(content):
        start = place + LENGTH_BYTES
        place = start + int.from_bytes(content[place:start], "big")
        yield content[start:place]
