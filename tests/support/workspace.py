"""A workspace in memory for tests of adapters alone."""

from metering.errors import NotFound, TransitionRefused


class MemoryWorkspace:
    """Implements metering's Workspace for one caller. `held` are the holders whose reservations have not ended."""

    def __init__(self) -> None:
        self.contents: dict[str, bytes] = {}
        self.holders: dict[str, str] = {}
        self.held: set[str] = set()
        self.saves = 0

    async def begin(self, key: str, content: bytes, *, holder: str) -> None:
        assert key not in self.contents
        self.contents[key], self.holders[key] = content, holder

    async def take(self, key: str, *, holder: str) -> bytes | None:
        if key in self.contents and self.holders[key] != holder and self.holders[key] in self.held:
            raise TransitionRefused("Another request works on it.", reason="draft_in_use", state="held")
        self.holders[key] = holder
        return self.contents.get(key)

    async def save(self, key: str, content: bytes, *, holder: str) -> None:
        if key not in self.contents:
            raise NotFound("The draft was deleted.")
        if self.holders[key] != holder:
            raise TransitionRefused("Another request has it.", reason="draft_in_use", state="held")
        self.contents[key] = content
        self.saves += 1
