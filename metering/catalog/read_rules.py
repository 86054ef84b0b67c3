"""The `rules` list of a plan or of the gateway."""

from collections.abc import Iterator

from yaml.nodes import MappingNode

from metering.catalog.document import RuleEntry, Vocabulary
from metering.catalog.yaml_reader import YamlReader
from metering.catalog.yaml_source import plain_value
from metering.rules.read_conditions import check_conditions
from metering.rules.registry import REGISTRY, check_rule
from metering.rules.rule import MAX_PRIORITY
from metering.types import MODES, EnforcementMode, Scope

RULE_KEYS = ("key", "value", "task", "when", "mode", "enforce_percent", "priority")


def read_rules(fields: YamlReader, vocabulary: Vocabulary, scope: Scope) -> Iterator[RuleEntry]:
    """Read each rule of a list."""
    seen: dict[object, int] = {}
    for rule in fields.listed("rules", RULE_KEYS):
        entry = _read_rule(rule, vocabulary, scope)
        identity = (entry.key, entry.task, repr(sorted(entry.conditions.items())), entry.priority, entry.mode)
        if identity in seen:
            rule.problem(
                f"says again what line {seen[identity]} says: same key, task, condition, mode and priority"
            )
        seen.setdefault(identity, rule.line)
        yield entry


def _read_rule(rule: YamlReader, vocabulary: Vocabulary, scope: Scope) -> RuleEntry:
    key, task = rule.text("key", max_length=64), _task(rule, vocabulary)
    node, value = rule.node("value"), None
    if not key or node is None:
        rule.problem("needs 'key' and 'value'")
    else:
        try:
            value = plain_value(node)
            check_rule(key, value, task, scope)
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
