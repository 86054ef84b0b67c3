"""One entry of LiteLLM's `model_list`: a name, and the deployment that serves it."""

import re
from decimal import ROUND_UP, Decimal

from gateway_project.foreign_configs.draft import Draft, Fields
from gateway_project.foreign_configs.endpoints import Endpoint, endpoint
from gateway_project.foreign_configs.fill import Given
from gateway_project.foreign_configs.litellm_groups import Deployment
from gateway_project.foreign_configs.litellm_names import KEYS, OWN_SERVERS, PREFIXES, split
from gateway_project.foreign_configs.litellm_settings import SharedTraits, read_deployment_traits
from gateway_project.foreign_configs.model_fields import optional_tokens
from gateway_project.foreign_configs.reader import ForeignReader
from gateway_project.foreign_configs.references import address, key_variable
from gateway_project.vendor_catalogs.known import known_vendors

COSTS = {"input": "input_cost_per_token", "output": "output_cost_per_token"}
MILLION = 1_000_000
COST_PLACES = 15
MICRO = Decimal("0.000001")
NO_CLIENT = "not taken over: the gateway has no client for {!r}."
NO_VENDOR = (
    "not taken over: whose model {!r} is, nothing says. Write the vendor before it, such as openai/{}."
)
NO_ADDRESS = "not taken over: it needs 'api_base', since {!r} is a server of your own."
ROUTING = "docs/routing.md says what decides between models."
PARAMS_REASONS = {"weight": ROUTING, "order": ROUTING}


def read_deployment(row: ForeignReader, draft: Draft, shared: SharedTraits) -> Deployment | None:
    """The entry with its provider, which is added to the draft; None where there is no place for it, which is told."""
    group, params = row.text("model_name", max_length=128), row.part("litellm_params")
    model = params.text("model", max_length=200) if params else ""
    if params is None or not group or not model:
        row.problem("needs 'model_name', and 'litellm_params' with 'model'")
        return None
    prefix, wanted = split(model, params.text("custom_llm_provider", max_length=64))
    provider = _provider(draft, params, prefix, wanted, model)
    deployment = None
    if provider:
        deployment = Deployment(group=group, at=row, given=_given(row, params, provider, wanted, shared))
        params.tell_rest(PARAMS_REASONS)
    row.tell_rest()
    return deployment


def _given(
    row: ForeignReader, params: ForeignReader, provider: str, wanted: str, shared: SharedTraits
) -> Given:
    info = row.part("model_info")
    traits: Fields = {**shared, **read_deployment_traits(params)}
    given = Given(
        name=wanted,
        provider=provider,
        max_output_tokens=optional_tokens(params, "max_tokens")
        or (optional_tokens(info, "max_output_tokens", "max_tokens") if info else None),
        context_tokens=optional_tokens(info, "max_input_tokens") if info else None,
        price=_price(params) or (_price(info) if info else None),
        traits=traits,
    )
    if info is not None:
        info.tell_rest()
    return given


def _provider(draft: Draft, params: ForeignReader, prefix: str, wanted: str, model: str) -> str:
    """The name of the provider that serves it; empty: none can, which is told."""
    if not prefix:
        params.note(NO_VENDOR.format(model, model), key="model")
        return ""
    if prefix not in PREFIXES and prefix not in OWN_SERVERS:
        params.note(NO_CLIENT.format(prefix), key="model")
        return ""
    base_url = address(params, "api_base") or address(params, "base_url")
    if prefix in OWN_SERVERS and not base_url:
        params.note(NO_ADDRESS.format(prefix), key="model")
        return ""
    of = _endpoint(prefix, base_url, wanted)
    variable = key_variable(params)
    if not variable and params.node("api_key") is None:
        variable = _usual_key(of, params, PREFIXES.get(prefix, ""))
    name = _free_name(draft, of, variable)
    if name not in draft.providers:
        draft.add_provider(name, of, variable)
    return name


def _endpoint(prefix: str, base_url: str, wanted: str) -> Endpoint:
    """`openai/` before a model that OpenAI does not have, at another address, means a server of one's own."""
    key = PREFIXES.get(prefix, "")
    if base_url and key == "openai":
        openai = known_vendors()[key]
        if wanted not in openai.models and not openai.called(wanted):
            key = ""
    of = endpoint(key, base_url) if key or base_url else None
    if of is not None and of.vendor is None:
        word = OWN_SERVERS.get(prefix, OWN_SERVERS["openai_like"])
        return Endpoint(base_url=base_url, vendor=None, vendor_word=word.value, is_own_address=False)
    return of or Endpoint(base_url="", vendor=known_vendors()[key])


def _usual_key(of: Endpoint, params: ForeignReader, key: str) -> str:
    """Where LiteLLM itself looks for it. It is sent to the vendor's own address only."""
    if of.vendor is None or not of.vendor.keys:
        return ""
    variable = KEYS.get(key, of.vendor.keys[0])
    if not of.is_own_address:
        params.note(f"names no key: none is sent, since {of.vendor.name} itself is not at this address.")
        return ""
    return variable


def _free_name(draft: Draft, of: Endpoint, variable: str) -> str:
    """The name of the same endpoint with the same key, else a new one."""
    base = of.vendor.provider if of.vendor else _name_of(of.base_url)
    wanted, number = of.provider(variable), 1
    name = base
    while name in draft.providers and draft.providers[name] != wanted:
        number += 1
        name = f"{base}-{number}"
    return name


def _name_of(base_url: str) -> str:
    """The host and port of a server of one's own as a provider's name."""
    host = re.sub(r"\$\{([A-Za-z0-9_]*?)(_BASE_URL)?(:-[^}]*)?\}", r"//\1", base_url).partition("//")[2]
    return re.sub(r"[^A-Za-z0-9_-]+", "-", host.partition("/")[0]).strip("-").lower()[:60] or "server"


def _price(fields: ForeignReader) -> dict[str, Decimal] | None:
    """Dollars for a token as dollars for a million, rounded up to what a catalog can have."""
    if fields.has(tuple(COSTS.values())) is None:
        return None
    amounts = {kind: fields.decimal(key, places=COST_PLACES, high=1) for kind, key in COSTS.items()}
    return {
        kind: (amount * MILLION).quantize(MICRO, ROUND_UP).normalize() for kind, amount in amounts.items()
    }
