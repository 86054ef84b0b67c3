"""What migrations 0001 to 0059 make, in one step and by one file of SQL, for databases that have none of them yet.

`python -m tests.support.squashed` wrote the file; tests/faults/test_upgrade.py compares what both ways come to.
"""

from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

from django.db import migrations
from django.db.migrations.operations.base import Operation

from metering.ledger.partitions import create_statements, months_wanted

LAST = 59
REPLACED = sorted(
    file.stem
    for file in Path(__file__).parent.glob("0*.py")
    if int(file.stem[:4]) <= LAST and file.stem != Path(__file__).stem
)
FILES = ("_schema_0059.sql", "_vocabulary_0059.sql")
MODULES = [import_module(f"metering.migrations.{name}") for name in REPLACED]


class CreateSchema(Operation):
    """The models for Django, by the operations of the migrations; tables, functions and vocabulary for the database."""

    reversible = False

    def state_forwards(self, app_label: str, state: Any) -> None:
        state.__dict__.pop("apps", None)  # else every operation builds the models anew that it touches
        for module in MODULES:
            for operation in module.Migration.operations:
                operation.state_forwards(app_label, state)

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        import_module("metering.migrations.0014_moment_of_an_id").create(None, schema_editor)
        for name in FILES:
            schema_editor.execute(Path(__file__).with_name(name).read_text(), params=None)
        for month in months_wanted(datetime.now(UTC)):
            for statement in create_statements(month):
                schema_editor.execute(statement)

    def describe(self) -> str:
        return "Create what migrations 0001 to 0059 create"


class Migration(migrations.Migration):
    replaces = [("metering", name) for name in REPLACED]
    initial = True
    dependencies = [("auth", "0012_alter_user_first_name_max_length")]
    operations = [CreateSchema()]
