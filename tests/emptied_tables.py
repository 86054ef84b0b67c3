"""Tables emptied between tests, at a fiftieth of the cost of Django's `flush`.

`flush` truncates: PostgreSQL makes new files for every table, partition and index, though most had no row and the
others a handful. Afterwards Django fills in its content types and permissions again. Here rows are deleted, and these
two tables are left as they are.

The statements stand in a function, so that PostgreSQL plans them once for each connection, and the connection stays
for the next test: to connect again, and to plan again, took longer than the deletion.
"""

from typing import Any
from weakref import WeakSet

from django.db import DEFAULT_DB_ALIAS, connections
from django.test import TransactionTestCase

KEPT = {"django_content_type", "auth_permission"}
MAKE = """
CREATE OR REPLACE FUNCTION pg_temp.delete_rows() RETURNS void LANGUAGE plpgsql AS $$ BEGIN {}; END $$
"""
NEVER_DELETED = {"metering_statement"}
"""Tables whose triggers refuse it; here they are passed over."""
WITHOUT_TRIGGERS = (
    "IF EXISTS (SELECT FROM {0}) THEN ALTER TABLE {0} DISABLE TRIGGER USER; DELETE FROM {0}; "
    "ALTER TABLE {0} ENABLE TRIGGER USER; END IF"
)
_prepared = WeakSet[Any]()
"""The connections that have the function."""


def delete_rows_instead_of_flushing() -> None:
    """For every test that commits (`transactional_db`)."""
    TransactionTestCase._fixture_teardown = _delete_rows
    TransactionTestCase._should_reload_connections = lambda test_case: False


def _delete_rows(test_case: Any) -> None:
    connection = connections[DEFAULT_DB_ALIAS]
    with connection.cursor() as cursor:
        if connection.connection not in _prepared:
            tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
            # Foreign keys are checked when the transaction ends, so the order does not matter.
            cursor.execute(MAKE.format("; ".join(_emptied(name) for name in tables if name not in KEPT)))
            _prepared.add(connection.connection)
        cursor.execute("SELECT pg_temp.delete_rows()")


def _emptied(table: str) -> str:
    return WITHOUT_TRIGGERS.format(table) if table in NEVER_DELETED else f"DELETE FROM {table}"
