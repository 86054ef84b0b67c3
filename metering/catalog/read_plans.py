"""The `plans` section of a catalog file."""

from collections.abc import Iterator

from yaml.nodes import MappingNode

from metering.catalog.document import AccessEntry, PlanEntry, RuleEntry, Vocabulary
from metering.catalog.read_budgets import read_budgets
from metering.catalog.yaml_reader import YamlReader, is_code
from metering.catalog.yaml_source import plain_value
from metering.rules.read_conditions import check_conditions
from metering.rules.registry import REGISTRY, check_rule
from metering.rules.rule import MAX_PRIORITY
from metering.types import MODES, EnforcementMode, Scope

KEYS = ("name", "features", "tasks", "rules", "budgets", "active")
TASK_KEYS = ("classes", "default_class")
RULE_KEYS = ("key", "value", "task", "when", "mode", "enforce_percent", "priority")


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
            rules=tuple(_read_rules(fields, vocabulary)),
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


def _read_rules(fields: YamlReader, vocabulary: Vocabulary) -> Iterator[RuleEntry]:
    seen: dict[object, int] = {}
    for rule in fields.listed("rules", RULE_KEYS):
        entry = _read_rule(rule, vocabulary)
        identity = (entry.key, entry.task, repr(sorted(entry.conditions.items())), entry.priority, entry.mode)
        if identity in seen:
            rule.problem(
                f"says again what line {seen[identity]} says: same key, task, condition, mode and priority"
            )
        seen.setdefault(identity, rule.line)
        yield entry


def _read_rule(rule: YamlReader, vocabulary: Vocabulary) -> RuleEntry:
    key, task = rule.text("key", max_length=64), _task(rule, vocabulary)
    node, value = rule.node("value"), None
    if not key or node is None:
        rule.problem("needs 'key' and 'value'")
    else:
        try:
            value = plain_value(node)
            check_rule(key, value, task, Scope.PLAN)
            value = REGISTRY[key].stored(value)
        except ValueError as error:
            rule.problem(str(error).rstrip("."), key="value")
    return RuleEntry(
        line=rule.line,
        key=key,
        value=value,
        task=task,
        conditions=_conditions(rule),
        mode=EnforcementMode(rule.choice("mode", MODES, default=EnforcementMode.ENFORCE)),
        enforce_percent=rule.integer("enforce_percent", low=0, high=100, default=100),
        priority=rule.integer("priority", low=-MAX_PRIORITY, high=MAX_PRIORITY, default=0),
    )


def _task(reader: YamlReader, vocabulary: Vocabulary) -> str | None:
    if reader.node("task") is None:
        return None
    return reader.choice("task", sorted(vocabulary.feature_of_task)) or None


def _conditions(rule: YamlReader) -> dict[str, object]:
    node = rule.node("when")
    if node is None:
        return {}
    if not isinstance(node, MappingNode):
        rule.problem("expected a mapping of conditions", key="when")
        return {}
    try:
        value = plain_value(node)
        check_conditions(value)
    except ValueError as error:
        rule.problem(str(error).rstrip("."), key="when")
        return {}
    return dict(value) if isinstance(value, dict) else {}
