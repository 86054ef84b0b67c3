"""The `plans` section of a catalog file."""

from collections.abc import Iterator

from metering.catalog.document import AccessEntry, PlanEntry, Vocabulary
from metering.catalog.read_budgets import read_budgets
from metering.catalog.read_rules import read_rules
from metering.catalog.yaml_reader import YamlReader, is_code
from metering.types import Scope

KEYS = ("name", "features", "tasks", "rules", "budgets", "active")
TASK_KEYS = ("classes", "default_class")


def read_plans(reader: YamlReader, vocabulary: Vocabulary) -> Iterator[PlanEntry]:
    """Each plan of the section. Without `features`, a plan contains those that its tasks need."""
    for code, fields in reader.mappings(KEYS):
        if not is_code(code, max_length=32):
            fields.problem("a plan's code has no spaces and at most 32 characters")
        access = tuple(_read_access(fields, vocabulary))
        implied = tuple(dict.fromkeys(vocabulary.feature_of_task[entry.task] for entry in access))
        yield PlanEntry(
            line=fields.line,
            code=code,
            name=fields.text("name", code, max_length=100),
            features=fields.names("features", sorted(vocabulary.features))
            if fields.node("features") is not None
            else implied,
            access=access,
            rules=tuple(read_rules(fields, vocabulary, Scope.PLAN)),
            budgets=tuple(read_budgets(fields, vocabulary)),
            is_active=fields.flag("active", True),
        )


def _read_access(fields: YamlReader, vocabulary: Vocabulary) -> Iterator[AccessEntry]:
    tasks = fields.mapping("tasks", sorted(vocabulary.feature_of_task))
    if tasks is None:
        return
    for task, access in tasks.mappings(TASK_KEYS):
        classes = access.names("classes", vocabulary.classes)
        if not classes:
            access.problem(f"needs 'classes', of: {', '.join(vocabulary.classes)}")
            continue
        # Kept from cheap to dear, whatever the order in the file.
        classes = tuple(sorted(classes, key=vocabulary.classes.index))
        yield AccessEntry(
            task=task,
            classes=classes,
            default_class=access.choice("default_class", classes, default=classes[0]),
        )
