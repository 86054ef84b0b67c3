"""A TCP relay in front of a gateway that notes what is asked: `POST /api/auth/token/refresh` and so on."""

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

REQUEST = re.compile(rb"(?:^|\r\n)((?:GET|POST) /\S*) HTTP/1\.1\r\n")
STATUS = re.compile(rb"HTTP/1\.1 (\d{3}) ")


class Tap:
    """`url` leads through it to the gateway."""

    def __init__(self, target: str) -> None:
        self._target = ("127.0.0.1", int(target.rpartition(":")[2]))
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.requests: list[str] = []
        self.statuses: list[int] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def count(self, path: str) -> int:
        return sum(request.endswith(f" {path}") for request in self.requests)

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far = socket.create_connection(self._target)
                for source, sink, note in ((near, far, self._asked), (far, near, self._answered)):
                    threading.Thread(target=self._pump, args=(source, sink, note), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket, note: object) -> None:
        with suppress(OSError):
            while data := source.recv(1 << 16):
                note(data)  # type: ignore[operator]
                sink.sendall(data)
        for end in (source, sink):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _asked(self, data: bytes) -> None:
        self.requests += [found.decode() for found in REQUEST.findall(data)]

    def _answered(self, data: bytes) -> None:
        self.statuses += [int(found) for found in STATUS.findall(data)]


@contextmanager
def tapped(url: str) -> Iterator[Tap]:
    tap = Tap(url)
    try:
        yield tap
    finally:
        tap.close()
