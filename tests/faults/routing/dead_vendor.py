"""A vendor of which only the address is left: it accepts connections and resets them unread, and counts them."""

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager

LINGER_NOT = struct.pack("ii", 1, 0)


class DeadVendor:
    def __init__(self) -> None:
        self.connections = 0
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=1_000)
        self.port: int = self._listener.getsockname()[1]

    def reset_all(self) -> None:
        """Until it is closed."""
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_NOT)
            connection.close()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


@contextmanager
def dead_vendor() -> Iterator[DeadVendor]:
    vendor = DeadVendor()
    thread = threading.Thread(target=vendor.reset_all, name="dead-vendor", daemon=True)
    thread.start()
    try:
        yield vendor
    finally:
        vendor.close()
        thread.join(20)
