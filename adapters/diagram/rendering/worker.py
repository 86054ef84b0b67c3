"""One process that draws: a line of JSON to it, a line of JSON back, and its end if it takes too long or says too much.

Once it is ready it can open nothing any more, neither file nor socket (on Linux, by its limit of open files).
"""

import os
import resource
import selectors
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import msgspec

from adapters.diagram.rendering.errors import RendererMissing, RenderStopped
from adapters.diagram.rendering.programs import Program

CONFINED = str(Path(__file__).resolve().with_name("confined.py"))
START_LIMIT_S = 30.0
CHUNK_BYTES = 65_536


class Worker:
    """Blocking, for one thread at a time. After a RenderStopped it is dead."""

    def __init__(self, program: Program, *, limit_bytes: int) -> None:
        self._limit_bytes = limit_bytes
        self.served = 0
        self._process = subprocess.Popen(
            [
                sys.executable,
                "-I",
                "-B",
                CONFINED,
                str(program.cpu_s),
                str(program.data_bytes),
                *program.command,
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            cwd="/",
            env={"LANG": "C.UTF-8"},  # and none of the gateway's secrets
            start_new_session=True,
        )
        if self._process.stdin is None or self._process.stdout is None:
            raise TypeError("Both are pipes.")
        self._in, self._out = self._process.stdin.fileno(), self._process.stdout.fileno()
        os.set_blocking(self._in, False)
        os.set_blocking(self._out, False)
        try:
            self._exchange(b"", START_LIMIT_S)
            _close_doors(self._process.pid)
        except RenderStopped as error:
            self.end()
            raise RendererMissing(f"The renderer does not start: {program.command[0]}") from error
        except BaseException:
            self.end()
            raise

    @property
    def pid(self) -> int:
        return self._process.pid

    def ask(self, wanted: dict[str, Any], limit_s: float) -> dict[str, Any]:
        """Its answer. Raises RenderStopped, after which the process is gone."""
        self.served += 1
        try:
            answer = msgspec.json.decode(
                self._exchange(msgspec.json.encode(wanted) + b"\n", limit_s), type=dict
            )
        except msgspec.DecodeError:
            self.end()
            raise RenderStopped("The renderer's answer cannot be read.") from None
        except BaseException:
            self.end()
            raise
        if answer.get("last"):
            self.end()
        return answer

    def is_alive(self) -> bool:
        return self._process.poll() is None

    def end(self) -> None:
        """Kills it and waits until it is gone; nothing happens if it is."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def _exchange(self, request: bytes, limit_s: float) -> bytes:
        """Sends while it reads, so that neither side waits for a full pipe."""
        deadline, answer, unsent = time.monotonic() + limit_s, bytearray(), memoryview(request)
        with selectors.DefaultSelector() as selector:
            selector.register(self._out, selectors.EVENT_READ)
            if unsent:
                selector.register(self._in, selectors.EVENT_WRITE)
            while not answer.endswith(b"\n"):
                ready = selector.select(max(deadline - time.monotonic(), 0))
                if not ready:
                    raise RenderStopped(f"The renderer took longer than {limit_s:g} seconds and was stopped.")
                for key, _ in ready:
                    if key.fd == self._in:
                        unsent = unsent[self._send(unsent) :]
                        if not unsent:
                            selector.unregister(self._in)
                    else:
                        answer += self._receive()
                if len(answer) > self._limit_bytes:
                    raise RenderStopped(f"The picture is larger than {self._limit_bytes} bytes.")
        return bytes(answer)

    def _send(self, unsent: memoryview) -> int:
        try:
            return os.write(self._in, unsent[:CHUNK_BYTES])
        except BlockingIOError:
            return 0
        except BrokenPipeError:
            raise self._ended() from None

    def _receive(self) -> bytes:
        try:
            received = os.read(self._out, CHUNK_BYTES)
        except BlockingIOError:
            return b""
        if not received:
            raise self._ended()
        return received

    def _ended(self) -> RenderStopped:
        return RenderStopped(
            "The renderer ended by itself: the diagram needs more memory or time than it may use."
        )


def _close_doors(pid: int) -> None:
    """What is open stays open; a further file or socket is refused by the system."""
    if sys.platform == "linux":
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (0, 0))
