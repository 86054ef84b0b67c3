"""The models that can serve calls right now, as values, and which of them a plan lets its holders use for a task."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from types import MappingProxyType
from uuid import UUID

from msgspec import Struct, structs

from metering.catalog.prices import next_price_at, prices_at
from metering.catalog.traits import NO_TRAITS, traits_in_force
from metering.errors import FeatureNotInPlan, InvalidRequest, ModelNotAllowed, ModelNotFound, TaskNotAllowed
from metering.models import LLMModel, PlanFeature, PlanLLMAccess, Task
from metering.price import NO_MARKUP, UNKNOWN, Price, markup_of
from metering.types import ModelClass

MODEL_NAME_LENGTH = 128
PAID_BY_TENANT = 0
"""The markup of a call that the vendor bills to the tenant: nothing of its price is charged here."""
MAX_CANDIDATES = 8
"""Models that one call may be tried at."""
EMBEDDINGS = "embeddings"
"""The capability of models that make nothing else."""
NO_OTHERS: Mapping[str, "ServedModel"] = MappingProxyType({})
MAX_SHOWN = 10
"""The most names that a message lists."""


class ServedModel(Struct, frozen=True, kw_only=True):
    """An active model of an active provider. Limits are in tokens."""

    name: str
    provider_name: str
    physical_name: str
    model_class: str
    context_tokens: int
    max_output_tokens: int
    price: Price
    markup: int = NO_MARKUP
    """What its calls cost, in millionths of the price."""
    label: str = ""
    """What people call it."""
    capabilities: frozenset[str] = frozenset()
    traits: Mapping[str, object] = NO_TRAITS
    """The traits that the catalog gives the provider and the model, without those known of the vendor."""
    key_of: UUID | None = None
    """The tenant with whose own key it is called; None: with the gateway's."""
    others: Mapping[str, "ServedModel"] = NO_OTHERS
    """Every model of its provider, active or not, by the vendor's name of it: one that may answer in its place has a
    price of its own. They have no others themselves.
    """

    @property
    def answers_in_words(self) -> bool:
        """False: it makes embeddings alone."""
        return EMBEDDINGS not in self.capabilities

    def __hash__(self) -> int:
        return hash(self.name)  # traits are read-only and have no hash

    def with_own_key_of(self, tenant_id: UUID) -> "ServedModel":
        """The model called with a key of the tenant's own, which costs nothing here."""
        return structs.replace(self, key_of=tenant_id, markup=PAID_BY_TENANT)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelIndex:
    """Every served model, the cheapest first within an alias or a class."""

    by_name: dict[str, ServedModel]
    by_alias: dict[str, tuple[ServedModel, ...]]
    by_class: dict[str, tuple[ServedModel, ...]]
    until: datetime | None = None
    """When the next price begins, and with it another index."""

    def find(self, name: str) -> tuple[ServedModel, ...]:
        """The models that a name, an alias or a class stands for, in this order; none if it is unknown."""
        exact = self.by_name.get(name)
        if exact is not None:
            return (exact,)
        return self.by_alias.get(name) or self.by_class.get(name) or ()


def load_models() -> ModelIndex:
    """The index as of now. A model without a price in force comes after those that have one."""
    rows = list(LLMModel.objects.filter(provider__is_active=True).select_related("provider"))
    names, moment = [row.name for row in rows], datetime.now(UTC)
    prices = prices_at(models=names, moment=moment)
    models = [_served(row, prices.get(row.name, UNKNOWN)) for row in rows]
    others = _by_vendors_names(models)
    by_name: dict[str, ServedModel] = {}
    by_alias: dict[str, list[ServedModel]] = {}
    by_class: dict[str, list[ServedModel]] = {}
    for row, alone in zip(rows, models, strict=True):
        if not row.is_active:
            continue
        model = structs.replace(alone, others=others[alone.provider_name])
        by_name[model.name] = model
        if model.answers_in_words:  # as who asks for a class wants
            by_class.setdefault(model.model_class, []).append(model)
        for alias in row.aliases:
            by_alias.setdefault(alias, []).append(model)
    return ModelIndex(
        by_name=by_name,
        by_alias=_cheapest_first(by_alias),
        by_class=_cheapest_first(by_class),
        until=next_price_at(models=names, moment=moment),
    )


def _served(row: LLMModel, price: Price) -> ServedModel:
    return ServedModel(
        name=row.name,
        provider_name=row.provider_id,
        physical_name=row.physical_name,
        model_class=row.model_class_id,
        context_tokens=row.context_tokens,
        max_output_tokens=row.max_output_tokens,
        price=price,
        markup=markup_of(row.provider.markup_percent),
        label=row.label,
        capabilities=frozenset(row.capabilities),
        traits=traits_in_force(row),
    )


def _by_vendors_names(models: list[ServedModel]) -> dict[str, Mapping[str, ServedModel]]:
    """By provider, each model by the vendor's name of it. Of several with the same name the dearest counts."""
    found: dict[str, dict[str, ServedModel]] = {}
    for model in sorted(models, key=lambda each: (each.price.is_known, *_cost_order(each)[1:]), reverse=True):
        found.setdefault(model.provider_name, {}).setdefault(model.physical_name, model)
    return {provider: MappingProxyType(named) for provider, named in found.items()}


def _cheapest_first(groups: dict[str, list[ServedModel]]) -> dict[str, tuple[ServedModel, ...]]:
    return {name: tuple(sorted(models, key=_cost_order)) for name, models in groups.items()}


