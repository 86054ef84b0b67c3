"""Connections kept from test to test: to connect, and to plan anew, takes longer than what tests ask through them."""

import psycopg

_kept: dict[tuple[str, str], psycopg.Connection] = {}


def kept_connection(conninfo: str, purpose: str) -> psycopg.Connection:
    """One for each purpose, in no transaction. What is asked through it is planned once."""
    key = (conninfo, purpose)
    if key not in _kept:
        _kept[key] = psycopg.connect(conninfo, autocommit=True, prepare_threshold=0)
    return _kept[key]


def close_kept_connections() -> None:
    """Before the databases are dropped."""
    while _kept:
        _kept.popitem()[1].close()
