"""Foreign files converted on a fixed day, and read as our own form."""

from datetime import UTC, datetime

import pytest

from gateway_project.foreign_configs.convert import convert
from gateway_project.foreign_configs.draft import Conversion
from metering.catalog.document import CatalogDocument, ModelEntry, ProviderEntry
from metering.catalog.dump_catalog import as_yaml
from metering.catalog.parse_catalog import parse_catalog
from metering.errors import CatalogInvalid
from tests.unit.metering.catalog.catalog_text import VOCABULARY

AT = datetime(2026, 11, 30, tzinfo=UTC)


def converted(text: str) -> Conversion:
    conversion = convert(text, at=AT)
    assert conversion is not None
    return conversion


def read(text: str, **environment: str) -> CatalogDocument:
    """The conversion, as `load_catalog` reads its text."""
    written = as_yaml(converted(text).document)
    return parse_catalog(text=written, vocabulary=VOCABULARY, environment=environment)


def model_of(document: CatalogDocument, name: str) -> ModelEntry:
    return next(entry for entry in document.models if entry.name == name)


def provider_of(document: CatalogDocument, name: str) -> ProviderEntry:
    return next(entry for entry in document.providers if entry.name == name)


def notes(text: str) -> str:
    return "\n".join(converted(text).notes)


def problems(text: str) -> list[str]:
    with pytest.raises(CatalogInvalid) as refused:
        convert(text, at=AT)
    return refused.value.problems
