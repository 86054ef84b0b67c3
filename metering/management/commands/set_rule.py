"""`manage.py set_rule [--plan PRO | --tenant alder [--user ID]] --key max_tokens_out --value 8000`"""

from argparse import ArgumentParser
from collections.abc import Mapping
from typing import Any

from django.utils.timezone import now

from metering.errors import InvalidRequest
from metering.management.command import VerbCommand
from metering.management.targets import add_targets, named_targets
from metering.policy.edit.set_rule import parse_value, set_rule
from metering.policy.edit.target import find_target
from metering.rules.registry import SETTABLE
from metering.strict_json import read_json
from metering.types import MODES


class Command(VerbCommand):
    help = (
        "Set a policy rule: of the gateway, a plan, a tenant, or one team, user, token, agent, tag or conversation of "
        "a tenant."
    )

    def add_options(self, parser: ArgumentParser) -> None:
        add_targets(parser, nobody="Nobody named: the whole gateway.")
        parser.add_argument("--task", metavar="CODE", help="For this task only.")
        parser.add_argument("--key", required=True, metavar="KEY", help=", ".join(SETTABLE))
        parser.add_argument("--value", required=True, metavar="VALUE")
        parser.add_argument(
            "--when", metavar="JSON", help='Such as {"days": ["sat"], "hours": "09:00-17:00"}.'
        )
        parser.add_argument("--mode", default="enforce", help=", ".join(MODES))
        parser.add_argument("--enforce-percent", type=int, default=100, metavar="P")
        parser.add_argument("--priority", type=int, default=0)
        parser.add_argument("--off", action="store_true", help="Switch the rule off.")

    def run(self, *, key: str, value: str, when: str | None, off: bool, **options: Any) -> None:
        done = set_rule(
            target=find_target(**named_targets(options)),
            key=key,
            value=parse_value(key, value),
            task=options["task"],
            when=_conditions(when),
            mode=options["mode"],
            enforce_percent=options["enforce_percent"],
            priority=options["priority"],
            is_active=not off,
            actor=self.actor,
            now=now(),
        )
        rule = done.rule
        facts = {
            "rule": rule.id,
            "scope": rule.scope,
            "scope_id": options["tenant"] if rule.scope == "tenant" else rule.scope_id,
            "task": rule.task_id,
            "key": rule.key,
            "value": rule.value,
            "when": rule.conditions,
            "mode": rule.mode,
            "enforce_percent": rule.enforce_percent,
            "priority": rule.priority,
            "active": rule.is_active,
            "created": done.created,
        }
        self.show(facts, "{scope} {scope_id} {key}: {value}".format(**facts))


def _conditions(text: str | None) -> Mapping[str, object]:
    if text is None:
        return {}
    try:
        when = read_json(text)
    except (ValueError, RecursionError) as error:
        raise InvalidRequest(f"--when must be JSON: {error}.", param="when") from error
    if not isinstance(when, dict):
        raise InvalidRequest("--when must be a JSON object.", param="when")
    return when
