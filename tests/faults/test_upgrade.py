"""A database of the last release becomes one of this version, with everything in it, and books that balance."""

import os
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.faults.databases import create_database, drop_database, migrate
from tests.faults.rows import assert_the_ledger_balances, counts, query
from tests.support.released import restore

LAST_RELEASE = "v0.1.0"
COLUMNS = """
SELECT table_name, column_name, data_type, is_nullable, column_default IS NULL FROM information_schema.columns
WHERE table_schema = 'public' AND table_name !~ '_[0-9]{4}_[0-9]{2}$' ORDER BY 1, 2
"""
INDEXES = r"""
SELECT tablename, indexname, indexdef FROM pg_indexes
WHERE schemaname = 'public' AND tablename !~ '_[0-9]{4}_[0-9]{2}$' ORDER BY 1, 2
"""
CONSTRAINTS = """
SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
WHERE connamespace = 'public'::regnamespace AND conrelid::regclass::text !~ '_[0-9]{4}_[0-9]{2}$' ORDER BY 1, 2
"""
TRIGGERS = """
SELECT tgrelid::regclass::text, tgname, pg_get_triggerdef(oid) FROM pg_trigger
WHERE NOT tgisinternal AND tgrelid::regclass::text !~ '_[0-9]{4}_[0-9]{2}$' ORDER BY 1, 2
"""
FUNCTIONS = "SELECT proname, pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
STORAGE = """
SELECT relname, relkind::text, reloptions, relreplident::text, pg_get_partkeydef(oid) FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relname !~ '_[0-9]{4}_[0-9]{2}'
"""
VOCABULARY = """
SELECT code, name, '' FROM metering_feature UNION ALL SELECT code, name, feature_id FROM metering_task
UNION ALL SELECT code, name, rank::text FROM metering_modelclass
"""
CASTS = re.compile(r"::(text|character varying)(\[\])?|[()]")
pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]


@pytest.fixture
def released() -> Iterator[str]:
    url = create_database(os.environ["DATABASE_URL"], f"released_{os.getpid()}", like="template0")
    restore(LAST_RELEASE, url)
    yield url
    drop_database(url)


def shape(url: str) -> set[tuple[Any, ...]]:
    """The tables, without the months that a partitioned one happens to have."""
    statements = (COLUMNS, INDEXES, CONSTRAINTS, TRIGGERS, FUNCTIONS, STORAGE, VOCABULARY)
    return {tuple(map(bare, map(str, row))) for statement in statements for row in query(url, statement)}


def bare(value: Any) -> Any:
    """Without the casts and brackets that PostgreSQL writes otherwise once an expression was dumped and restored."""
    return CASTS.sub("", value) if isinstance(value, str) else value


def test_a_database_of_the_last_release_becomes_what_a_new_one_is_with_all_that_was_in_it(
    released: str, database: str
) -> None:
    before = counts(released)
    assert all(before)
    assert_the_ledger_balances(released)
    migrate(released)
    assert counts(released) == before
    assert_the_ledger_balances(released)
    assert shape(released) ^ shape(database) == set()
