from collections.abc import Callable
from datetime import datetime

import pytest
from django.utils.timezone import now

from metering.catalog.changes import Change
from metering.catalog.load_catalog import load_catalog
from tests.factories import reference_data

Load = Callable[..., list[Change]]


@pytest.fixture
def load(db) -> Load:
    """Loads a catalog's text with the real registry of rules."""
    reference_data()

    def load_text(text: str, *, at: datetime | None = None, dry_run: bool = False) -> list[Change]:
        return load_catalog(
            text=text,
            environment={},
            actor="a test",
            now=at or now(),
            dry_run=dry_run,
        )

    return load_text
