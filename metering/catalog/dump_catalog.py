"""Write the catalog as `load_catalog` reads it: loading the text and dumping again gives the same text."""

from collections import defaultdict
from datetime import datetime
from decimal import Decimal

import yaml

from metering.catalog.changes import decimal_text
from metering.catalog.prices import columns_of, prices_at
from metering.models import Budget, LLMModel, ModelClass, Plan, PlanLLMAccess, PolicyRule, Provider
from metering.money import usd_from_nano
from metering.price import Price
from metering.thresholds import DEFAULT_THRESHOLDS
from metering.types import Dimension, EnforcementMode, ExpiryCharge, Scope, SubjectType

Mapping = dict[str, object]
WHOLE = 100


def dump_catalog(*, now: datetime) -> Mapping:
    """Providers, models with the prices in force at `now`, and plans; amounts are Decimals."""
    prices = prices_at(models=list(LLMModel.objects.values_list("name", flat=True)), moment=now)
    return {
        "providers": {row.name: _provider(row) for row in Provider.objects.order_by("name")},
        "models": {row.name: _model(row, prices.get(row.name)) for row in LLMModel.objects.order_by("name")},
        "plans": _plans(),
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
    rules: defaultdict[str, list[Mapping]] = defaultdict(list)
    budgets: defaultdict[str, list[Mapping]] = defaultdict(list)
    access: defaultdict[str, Mapping] = defaultdict(dict)
    for rule in PolicyRule.objects.filter(scope=Scope.PLAN, is_active=True).order_by(
        "key", "task_id", "-priority", "id"
    ):
        rules[rule.scope_id].append(_rule(rule))
    for budget in Budget.objects.filter(scope=Scope.PLAN, is_active=True).order_by(
        "dimension", "window", "per", "task_id", "model_class_id"
    ):
        budgets[budget.scope_id].append(_budget(budget))
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


def _rule(row: PolicyRule) -> Mapping:
    fields: Mapping = {"key": row.key, "value": row.value}
    if row.task_id:
        fields["task"] = row.task_id
    if row.conditions:
        fields["when"] = row.conditions
    if row.mode != EnforcementMode.ENFORCE:
        fields["mode"] = row.mode
    if row.enforce_percent != WHOLE:
        fields["enforce_percent"] = row.enforce_percent
    if row.priority:
        fields["priority"] = row.priority
    return fields


def _budget(row: Budget) -> Mapping:
    fields: Mapping = {
        "dimension": row.dimension,
        "window": row.window,
        "amount": usd_from_nano(row.amount) if row.dimension == Dimension.COST else row.amount,
    }
    if row.task_id:
        fields["task"] = row.task_id
    if row.model_class_id:
        fields["class"] = row.model_class_id
    if row.per != SubjectType.TENANT:
        fields["per"] = row.per
    if not row.hard:
        fields["soft"] = True
    if row.mode != EnforcementMode.ENFORCE:
        fields["mode"] = row.mode
    if row.enforce_percent != WHOLE:
        fields["enforce_percent"] = row.enforce_percent
    if row.on_expiry != ExpiryCharge.CHARGE:
        fields["on_expiry"] = row.on_expiry
    if tuple(row.thresholds) != DEFAULT_THRESHOLDS:
        fields["thresholds"] = row.thresholds
    return fields


def _with_active(fields: Mapping, is_active: bool) -> Mapping:
    return fields if is_active else {**fields, "active": False}
