"""All models of a vendor that the shipped catalogs know, where a foreign file names the vendor and no model."""

from gateway_project.foreign_configs.draft import Draft
from gateway_project.foreign_configs.fill import Given, filled
from gateway_project.foreign_configs.reader import ForeignReader, Notes
from metering.catalog.yaml_source import Problems


def add_known_models(draft: Draft, provider: str, at: ForeignReader) -> None:
    """Add those that the vendor still serves, and tell how many they are."""
    of = draft.endpoints[provider]
    if of.vendor is None or of.vendor.others is not None:
        at.note(f"names no models; `manage.py import_models {provider}` enters those that it lists.")
        return
    added = 0
    for name, known in of.vendor.models.items():
        if not known.retired:
            given = Given(name=name, provider=provider)
            draft.add_model(name, filled(draft, given, _quiet(at)), at, shipped_aliases=known.aliases)
            added += 1
    at.note(f"names no models: the {added} that the shipped catalog of {of.vendor.name} knows are entered.")


def _quiet(at: ForeignReader) -> ForeignReader:
    """A reader of the same place whose notes nobody reads: one sentence tells of all models."""
    return ForeignReader(at.root, at.where, Problems(), Notes())
