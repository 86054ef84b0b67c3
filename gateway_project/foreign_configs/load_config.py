"""Bring a configuration file into the database: one in our own form, or one of another gateway."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from gateway_project.foreign_configs.convert import convert
from metering.catalog.changes import Change
from metering.catalog.dump_catalog import as_yaml
from metering.catalog.load_catalog import load_catalog
from metering.errors import CatalogInvalid


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedConfig:
    """What changed, and for a foreign file its form and what became of its lines."""

    changes: list[Change]
    format: str = ""
    """Empty: our own."""
    notes: tuple[str, ...] = ()


def load_config(
    *, text: str, actor: str, now: datetime, environment: Mapping[str, str], dry_run: bool = False
) -> LoadedConfig:
    """Load the file, whole or not at all. Raises CatalogInvalid with every problem in it."""
    conversion = convert(text, at=now)
    if conversion is None:
        changes = load_catalog(text=text, actor=actor, now=now, environment=environment, dry_run=dry_run)
        return LoadedConfig(changes=changes)
    try:
        changes = load_catalog(
            text=as_yaml(conversion.document),
            actor=actor,
            now=now,
            environment=environment,
            dry_run=dry_run,
        )
    except CatalogInvalid as error:  # lines are those of a text that nobody sees
        problems = [f"converted, {problem.partition(': ')[2]}" for problem in error.problems]
        raise CatalogInvalid(problems) from None
    return LoadedConfig(changes=changes, format=conversion.format, notes=conversion.notes)
