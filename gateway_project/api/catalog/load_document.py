"""A catalog as the API takes it, brought into force."""

import json
from datetime import datetime
from typing import Any

from metering.catalog.changes import Change
from metering.catalog.load_catalog import load_catalog
from metering.errors import CatalogInvalid


def load_document(
    document: dict[str, Any], *, actor: str, now: datetime, dry_run: bool = False
) -> list[Change]:
    """Raises CatalogInvalid with every problem in it."""
    text = json.dumps(document, indent=1, ensure_ascii=False)  # JSON is YAML
    try:
        return load_catalog(text=text, actor=actor, now=now, dry_run=dry_run)
    except CatalogInvalid as error:  # lines are those of the text that was made here, which nobody sees
        raise CatalogInvalid([problem.partition(": ")[2] for problem in error.problems]) from None
