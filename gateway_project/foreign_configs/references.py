"""Keys and addresses of a foreign file as references that the catalog takes. No value of a key is repeated."""

import re

from gateway_project.foreign_configs.reader import ForeignReader
from metering.api_key import ENDING, is_key_variable, is_variable
from metering.base_url import ENDING as URL_ENDING
from metering.base_url import base_url_problem

_REFERENCE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}|os\.environ/([A-Za-z_][A-Za-z0-9_]*)", re.ASCII)
_URL_VARIABLE = re.compile(
    r"\$\{([A-Za-z_][A-Za-z0-9_]*)(:-[^}]*)?\}|os\.environ/([A-Za-z_][A-Za-z0-9_]*)", re.ASCII
)
NO_KEYS = frozenset({"none", "null", "empty", "dummy", "fake-key", "not-needed"})
"""What people write where a server of their own wants no key."""


def key_variable(fields: ForeignReader) -> str:
    """The variable with the key, which `api_key` refers to or `api_key_env` names; empty: none is given."""
    named = fields.text("api_key_env")
    if named:
        if not is_variable(named):
            fields.problem("must be the name of an environment variable", key="api_key_env")
            return ""
        return _usable(fields, "api_key_env", named)
    written = fields.text("api_key", max_length=10_000)
    if not written or written.lower() in NO_KEYS:
        return ""
    match = _REFERENCE.fullmatch(written)
    if match is None:
        fields.problem(
            "must be a reference such as ${OPENAI_API_KEY} or os.environ/OPENAI_API_KEY, never the key itself",
            key="api_key",
        )
        return ""
    return _usable(fields, "api_key", match[1] or match[2])


def address(fields: ForeignReader, key: str) -> str:
    """The base URL under a key, with its variable as `${NAME_BASE_URL}`; empty: none is given."""
    written = fields.text(key).rstrip("/")
    if not written:
        return ""
    renamed = _URL_VARIABLE.sub(lambda match: _url_reference(fields, key, match), written)
    expanded = _URL_VARIABLE.sub(lambda match: (match[2] or "")[2:] or "http://host", renamed)
    if problem := base_url_problem(expanded):
        fields.problem(problem, key=key)
        return ""
    return renamed


def _usable(fields: ForeignReader, key: str, name: str) -> str:
    """The name itself, or the one that its key has to be given under here."""
    if is_key_variable(name):
        return name
    other = f"{name.removesuffix('_KEY')}{ENDING}"
    if not is_key_variable(other):
        fields.problem(f"must name a variable that ends in {ENDING} and is nobody else's", key=key)
        return ""
    fields.note(
        f"{name} is never read, since only variables that end in {ENDING} are: set {other} to this key.",
        key=key,
    )
    return other


def _url_reference(fields: ForeignReader, key: str, match: re.Match[str]) -> str:
    name, default = match[1] or match[3], match[2] or ""
    if name.endswith(URL_ENDING):
        return f"${{{name}{default}}}"
    stem = re.sub(r"(_API_BASE|_BASE|_URL|_ENDPOINT)$", "", name)
    fields.note(
        f"{name} is never read, since only variables that end in {URL_ENDING} are: set {stem}{URL_ENDING} to this URL.",
        key=key,
    )
    return f"${{{stem}{URL_ENDING}{default}}}"
