"""What a catalog file may refer to: the rows that exist already."""

from metering.catalog.document import Vocabulary
from metering.models import Feature, LLMModel, ModelClass, Plan, Provider, Task


def current_vocabulary() -> Vocabulary:
    """The reference data and the names in use, read from the database."""
    aliases_of = dict(LLMModel.objects.values_list("name", "aliases"))
    return Vocabulary(
        plans=frozenset(Plan.objects.values_list("code", flat=True)),
        providers=frozenset(Provider.objects.values_list("name", flat=True)),
        classes=tuple(ModelClass.objects.order_by("rank").values_list("code", flat=True)),
        features=frozenset(Feature.objects.values_list("code", flat=True)),
        feature_of_task=dict(Task.objects.values_list("code", "feature_id")),
        model_names=frozenset(aliases_of),
        model_of_alias={alias: name for name, aliases in aliases_of.items() for alias in aliases},
    )
