"""The proxy service's `config.yaml`: `providers` and `models`, the latter with prices of a thousand tokens."""

from gateway_project.foreign_configs.check_names import check_providers
from gateway_project.foreign_configs.draft import Draft
from gateway_project.foreign_configs.endpoints import endpoint
from gateway_project.foreign_configs.model_fields import add_model
from gateway_project.foreign_configs.reader import ForeignReader
from gateway_project.foreign_configs.references import address, key_variable

NAME = "the proxy service's config.yaml"


def read_proxy_service(root: ForeignReader, draft: Draft) -> None:
    """Everything that the file says and that there is a place for."""
    if (providers := root.part("providers")) is not None:
        check_providers(providers)
    for name, fields in _parts(root, "providers"):
        _read_provider(draft, name, fields)
    for name, fields in _parts(root, "models"):
        provider = fields.text("provider")
        if provider in draft.endpoints:
            add_model(draft, name, provider, fields)
            fields.tell_rest()
        elif not provider:
            fields.problem("needs 'provider'")
        elif provider not in root_names(root):
            fields.problem(f"there is no provider {provider!r} in the file", key="provider")
    root.tell_rest()


def root_names(root: ForeignReader) -> list[str]:
    """The providers that the file names, those that could not be read too."""
    providers = root.part("providers")
    return providers.written_keys() if providers else []


def _parts(root: ForeignReader, key: str) -> list[tuple[str, ForeignReader]]:
    section = root.part(key)
    return list(section.parts()) if section else []


def _read_provider(draft: Draft, name: str, fields: ForeignReader) -> None:
    base_url = address(fields, "base_url")
    variable = key_variable(fields)
    of = endpoint(name, base_url)
    if of is None:
        if fields.node("base_url") is None:
            fields.problem("needs 'base_url', since no vendor is known by this name")
        return
    draft.add_provider(name, of, variable)
    who = of.vendor.name if of.vendor else f"a server of your own (vendor: {of.vendor_word})"
    fields.note(f"taken for {who}.")
    fields.tell_rest()
