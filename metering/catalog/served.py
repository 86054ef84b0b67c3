"""The models that can serve calls right now, as values, found by name, alias or class."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from msgspec import Struct

from metering.catalog.prices import next_price_at, prices_at
from metering.catalog.traits import NO_TRAITS, traits_in_force
from metering.models import LLMModel
from metering.money import TokenPrice


class ServedModel(Struct, frozen=True, kw_only=True):
    """An active model of an active provider with a price in force. Limits are in tokens."""

    name: str
    provider_name: str
    physical_name: str
    model_class: str
    context_tokens: int
    max_output_tokens: int
    price: TokenPrice
    capabilities: frozenset[str] = frozenset()
    traits: Mapping[str, object] = NO_TRAITS
    """The traits that the catalog gives the provider and the model, without those known of the vendor."""

    def __hash__(self) -> int:
        return hash(self.name)  # traits are read-only and have no hash


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
    """The index as of now. A model without a price in force cannot be charged, so it is not served."""
    rows = list(LLMModel.objects.filter(is_active=True, provider__is_active=True).select_related("provider"))
    names, moment = [row.name for row in rows], datetime.now(UTC)
    prices = prices_at(models=names, moment=moment)
    by_name: dict[str, ServedModel] = {}
    by_alias: dict[str, list[ServedModel]] = {}
    by_class: dict[str, list[ServedModel]] = {}
    for row in rows:
        price = prices.get(row.name)
        if price is None:
            continue
        model = ServedModel(
            name=row.name,
            provider_name=row.provider_id,
            physical_name=row.physical_name,
            model_class=row.model_class_id,
            context_tokens=row.context_tokens,
            max_output_tokens=row.max_output_tokens,
            price=price,
            capabilities=frozenset(row.capabilities),
            traits=traits_in_force(row),
        )
        by_name[model.name] = model
        by_class.setdefault(model.model_class, []).append(model)
        for alias in row.aliases:
            by_alias.setdefault(alias, []).append(model)
    return ModelIndex(
        by_name=by_name,
        by_alias=_cheapest_first(by_alias),
        by_class=_cheapest_first(by_class),
        until=next_price_at(models=names, moment=moment),
    )


def _cheapest_first(groups: dict[str, list[ServedModel]]) -> dict[str, tuple[ServedModel, ...]]:
    return {
        name: tuple(sorted(models, key=lambda model: (model.price.input + model.price.output, model.name)))
        for name, models in groups.items()
    }