def _cost_order(model: ServedModel) -> tuple[bool, Decimal, str]:
    return not model.price.is_known, model.price.input + model.price.output, model.name


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanAccess:
    """The model classes of one plan for one task."""

    plan: str
    task: str
    classes: frozenset[str]
    default_class: str
    dearest_class: str = ""
    """The dearest class that a rule leaves of the plan's. Empty: no rule narrows the plan."""
    features: frozenset[str] = frozenset()
    """All features of the plan."""

    def allows(self, model: ServedModel, *, narrowed_to: frozenset[str]) -> bool:
        """Whether the plan's classes and the token's own list (empty: any) contain the model."""
        return model.model_class in self.classes and (not narrowed_to or model.name in narrowed_to)

    def up_to(self, dearest: str) -> "PlanAccess":
        """The same access without the classes that are dearer; the default becomes the dearest that is left.

        Raises ModelNotAllowed if none is left.
        """
        ranks = list(ModelClass)
        left = [each for each in ranks[: ranks.index(ModelClass(dearest)) + 1] if each in self.classes]
        if not left:
            raise ModelNotAllowed(
                f"A rule allows classes up to {dearest} only, and the plan {self.plan!r} has none of them.",
                param="model",
                source="max_class",
            )
        default = self.default_class if self.default_class in left else left[-1].value
        return replace(self, classes=frozenset(left), default_class=default, dearest_class=dearest)


def load_access(plan: str, task: str) -> PlanAccess:
    """The plan's access to the task.

    Raises TaskNotAllowed where the plan has no model classes for the task, whatever its features, and FeatureNotInPlan
    where it has, but lacks the task's feature or is not active.
    """
    feature = Task.objects.filter(code=task).values_list("feature_id", flat=True).first()
    if feature is None:
        raise TaskNotAllowed(f"There is no task {task!r}.")
    access = PlanLLMAccess.objects.filter(plan=plan, task=task).prefetch_related("allowed_classes").first()
    if access is None:
        raise TaskNotAllowed(f"The plan {plan!r} does not allow the task {task!r}. Ask for a plan that does.")
    features = frozenset(
        PlanFeature.objects.filter(plan=plan, plan__is_active=True).values_list("feature_id", flat=True)
    )
    if feature not in features:
        raise FeatureNotInPlan(
            f"The plan {plan!r} does not contain the feature {feature!r}, which {task} needs. "
            "Ask for a plan that does."
        )
    return PlanAccess(
        plan=plan,
        task=task,
        classes=frozenset(allowed.pk for allowed in access.allowed_classes.all()),
        default_class=access.default_class_id,
        features=features,
    )


def choose_models(
    index: ModelIndex, access: PlanAccess, name: str, *, narrowed_to: frozenset[str]
) -> tuple[ServedModel, ...]:
    """The allowed models that `name` (a model, an alias or a class; empty: the default class) stands for, the cheapest
    first, and at most MAX_CANDIDATES.

    Raises ModelNotFound and ModelNotAllowed.
    """
    found = index.find(name or access.default_class)
    if not found:
        shown = (name or access.default_class)[:MODEL_NAME_LENGTH]  # callers choose it
        raise ModelNotFound(
            f"There is no model {shown!r}. The list of models (/v1/models) has those that you may call.",
            param="model",
        )
    allowed = [model for model in found if access.allows(model, narrowed_to=narrowed_to)]
    if allowed:
        return tuple(allowed[:MAX_CANDIDATES])
    if found[0].model_class not in access.classes:
        who = (
            f"A rule keeps to {access.dearest_class}, so it"
            if access.dearest_class
            else f"The plan {access.plan!r}"
        )
        raise ModelNotAllowed(
            f"{who} does not allow {found[0].model_class} models for {access.task}; "
            f"it allows {', '.join(sorted(access.classes))}.",
            param="model",
            source="max_class" if access.dearest_class else "plan",
        )
    raise ModelNotAllowed(
        f"This token does not allow the model {found[0].name!r}; it allows {_listed(narrowed_to)}.",
        param="model",
        source="token",
    )


def able_to(models: tuple[ServedModel, ...], *, embed: bool) -> tuple[ServedModel, ...]:
    """Those of the models that make embeddings, or that do not. Where none says that it does, all of them may.

    Raises InvalidRequest where all that is left makes nothing but embeddings.
    """
    able = tuple([model for model in models if model.answers_in_words is not embed])
    if not able and not embed:
        raise InvalidRequest(
            f"The model {models[0].name!r} makes embeddings alone. Ask /v1/embeddings for them.",
            param="model",
        )
    return able or models


def served_by_name(
    index: ModelIndex, access: PlanAccess, *, narrowed_to: frozenset[str]
) -> dict[str, tuple[ServedModel, ...]]:
    """Every model, alias and class for which `choose_models` finds models, with those."""
    names = {*index.by_class, *index.by_alias, *index.by_name}
    found = {
        name: tuple([model for model in index.find(name) if access.allows(model, narrowed_to=narrowed_to)])
        for name in names
    }
    return {name: models[:MAX_CANDIDATES] for name, models in found.items() if models}


def check_task(task: str, *, narrowed_to: frozenset[str]) -> None:
    """Raise TaskNotAllowed unless a token's own list of tasks (empty: any) contains the task."""
    if narrowed_to and task not in narrowed_to:
        raise TaskNotAllowed(
            f"This token does not allow the task {task}; it allows {_listed(narrowed_to)}.", source="token"
        )


def _listed(names: frozenset[str]) -> str:
    """Lists the first names of many for a message."""
    shown = sorted(names)
    more = f" and {len(shown) - MAX_SHOWN} more" if len(shown) > MAX_SHOWN else ""
    return ", ".join(shown[:MAX_SHOWN]) + more
