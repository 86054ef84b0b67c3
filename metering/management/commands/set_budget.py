"""`manage.py set_budget [--tenant alder [--user ID]] --dimension cost --window month --amount 100`"""

from argparse import ArgumentParser
from typing import Any

from django.utils.timezone import now

from metering.management.command import VerbCommand
from metering.management.targets import add_targets, named_targets
from metering.money import usd_text
from metering.policy.edit.set_budget import set_budget
from metering.policy.edit.target import find_target
from metering.rules.budgets import DIMENSIONS, WINDOWS
from metering.types import MODES, Dimension


class Command(VerbCommand):
    help = (
        "Set a budget: of the gateway, a plan, a provider, a tenant, or one team, user, token, agent, tag or "
        "conversation of a tenant."
    )

    def add_options(self, parser: ArgumentParser) -> None:
        add_targets(parser, nobody="Nobody named: the whole gateway.")
        parser.add_argument("--task", metavar="CODE", help="Count this task only.")
        parser.add_argument(
            "--class", dest="model_class", metavar="CODE", help="Count this model class only."
        )
        parser.add_argument("--dimension", required=True, help=", ".join(DIMENSIONS))
        parser.add_argument("--window", required=True, help=", ".join(WINDOWS))
        parser.add_argument(
            "--amount", required=True, metavar="N", help="US dollars for cost, else a number."
        )
        parser.add_argument("--soft", action="store_true", help="Warn instead of blocking.")
        parser.add_argument("--mode", help=", ".join(MODES))
        parser.add_argument("--enforce-percent", type=int, metavar="P", help="For P of a hundred principals.")
        parser.add_argument("--thresholds", type=int, nargs="*", metavar="P", help="Percentages that alert.")

    def run(self, *, dimension: str, window: str, amount: str, soft: bool, **options: Any) -> None:
        done = set_budget(
            target=find_target(**named_targets(options)),
            task=options["task"],
            model_class=options["model_class"],
            dimension=dimension,
            window=window,
            amount=amount,
            soft=soft,
            mode=options["mode"],
            enforce_percent=options["enforce_percent"],
            thresholds=options["thresholds"],
            actor=self.actor,
            now=now(),
        )
        budget, is_cost = done.budget, done.budget.dimension == Dimension.COST
        facts = {
            "budget": budget.id,
            "scope": budget.scope,
            "scope_id": options["tenant"] if budget.scope == "tenant" else budget.scope_id,
            "task": budget.task_id,
            "model_class": budget.model_class_id,
            "dimension": budget.dimension,
            "unit": Dimension(budget.dimension).unit,
            "window": budget.window,
            "limit": usd_text(budget.amount) if is_cost else budget.amount,
            "hard": budget.hard,
            "mode": budget.mode,
            "created": done.created,
        }
        self.show(facts, "{scope} {scope_id} {dimension}/{window}: {limit} {unit}".format(**facts))
