"""The names that this caller may ask for: those of models, aliases and classes.

`GET /v1/models` and `/v1/models/{id}` show them as OpenAI does, or as Anthropic does to who speaks its protocol; an
alias or a class is shown as the model that serves it now. OpenAI's form also says what the model costs this caller, so
that clients can estimate a call. `GET /llm/models` shows models and aliases with labels, of what can be chatted with.
"""

from decimal import Decimal
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from gateway_project.http.request_headers import headers_of
from gateway_project.http.request_id import REQUEST_ID
from gateway_project.proxy.caller import gateway_of, principal_of, runtime_of
from gateway_project.proxy.model_calls import named_as_anthropic
from metering.admission.offered_price import OfferedPrice
from metering.calls.begin import Offer
from metering.errors import ModelNotFound
from metering.text import normal
from metering.types import ModelClass, Task

MADE_AT = "1970-01-01T00:00:00Z"
"""Nobody knows when a model was made; Anthropic's clients expect a time."""
CLASSES = frozenset(ModelClass)


async def list_models(request: Request) -> Response:
    """Lists every name that the caller may ask for, in order."""
    offers = await _offered(request)
    names = sorted(offers)
    if _speaks_anthropics(request):
        shown = [_as_anthropic(name, offers[name]) for name in names]
        ends = {"first_id": names[0] if names else None, "last_id": names[-1] if names else None}
        return _to_anthropics_client({"data": shown, "has_more": False, **ends}, request)
    return _json({"object": "list", "data": [_as_openai(name, offers[name]) for name in names]})


async def show_model(request: Request) -> Response:
    """Shows one model. One that the caller may not use is answered as not found."""
    name = normal(request.path_params["name"])
    found = (await _offered(request)).get(name)
    if found is None:
        raise ModelNotFound(f"There is no model {name!r} for you.", param="model")
    if _speaks_anthropics(request):
        return _to_anthropics_client(_as_anthropic(name, found), request)
    return _json(_as_openai(name, found))


async def list_labelled(request: Request) -> Response:
    """Lists models and aliases, each with its label and whether it is likely to answer now."""
    is_available = runtime_of(request).vendors.is_available
    gateway = gateway_of(request)
    models = await gateway.models(await principal_of(request, gateway), Task.CHAT)
    return _json(
        [
            {
                "id": name,
                "label": found[0].label or found[0].name,
                "provider": found[0].provider_name,
                "available": any(map(is_available, found)),
            }
            for name, found in sorted(models.items())
            if (name not in CLASSES or found[0].name == name) and found[0].answers_in_words
        ]
    )


async def _offered(request: Request) -> dict[str, Offer]:
    gateway = gateway_of(request)
    return await gateway.offers(await principal_of(request, gateway), Task.CHAT)


def _speaks_anthropics(request: Request) -> bool:
    return b"anthropic-version" in headers_of(request)


def _as_openai(name: str, offer: Offer) -> dict[str, Any]:
    model, price = offer.models[0], offer.price
    return {
        "id": name,
        "object": "model",
        "created": 0,
        "owned_by": model.provider_name,
        "label": model.label or model.name,
        "model_class": model.model_class,
        "context_tokens": model.context_tokens,
        "max_output_tokens": model.max_output_tokens,
        "price": None if price is None else _price(price),
    }


def _price(price: OfferedPrice) -> dict[str, Any]:
    """US dollars per million tokens as text."""
    kinds = ("input", "output", "cached_input", "cache_write")
    return {name: _plain(getattr(price, name)) for name in kinds} | {"only_tokens": price.only_tokens}


def _plain(amount: Decimal) -> str:
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _as_anthropic(name: str, offer: Offer) -> dict[str, Any]:
    model = offer.models[0]
    return {
        "type": "model",
        "id": name,
        "display_name": model.label or model.name,
        "created_at": MADE_AT,
        "lifecycle": "active",
        "max_input_tokens": model.context_tokens,
        "max_tokens": model.max_output_tokens,
    }


def _to_anthropics_client(content: object, request: Request) -> Response:
    return named_as_anthropic(_json(content), request.scope[REQUEST_ID])


def _json(content: object) -> Response:
    return Response(msgspec.json.encode(content), media_type="application/json")
