"""The `providers` section of a catalog file."""

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal

from metering.api_key import key_problem
from metering.base_url import ENDING, base_url_problem, is_base_url_variable
from metering.catalog.document import ProviderEntry
from metering.catalog.read_traits import read_traits
from metering.catalog.yaml_reader import YamlReader
from metering.models import Provider
from metering.types import Vendor

KEYS = ("kind", "base_url", "api_key", "api_key_env", "vendor", "traits", "markup_percent", "active")
KINDS = [kind.value for kind in Provider.Kind]
VENDORS = [vendor.value for vendor in Vendor]
_SLUG = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
_REFERENCE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}", re.ASCII)


def is_provider_name(name: str) -> bool:
    """Whether a provider may be called so."""
    return _SLUG.fullmatch(name) is not None


def read_providers(reader: YamlReader, environment: Mapping[str, str]) -> Iterator[ProviderEntry]:
    """Each provider of the section. `${NAME_BASE_URL}` in a base URL, also with `:-default`, is expanded."""
    for name, fields in reader.mappings(KEYS):
        if not is_provider_name(name):
            fields.problem("a provider's name has letters, digits, '-' and '_' only, at most 64")
        kind = fields.choice("kind", KINDS, default=Provider.Kind.OPENAI_COMPATIBLE)
        base_url = _base_url(fields, environment)
        is_wrong = fields.node("base_url") is not None and not fields.is_readable("base_url")
        if kind == Provider.Kind.OPENAI_COMPATIBLE and not base_url and not is_wrong:
            fields.problem("needs 'base_url'")
        is_active = fields.flag("active", True)
        yield ProviderEntry(
            line=fields.line,
            name=name,
            kind=kind,
            base_url=base_url,
            api_key_env=_key_variable(fields, environment, is_active=is_active),
            vendor=fields.choice("vendor", VENDORS, default=""),
            traits=read_traits(fields),
            markup_percent=fields.decimal(
                "markup_percent", places=3, low=-100, high=1_000, default=Decimal(0)
            ),
            is_active=is_active,
        )


def _base_url(fields: YamlReader, environment: Mapping[str, str]) -> str:
    raw = fields.text("base_url")

    def expanded(match: re.Match[str]) -> str:
        if not is_base_url_variable(match[1]):
            fields.problem(
                f"only a variable that ends in {ENDING} may stand here, not {match[1]}", key="base_url"
            )
            return "http://refused"
        value = environment.get(match[1]) or match[2]
        if value is None:
            fields.problem(f"the environment variable {match[1]} is not set", key="base_url")
        return "http://unset" if value is None else value

    url = _REFERENCE.sub(expanded, raw).rstrip("/")
    if url and fields.is_readable("base_url") and (problem := base_url_problem(url)):
        fields.problem(problem, key="base_url")
    return url


def _key_variable(fields: YamlReader, environment: Mapping[str, str], *, is_active: bool) -> str:
    """The name of the variable with the key. Neither the key nor what stands in its place is ever repeated."""
    reference, name = fields.text("api_key"), fields.text("api_key_env")
    if reference and name:
        fields.problem("give 'api_key' or 'api_key_env', not both", key="api_key_env")
    if reference:
        match = _REFERENCE.fullmatch(reference)
        if match is None or match[2] is not None:
            fields.problem(
                "must be a reference such as ${OPENAI_API_KEY}, never the key itself", key="api_key"
            )
            return ""
        name = match[1]
    if name and (problem := key_problem(name, environment, is_active=is_active)):
        fields.problem(problem, key="api_key" if reference else "api_key_env")
        return ""
    return name
