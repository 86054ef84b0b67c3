"""The proxy-mode file: `llmproxy:` with providers and their models, rate limits and a cost budget."""

from yaml.nodes import ScalarNode

from gateway_project.foreign_configs.check_names import check_providers
from gateway_project.foreign_configs.draft import Draft
from gateway_project.foreign_configs.endpoints import Endpoint, endpoint
from gateway_project.foreign_configs.limits import read_cost_budget, read_rate_limits
from gateway_project.foreign_configs.model_fields import add_model
from gateway_project.foreign_configs.reader import ForeignReader
from gateway_project.foreign_configs.references import address, key_variable
from gateway_project.foreign_configs.vendor_wide import add_known_models

NAME = "the proxy mode's file"
KEY = "llmproxy"
SERVER_KEYS = {
    "listen_addr": "counts for `script/server --config` alone, unless --host, --port or LISTEN_ADDRESS says otherwise.",
    "log_level": "counts for `script/server --config` alone, unless --log-level or LOG_LEVEL says otherwise.",
}
GLM = {"glm": "zhipuai"}
"""The proxy mode's GLM is ZhipuAI's own endpoint."""


def read_proxy_mode(root: ForeignReader, draft: Draft) -> None:
    """Everything that the file says and that there is a place for."""
    proxy = root.part(KEY)
    if proxy is None:
        root.problem("is empty", key=KEY)
        return
    for key, sentence in SERVER_KEYS.items():
        if proxy.node(key) is not None:
            proxy.note(sentence, key=key)
    providers = proxy.part("providers")
    if providers is not None:
        check_providers(providers)
    for name, fields in list(providers.parts()) if providers else []:
        _read_provider(draft, name, fields)
    if limits := proxy.part("rate_limits"):
        read_rate_limits(limits, draft)
    if budget := proxy.part("cost_budget"):
        read_cost_budget(budget, draft)
    proxy.tell_rest()
    root.tell_rest()


def _read_provider(draft: Draft, name: str, fields: ForeignReader) -> None:
    base_url = address(fields, "base_url")
    of = endpoint(name if base_url else GLM.get(name.lower(), name), base_url)
    variable = key_variable(fields) or _usual_key(of, fields)
    if of is None:
        if fields.node("base_url") is None:
            fields.problem("needs 'base_url', since no vendor is known by this name")
        return
    draft.add_provider(name, of, variable)
    if fields.node("models") is None:
        add_known_models(draft, name, fields)
    else:
        _read_models(draft, name, fields)
    fields.tell_rest()


def _usual_key(of: Endpoint | None, fields: ForeignReader) -> str:
    """The variable that the vendor's key usually stands in; it is sent to the vendor itself only."""
    if fields.has(("api_key", "api_key_env")) or of is None or of.vendor is None or not of.is_own_address:
        return ""
    if of.vendor.keys:
        fields.note(f"names no key: it is read from {of.vendor.keys[0]}.")
        return of.vendor.keys[0]
    return ""


def _read_models(draft: Draft, provider: str, fields: ForeignReader) -> None:
    added: dict[str, str] = {}
    for row in fields.rows("models", or_names=True):
        is_name = isinstance(row.root, ScalarNode)
        name = str(row.root.value).strip() if is_name else row.text("name", max_length=128)
        if not name:
            row.problem("needs 'name'")
            continue
        if name in added:
            row.note("listed again: its alias counts, everything else is that of the first time.")
        else:
            added[name] = add_model(draft, name, provider, row)
            if added[name] != name:
                row.note(f"is called {added[name]!r} here, since another model has its name.")
        for alias in filter(None, (row.text("alias", max_length=128), *row.names("aliases"))):
            draft.add_alias(added[name], alias, row)
        row.tell_rest()
