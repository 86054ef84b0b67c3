"""Finds the connections that this process has accepted, by asking the kernel.

The server (granian) hands out requests, not connections, and one without a request is nowhere in Python. So they are
looked up among the process's open files (Linux; elsewhere there are none), and each is touched through a duplicate,
which stays the same connection even if the server closes its own in that moment.
"""

import os
import socket
import struct
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass

FILES = "/proc/self/fd"
LAST_DATA_RECEIVED = struct.Struct("=52xI")
"""Where TCP_INFO (linux/tcp.h) has the milliseconds since the peer sent anything."""
Peer = tuple[str, int]
"""Address and port of the other end, as ASGI's `client`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """A connection and its peer, as the kernel describes them."""

    file: int
    peer: Peer
    silent_ms: int
    """Milliseconds since the peer sent anything, or since the connection was opened."""


def open_files() -> int:
    """Returns how many files this process has open, or 0 where the system does not say."""
    try:
        return len(os.listdir(FILES))
    except OSError:
        return 0


def accepted() -> list[Accepted]:
    """Returns every connection to the ports on which this process listens."""
    ports: set[int] = set()
    found: list[tuple[int, Accepted]] = []
    for file, each in _tcp_sockets():
        port = each.getsockname()[1]
        if each.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
            ports.add(port)
            continue
        with suppress(OSError):  # it was closed meanwhile
            peer = each.getpeername()[:2]
            info = each.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, LAST_DATA_RECEIVED.size)
            (silent_ms,) = LAST_DATA_RECEIVED.unpack(info)
            found.append((port, Accepted(file=file, peer=peer, silent_ms=silent_ms)))
    return [connection for port, connection in found if port in ports]


def cut(peer: Peer) -> bool:
    """Ends the connection with this peer. Returns False if there is none any more."""
    return any(cut_file(each.file, peer) for each in accepted() if each.peer == peer)


def cut_file(file: int, peer: Peer) -> bool:
    """Ends the connection if it is still the same open file. Returns False otherwise."""
    with suppress(OSError), closing(_duplicate(file)) as each:
        if each.getpeername()[:2] == peer:
            each.shutdown(socket.SHUT_RDWR)
            return True
    return False


def limit_sending(*, stall_s: float, buffer_bytes: int) -> bool:
    """Let the kernel keep so much for a peer at most, and end a connection whose peer acknowledges nothing, or makes no
    room, for so long.

    It applies to those that are accepted from now on. False: this process does not listen yet.
    """
    listening = False
    for _, each in _tcp_sockets():
        if each.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
            each.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(stall_s * 1000))
            each.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, buffer_bytes)
            listening = True
    return listening


def _tcp_sockets() -> Iterator[tuple[int, socket.socket]]:
    """Yield each TCP socket, open while it is looked at, with the number of the file that it duplicates."""
    for name in os.listdir(FILES) if os.path.isdir(FILES) else ():
        with suppress(OSError):
            if os.readlink(f"{FILES}/{name}").startswith("socket:"):
                with closing(_duplicate(int(name))) as each:
                    if each.family in (socket.AF_INET, socket.AF_INET6) and each.type == socket.SOCK_STREAM:
                        yield int(name), each


def _duplicate(file: int) -> socket.socket:
    copy = os.dup(file)
    try:
        return socket.socket(fileno=copy)
    except OSError:
        os.close(copy)
        raise
