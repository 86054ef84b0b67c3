"""The peers whose connection has a request under way: the guard (front/guard.py) notes them, make_room.py asks."""

from gateway_project.connections.accepted import Peer

under_way: set[Peer] = set()
"""In HTTP/1 a connection has one request at a time."""
