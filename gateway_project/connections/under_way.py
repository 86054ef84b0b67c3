"""Which of the connections have a request under way: the guard says so, and whoever makes room asks."""

from gateway_project.connections.accepted import Peer

under_way: set[Peer] = set()
"""In HTTP/1 a connection has one request at a time."""
