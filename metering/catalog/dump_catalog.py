"""Write the catalog as `load_catalog` reads it: loading the text and dumping again gives the same text."""

from collections import defaultdict
from datetime import datetime
from decimal import Decimal

import yaml

from metering.catalog.changes import decimal_text
from metering.catalog.dump_limits import budgets_of, rules_of
from metering.catalog.prices import columns_of, prices_at
from metering.models import LLMModel, ModelClass, Plan, PlanLLMAccess, Provider
from metering.price import Price
from metering.types import Scope

Mapping = dict[str, object]


def dump_catalog(*, now: datetime) -> Mapping:
    """Providers, models with the prices in force at `now`, plans, and the gateway's own rules and budgets, if it has
    any; amounts are Decimals.
    """
    own = {"rules": rules_of(Scope.GLOBAL)[""], "budgets": budgets_of(Scope.GLOBAL)[""]}
    prices = prices_at(models=list(LLMModel.objects.values_list("name", flat=True)), moment=now)
    return {
        "providers": {row.name: _provider(row) for row in Provider.objects.order_by("name")},
        "models": {row.name: _model(row, prices.get(row.name)) for row in LLMModel.objects.order_by("name")},
        "plans": _plans(),
        **{key: listed for key, listed in own.items() if listed},
    }


def as_yaml(catalog: Mapping) -> str:
    """The text of a dumped catalog."""
    return yaml.dump(
        catalog, Dumper=_Dumper, sort_keys=False, default_flow_style=None, width=110, allow_unicode=True
    )


class _Dumper(yaml.SafeDumper):
    """Writes Decimals with their own digits, and nothing as an alias."""

    def ignore_aliases(self, data: object) -> bool:
        return True


def _represent_decimal(dumper: yaml.SafeDumper, value: Decimal) -> yaml.ScalarNode:
    text = decimal_text(value)
    kind = "float" if "." in text else "int"
    return dumper.represent_scalar(f"tag:yaml.org,2002:{kind}", text)


_Dumper.add_representer(Decimal, _represent_decimal)


def _provider(row: Provider) -> Mapping:
    fields: Mapping = {"kind": row.kind}
    if row.base_url:
        fields["base_url"] = row.shown_base_url
    if row.api_key_env:
        fields["api_key"] = f"${{{row.api_key_env}}}"
    if row.vendor:
        fields["vendor"] = row.vendor
    if row.traits:
        fields["traits"] = row.traits
    if row.markup_percent:
        fields["markup_percent"] = row.markup_percent
    return _with_active(fields, row.is_active)


def _model(row: LLMModel, price: Price | None) -> Mapping:
    fields: Mapping = {
        "provider": row.provider_id,
        "physical_name": row.physical_name,
        "class": row.model_class_id,
        "aliases": row.aliases,
        "context_tokens": row.context_tokens,
        "max_output_tokens": row.max_output_tokens,
    }
    if row.label:
        fields["label"] = row.label
    if row.capabilities:
        fields["capabilities"] = row.capabilities
    if row.traits:
        fields["traits"] = row.traits
    if price is not None:
        columns = columns_of(price)
        modifiers = columns.pop("modifiers")
        fields["price"] = {name: amount for name, amount in columns.items() if amount is not None} | modifiers
    return _with_active(fields, row.is_active)


def _plans() -> Mapping:
    access: defaultdict[str, Mapping] = defaultdict(dict)
    rules, budgets = rules_of(Scope.PLAN), budgets_of(Scope.PLAN)
    for row in PlanLLMAccess.objects.order_by("task_id").prefetch_related("allowed_classes"):
        access[row.plan_id][row.task_id] = _access(row)
    return {
        plan.code: _with_active(
            {
                "name": plan.name,
                "features": sorted(feature.code for feature in plan.features.all()),
                "tasks": access[plan.code],
                "rules": rules[plan.code],
                "budgets": budgets[plan.code],
            },
            plan.is_active,
        )
        for plan in Plan.objects.order_by("code").prefetch_related("features")
    }


def _access(row: PlanLLMAccess) -> Mapping:
    classes: list[ModelClass] = list(row.allowed_classes.all())
    return {"classes": [each.code for each in classes], "default_class": row.default_class_id}


def _with_active(fields: Mapping, is_active: bool) -> Mapping:
    return fields if is_active else {**fields, "active": False}
