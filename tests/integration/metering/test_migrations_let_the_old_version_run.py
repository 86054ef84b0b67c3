"""Migrations since the last release change nothing that the version of that release still uses, and block nobody.

While a release is rolled out, processes of the old version work on tables that are migrated already (docs/failover.md).
squawk reads the SQL of each migration. What its rules find has to be declared on the migration, as a sentence:
`contract = "..."`: since which release no version uses what it removes or demands; `locks_briefly = "..."`: why
whoever writes to the table meanwhile waits for milliseconds only.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection, migrations
from django.db.migrations.loader import MigrationLoader

SQUAWK = Path(sys.executable).with_name("squawk")
RELEASED = 57
"""The number of the last migration of v0.1.0."""
BREAKS = (
    "adding-required-field", "ban-drop-column", "ban-drop-default", "ban-drop-not-null", "ban-drop-table",
    "ban-drop-trigger", "changing-column-type", "renaming-column", "renaming-table",
)  # fmt: skip
LOCKS = (
    "adding-field-with-default", "adding-foreign-key-constraint", "adding-not-nullable-field",
    "adding-serial-primary-key-field", "constraint-missing-not-valid", "disallowed-unique-constraint",
    "require-concurrent-index-creation", "require-concurrent-index-deletion",
)  # fmt: skip
POSTGRESQL = "15"
"""The oldest that the gateway runs on."""


class Old(migrations.Migration):
    """Everything that old processes would stumble over, each in one statement."""

    operations = [
        migrations.RunSQL(
            """ALTER TABLE metering_tenant DROP COLUMN slug;
            ALTER TABLE metering_tenant RENAME COLUMN name TO title;
            ALTER TABLE metering_tenant ADD COLUMN shade integer NOT NULL;
            ALTER TABLE metering_usagelog ALTER COLUMN request_id SET NOT NULL;
            CREATE INDEX late ON metering_usagelog (request_id);"""
        )
    ]


def sql_of(migration: migrations.Migration) -> str:
    loader = MigrationLoader(connection, replace_migrations=False)
    state = loader.project_state([key for key in migration.dependencies if key in loader.disk_migrations])
    with connection.schema_editor(collect_sql=True, atomic=migration.atomic) as editor:
        migration.apply(state, editor, collect_sql=True)
    return "\n".join(editor.collected_sql)


def found_in(sql: str, rules: tuple[str, ...], folder: Path) -> set[str]:
    """Which of the rules the SQL breaks."""
    file = folder / "migration.sql"
    file.write_text(f"BEGIN;\n{sql}\nCOMMIT;\n")
    command = [str(SQUAWK), "--reporter", "json", "--pg-version", POSTGRESQL, str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode in (0, 1), done.stderr
    told = {line["rule_name"] for line in json.loads(done.stdout or "[]")}
    assert "syntax-error" not in told, done.stdout
    return told & set(rules)


def since_the_release() -> list[migrations.Migration]:
    disk = MigrationLoader(None).disk_migrations
    ours = [item for (app, name), item in disk.items() if app == "metering" and int(name[:4]) > RELEASED]
    return sorted(ours, key=lambda item: item.name)


@pytest.mark.django_db
def test_a_migration_declares_what_breaks_or_blocks_the_version_that_still_runs(tmp_path: Path) -> None:
    undeclared = {}
    for migration in since_the_release():
        sql = sql_of(migration)
        found = set()
        if not getattr(migration, "contract", ""):
            found |= found_in(sql, BREAKS, tmp_path)
        if not getattr(migration, "locks_briefly", ""):
            found |= found_in(sql, LOCKS, tmp_path)
        if found:
            undeclared[migration.name] = sorted(found)
    assert undeclared == {}


@pytest.mark.django_db
def test_what_breaks_or_blocks_is_found(tmp_path: Path) -> None:
    sql = sql_of(Old("old", "metering"))
    assert found_in(sql, BREAKS, tmp_path) == {"ban-drop-column", "renaming-column", "adding-required-field"}
    assert found_in(sql, LOCKS, tmp_path) == {
        "adding-not-nullable-field",
        "require-concurrent-index-creation",
    }
