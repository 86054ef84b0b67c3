"""Plans, models and their prices, and the words that migrations bring."""

from typing import Any

import factory
from django.db import transaction
from django.utils.timezone import now
from factory.django import DjangoModelFactory

from metering.models import (
    Feature,
    LLMModel,
    ModelClass,
    ModelPrice,
    Plan,
    PlanFeature,
    PlanLLMAccess,
    Provider,
    Task,
)

TASKS = {
    "LLM0_CHAT": "CHAT",
    "LLM1_PRIOR_ART": "PRIOR_ART",
    "LLM2_DRAFT": "DRAFTING",
    "LLM3_DIAGRAM": "DIAGRAMS",
}
CLASSES = ("BASE_S", "BASE_M", "PRO_M", "PRO_L", "ADVANCED")


def reference_data() -> None:
    """Tasks, features and classes again: a test with `transaction=True` empties every table when it ends."""
    with transaction.atomic():
        Feature.objects.bulk_create(
            [Feature(code=feature, name=feature) for feature in TASKS.values()], ignore_conflicts=True
        )
        Task.objects.bulk_create(
            [Task(code=task, name=task, feature_id=feature) for task, feature in TASKS.items()],
            ignore_conflicts=True,
        )
        ModelClass.objects.bulk_create(
            [ModelClass(code=code, name=code, rank=rank) for rank, code in enumerate(CLASSES, start=1)],
            ignore_conflicts=True,
        )


class ProviderFactory(DjangoModelFactory[Provider]):
    """One that is asked once: what is tried after a failure has tests of its own."""

    name = "sandbox"
    kind = Provider.Kind.SANDBOX
    traits = factory.LazyFunction(lambda: {"retries": 0})

    class Meta:
        model = Provider
        django_get_or_create = ("name",)


class ModelFactory(DjangoModelFactory[LLMModel]):
    name = factory.Sequence(lambda number: f"model-{number}")
    provider = factory.SubFactory(ProviderFactory)
    physical_name = factory.LazyAttribute(lambda model: model.name)
    model_class_id = "BASE_S"
    context_tokens = 32_000
    max_output_tokens = 4_096

    class Meta:
        model = LLMModel

    @classmethod
    def _create(cls, model_class: type[LLMModel], *args: Any, **kwargs: Any) -> LLMModel:
        reference_data()
        return super()._create(model_class, *args, **kwargs)


class PriceFactory(DjangoModelFactory[ModelPrice]):
    model = factory.SubFactory(ModelFactory)
    effective_from = factory.LazyFunction(now)
    input = output = cached_input = cache_write = 1

    class Meta:
        model = ModelPrice


def make_plan(code: str = "PRO", *, classes: tuple[str, ...] = CLASSES) -> Plan:
    """A plan that contains every task with the same classes, without rules and budgets; made once."""
    with transaction.atomic():
        plan, created = Plan.objects.get_or_create(code=code, defaults={"name": code.title()})
        if created:
            reference_data()
            PlanFeature.objects.bulk_create(
                [PlanFeature(plan=plan, feature_id=feature) for feature in TASKS.values()]
            )
            access = PlanLLMAccess.objects.bulk_create(
                [PlanLLMAccess(plan=plan, task_id=task, default_class_id=classes[0]) for task in TASKS]
            )
            allowed = PlanLLMAccess.allowed_classes.through
            known = list(ModelClass.objects.filter(code__in=classes))
            allowed.objects.bulk_create(
                [
                    allowed(planllmaccess=each, modelclass=each_class)
                    for each in access
                    for each_class in known
                ]
            )
    return plan
