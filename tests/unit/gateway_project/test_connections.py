"""The connections that a process has accepted, and whom it ends when places are short."""

import resource
import socket
from collections.abc import Iterator
from contextlib import closing

import pytest

from gateway_project.connections.accepted import Accepted, accepted, cut, cut_file, limit_sending, open_files
from gateway_project.connections.make_room import raise_file_limit, to_end


def peers(connections: list[Accepted]) -> list[tuple[str, int]]:
    return [each.peer for each in connections]


def connection(address: str, port: int, silent_ms: int) -> Accepted:
    return Accepted(file=port, peer=(address, port), silent_ms=silent_ms)


class Pair:
    """Both ends of a connection to a port of this process."""

    def __init__(self, listener: socket.socket) -> None:
        self.caller = socket.create_connection(listener.getsockname())
        self.server, _ = listener.accept()
        self.caller.settimeout(5)

    @property
    def name(self) -> tuple[str, int]:
        host, port = self.caller.getsockname()
        return host, port

    def close(self) -> None:
        self.caller.close()
        self.server.close()


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener


@pytest.fixture
def pair(listener: socket.socket) -> Iterator[Pair]:
    with closing(Pair(listener)) as pair:
        yield pair


def test_connections_are_found_and_cut_by_their_peer(listener: socket.socket, pair: Pair) -> None:
    with closing(Pair(listener)) as other:
        before = open_files()
        assert {pair.name, other.name} <= set(peers(accepted()))
        assert cut(pair.name)
        assert pair.caller.recv(1) == b""
        other.server.send(b"still here")
        assert other.caller.recv(100) == b"still here"
        assert open_files() == before


def test_a_connection_that_somebody_else_has_got_the_number_of_is_left_alone(pair: Pair) -> None:
    assert not cut_file(pair.server.fileno(), ("192.0.2.1", 1))
    assert not cut_file(10_000_000, pair.name)
    assert not cut(("192.0.2.1", 1))


def test_what_this_process_has_opened_itself_is_not_among_them(pair: Pair) -> None:
    assert pair.server.getsockname() not in peers(accepted())


def test_who_makes_no_room_for_what_is_sent_is_ended_by_the_kernel(listener: socket.socket) -> None:
    assert limit_sending(stall_s=7.5, buffer_bytes=100_000)
    with closing(Pair(listener)) as later:
        assert later.server.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 7_500
        assert later.server.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF) <= 200_000  # Linux doubles it


def test_the_most_silent_of_the_address_with_the_most_are_ended_first() -> None:
    many = [connection("192.0.2.1", port, silent_ms=port) for port in range(1, 6)]
    few = [connection("192.0.2.2", port, silent_ms=90_000) for port in range(6, 8)]
    assert to_end([*few, *many], 3) == [many[4], many[3], many[2]]
    assert to_end([*few, *many], 0) == []
    assert len(to_end([*few, *many], 100)) == 7


def test_one_ipv6_network_is_one_address() -> None:
    network = [connection(f"2001:db8::{port}", port, silent_ms=0) for port in range(1, 4)]
    other = connection("2001:db8:0:1::1", 9, silent_ms=90_000)
    assert other not in to_end([other, *network], 2)


def test_a_worker_may_open_as_many_files_as_it_may() -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        most = raise_file_limit()
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (most, most) == (before[1], before[1])
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
