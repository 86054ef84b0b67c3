"""Looks for a text everywhere: in what was logged, in every column of every table."""

import io
import logging
import logging.config
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from django.conf import settings

TABLES = "SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public'"


@contextmanager
def everything_logged() -> Iterator[io.StringIO]:
    """What the production formatter makes of every record, down to debugging."""
    stream = io.StringIO()
    logging.config.dictConfig({**settings.LOGGING, "disable_existing_loggers": False})
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.getLogger().handlers[0].formatter)
    loggers = [logging.getLogger(name) for name in ("", "django")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.addHandler(handler)
        logger.setLevel(logging.DEBUG)
    try:
        yield stream
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.removeHandler(handler)
            logger.setLevel(level)


def tables_with(text: str) -> list[str]:
    """The tables that have it in any column, also as bytes."""
    found = []
    with psycopg.connect(settings.LEDGER_DATABASE_URL) as connection:
        for (table,) in connection.execute(TABLES).fetchall():
            where = f"SELECT count(*) FROM {table} AS line WHERE line::text LIKE ANY(%s)"
            patterns = [f"%{text}%", f"%{text.encode().hex()}%"]
            row = connection.execute(where.encode(), (patterns,)).fetchone()
            if row != (0,):
                found.append(table)
    return found
