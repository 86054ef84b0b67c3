"""What a test needs to make metered calls: a served model, a token, and a look at the books."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings

from metering.ledger.audit.verify import verify_ledger
from metering.models import LLMModel, UsageMeter, UsageReservation
from metering.orm import close_database_threads
from tests.factories import ModelFactory, PriceFactory


def serve_model(name: str = "sandbox-small", **facts: object) -> LLMModel:
    """A model of the sandbox at $1 per million tokens."""
    model = ModelFactory(name=name, **facts)
    PriceFactory(model=model)
    return model


@contextmanager
def settled_ledger() -> Iterator[None]:
    """Afterwards nothing is held, the books balance, and no thread holds a connection to the test database."""
    try:
        yield
        assert not UsageReservation.objects.filter(state=0).exists()
        assert not UsageMeter.objects.filter(held__gt=0).exists()
        assert verify_ledger(settings.LEDGER_DATABASE_URL) == []
    finally:
        close_database_threads()
