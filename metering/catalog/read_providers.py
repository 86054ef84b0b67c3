"""The `providers` section of a catalog file."""

import re
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from metering.catalog.document import ProviderEntry
from metering.catalog.section import Section
from metering.models import Provider

KEYS = ("kind", "base_url", "api_key", "api_key_env", "active")
KINDS = [kind.value for kind in Provider.Kind]
_SLUG = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}", re.ASCII)
_REFERENCE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}", re.ASCII)


def read_providers(section: Section, environment: Mapping[str, str]) -> Iterator[ProviderEntry]:
    """Each provider of the section. `${NAME}` and `${NAME:-default}` in a base URL are expanded."""
    for name, fields in section.sections(KEYS):
        if not _SLUG.fullmatch(name):
            fields.problem("a provider's name has letters, digits, '-' and '_' only, at most 64")
        kind = fields.choice("kind", KINDS, default=Provider.Kind.OPENAI_COMPATIBLE)
        base_url = _base_url(fields, environment)
        if kind == Provider.Kind.OPENAI_COMPATIBLE and not base_url:
            fields.problem("needs 'base_url'")
        yield ProviderEntry(
            line=fields.line,
            name=name,
            kind=kind,
            base_url=base_url,
            api_key_env=_key_variable(fields),
            is_active=fields.flag("active", True),
        )


def _base_url(fields: Section, environment: Mapping[str, str]) -> str:
    raw = fields.text("base_url")

    def expanded(match: re.Match[str]) -> str:
        value = environment.get(match[1]) or match[2]
        if value is None:
            fields.problem(f"the environment variable {match[1]} is not set", key="base_url")
        return value or "http://unset"

    url = _REFERENCE.sub(expanded, raw).rstrip("/")
    if url and not _is_http_url(url):
        # The URL itself is not repeated: somebody may have put a password into it.
        fields.problem(
            "expected an http:// or https:// address without user name or password", key="base_url"
        )
    return url


def _is_http_url(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.username is None


def _key_variable(fields: Section) -> str:
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
    if name and not _VARIABLE.fullmatch(name):
        fields.problem("must be the name of an environment variable", key="api_key_env")
        return ""
    return name
