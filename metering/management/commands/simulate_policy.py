"""`manage.py simulate_policy --since 2026-11-01 [--tenant alder] [--plan PRO] [--catalog FILE.yaml]`"""

import sys
from argparse import ArgumentParser
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.utils.timezone import now

from metering.admission.demand import demand_of_counts
from metering.catalog.load_catalog import load_catalog
from metering.decisions.decision import Step
from metering.errors import InvalidRequest
from metering.identity.find import find_tenant
from metering.management.command import VerbCommand, moment
from metering.management.numbers import whole, within
from metering.management.progress import ProgressBar
from metering.models import Tenant
from metering.money import usd_text
from metering.policy.edit.set_rule import parse_value
from metering.policy.source import LoadCatalog, read_policy_source
from metering.rates.read_levels import read_levels
from metering.rules.read_conditions import YEARS
from metering.simulation.explain import explain_call
from metering.simulation.explain_cache import ImaginedBody, explain_cache
from metering.simulation.find_asker import find_asker
from metering.simulation.replay import replay
from metering.simulation.report import decision_facts, replay_facts
from metering.simulation.with_rule import with_rule
from metering.tags import HEADER as TAGS
from metering.tags import read_tags
from metering.types import Dimension

MOST_TOKENS = 10_000_000
A_YEAR_H = 8_760


