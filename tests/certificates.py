"""The certificates of the world's authorities, read once in a whole test run.

Every HTTP client of httpx reads them when it is made, also one that will only speak plain HTTP with this machine: most
of the time that a test's client takes.
"""

from functools import cache

from httpx._transports import default


def read_certificates_once() -> None:
    """Clients that are made with the same arguments share what was read."""
    default.create_ssl_context = cache(default.create_ssl_context)
