"""The audit after every test that spends, through one connection on which PostgreSQL has planned its questions once."""

import psycopg

from metering.ledger.audit.verify import Violation, verify_through

_connections: dict[str, psycopg.Connection] = {}


def violations(conninfo: str) -> list[Violation]:
    """What `verify_ledger` finds, at a fifth of its cost for a ledger of a few rows."""
    if conninfo not in _connections:
        _connections[conninfo] = psycopg.connect(conninfo, prepare_threshold=0)
    return verify_through(_connections[conninfo])


def close_books() -> None:
    """Before the databases are dropped."""
    while _connections:
        _connections.popitem()[1].close()