class Command(VerbCommand):
    help = (
        "Replay the usage log of a period, or one request (--task), against another plan, rule set or time. "
        "Nothing is changed and nothing is sent."
    )

    def add_options(self, parser: ArgumentParser) -> None:
        parser.add_argument("--tenant", metavar="SLUG", help="One tenant; for a period, none means all.")
        parser.add_argument("--plan", metavar="CODE", help="As if everybody were on this plan.")
        parser.add_argument("--catalog", metavar="FILE.yaml", help="As if this file were loaded.")
        parser.add_argument(
            "--rule", metavar="KEY=VALUE", help="As if the tenant, or without one the gateway, had this rule."
        )
        period = parser.add_argument_group("a period of the usage log")
        period.add_argument("--since", metavar="MOMENT")
        period.add_argument("--until", metavar="MOMENT", help="Now, if it is left out.")
        period.add_argument(
            "--shift-hours",
            type=within(-A_YEAR_H, A_YEAR_H),
            default=0,
            metavar="H",
            help="As if H hours later.",
        )
        request = parser.add_argument_group("one request")
        request.add_argument("--task", metavar="CODE")
        request.add_argument("--model", default="", metavar="NAME")
        request.add_argument("--input-tokens", type=whole(0, MOST_TOKENS), default=0, metavar="N")
        request.add_argument("--output-tokens", type=whole(1, MOST_TOKENS), metavar="N")
        request.add_argument(
            "--temperature", type=within(0, 1_000), metavar="T", help="For the answer cache."
        )
        request.add_argument(
            "--cache", default="", metavar="TEXT", help="What the header x-gateway-cache says."
        )
        request.add_argument("--at", metavar="MOMENT", help="Now, if it is left out.")
        for name in ("team", "user", "token", "agent", "conversation"):
            request.add_argument(f"--{name}", metavar="ID")
        request.add_argument(
            "--tags", default="", metavar="KEY=VALUE,…", help=f"As the header {TAGS} has them."
        )

    def run(self, *, tenant: str | None, since: str | None, task: str | None, **options: Any) -> None:
        if bool(since) is bool(task):
            raise InvalidRequest(
                "Name either --since, for a period, or --task, for one request.", param="since"
            )
        owner = find_tenant(tenant) if tenant else None
        after = self._change(owner, options["rule"], options["catalog"])
        if since:
            self._replay(owner, after, moment(since, param="since", tenant=owner) or now(), **options)
        elif owner is None:
            raise InvalidRequest("One request needs a tenant.", param="tenant")
        else:
            self._explain(owner, after, task or "", **options)

    def _replay(
        self, tenant: Tenant | None, after: LoadCatalog | None, since: datetime, **options: Any
    ) -> None:
        until = moment(options["until"], param="until", tenant=tenant) or now()
        replayed = replay(
            source=read_policy_source(tenant=tenant, after=after),
            since=since,
            until=until,
            tenant=tenant,
            plan=options["plan"],
            shift=timedelta(hours=options["shift_hours"]),
            progress=ProgressBar(sys.stderr, "calls").show,
        )
        facts = {"since": since, "until": until, **replay_facts(replayed)}
        lines = [
            f"{facts['calls']:,} calls for ${facts['cost_usd']}: {facts['denied']:,} would have been denied, "
            f"{facts['shortened']:,} cut shorter; ${facts['cost_after_usd']} instead."
        ]
        lines += [
            f"  {row['calls']:,} denied by {row['rule']} ({row['code']}), ${row['cost_usd']}"
            for row in facts["denied_by"]
        ]
        lines += [
            f"  {row['calls']:,} let pass by {row['rule']}, which is not enforced ({row['code']})"
            for row in facts["would_be_denied_by"]
        ]
        self.show(facts, "\n".join(lines))

    def _explain(self, tenant: Tenant, after: LoadCatalog | None, task: str, **options: Any) -> None:
        at = moment(options["at"], param="at", tenant=tenant) or now()
        if at.year not in YEARS:
            raise InvalidRequest(f"at must be from {YEARS[0]} to {YEARS[-1]}.", param="at")
        tags = read_tags(options["tags"], "tags")
        asker = find_asker(
            tenant=tenant,
            now=at,
            plan=options["plan"],
            team=options["team"],
            user=options["user"],
            token=options["token"],
        )
        demand = demand_of_counts(
            asker,
            task=task,
            model=options["model"],
            input_tokens=options["input_tokens"],
            output_tokens=options["output_tokens"],
            agent_id=options["agent"],
            tags=tags,
            conversation_id=options["conversation"],
            now=at,
        )
        source = read_policy_source(tenant=tenant, after=after)
        cache = explain_cache(
            source=source,
            asker=asker,
            task=task,
            tags=tags,
            conversation_id=options["conversation"],
            now=at,
            imagined=ImaginedBody(header=options["cache"], temperature=options["temperature"]),
        )
        decision = explain_call(
            source=source,
            demand=demand,
            now=at,
            levels=(lambda limits: {}) if options["at"] else partial(read_levels, settings.REDIS_URL),
        )
        head = f"{decision.verdict}: {decision.rule or 'nothing'} decided. {decision.message}"
        steps = [f"  {_told(step)}" for step in decision.trace]
        facts = decision_facts(decision, with_shared=True, cache=cache)
        self.show(facts, "\n".join([head, *steps, f"  cache: {cache['message']}"]))

    def _change(self, tenant: Tenant | None, rule: str | None, file: str | None) -> LoadCatalog | None:
        if rule is None:
            return self._loading(file)
        key, equals, value = rule.partition("=")
        if file is not None or not equals:
            raise InvalidRequest("Name a rule as KEY=VALUE, and no catalog beside it.", param="rule")
        return with_rule(tenant=tenant, key=key, value=parse_value(key, value), now=now())

    def _loading(self, file: str | None) -> LoadCatalog | None:
        if file is None:
            return None
        try:
            text = Path(file).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"{file} cannot be read.") from error
        return partial(load_catalog, text=text, actor=self.actor, now=now())


def _told(step: Step) -> str:
    """A limit says whose it is in its name; money is in US dollars."""
    name = step.rule if step.window else f"{step.source} {step.rule}"
    left = f", {_amount(step, step.left)} left" if step.left is not None else ""
    return f"{name} = {_amount(step, step.value)}: {step.outcome}{left}"


def _amount(step: Step, amount: int | str) -> str:
    is_money = isinstance(amount, int) and f"{Dimension.COST}/" in step.rule
    return f"${usd_text(int(amount))}" if is_money else str(amount)
