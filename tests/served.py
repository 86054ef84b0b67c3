"""What a test needs to make metered calls: a served model, a token, and a look at the books."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import connection

from metering.models import LLMModel, UsageMeter, UsageReservation
from tests.factories import ModelFactory, PriceFactory
from tests.quick_audit import violations

FILLED = {
    *("metering_feature", "metering_task", "metering_modelclass"),
    *("django_content_type", "auth_permission", "django_site"),
}
"""Tables that the migrations filled, which tests that roll back rely on."""


def serve_model(name: str = "sandbox-small", **facts: object) -> LLMModel:
    """A model of the sandbox at $1 per million tokens."""
    model = ModelFactory(name=name, **facts)
    PriceFactory(model=model)
    return model


@contextmanager
def settled_ledger() -> Iterator[None]:
    """Afterwards nothing is held, and the books balance."""
    yield
    assert not UsageReservation.objects.filter(state=0).exists()
    assert not UsageMeter.objects.filter(held__gt=0).exists()
    assert violations(settings.LEDGER_DATABASE_URL) == []


def empty_tables() -> None:
    """After a gateway that a whole module of tests has used."""
    names = set(connection.introspection.django_table_names(only_existing=True, include_views=False)) - FILLED
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {', '.join(sorted(names))}")
