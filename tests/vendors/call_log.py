"""What the vendor saw: the truth that a test holds the gateway's books against."""

import threading
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(kw_only=True)
class SeenCall:
    """One request. Times are seconds of the wall clock."""

    attempt_id: str
    path: str
    peer: str
    """The connection that it came on."""
    headers: dict[str, str]
    body: dict[str, Any]
    started_at: float
    ended_at: float | None = None
    status: int | None = None
    chunks: int = 0
    """Stream chunks that went out."""
    whole: bool = False
    """Whether the whole answer went out and the connection still stood."""
    usage: dict[str, Any] | None = None
    """What was billed: set once the answer is made, whether or not anybody received it."""


@dataclass
class CallLog:
    """Every call since the start or the last `clear`. Read and written from different threads."""

    calls: list[SeenCall] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0
    """The most calls that were in at the same time."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(self, path: str, peer: str, headers: Mapping[str, str], body: dict[str, Any]) -> SeenCall:
        shown = {name.lower(): value for name, value in headers.items()}
        call = SeenCall(
            attempt_id=shown.get("x-gateway-attempt-id", ""),
            path=path,
            peer=peer,
            headers=shown,
            body=body,
            started_at=time.time(),
        )
        with self._lock:
            self.calls.append(call)
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        return call

    def end(self, call: SeenCall) -> None:
        with self._lock:
            call.ended_at = time.time()
            self.at_once -= 1

    def clear(self) -> None:
        with self._lock:
            self.calls.clear()
            self.most_at_once = self.at_once

    def shown(self) -> dict[str, Any]:
        """For a test in another process."""
        with self._lock:
            return {
                "calls": [asdict(call) for call in self.calls],
                "at_once": self.at_once,
                "most_at_once": self.most_at_once,
            }
