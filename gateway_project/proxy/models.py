"""The names that this caller may ask for: those of models, aliases and classes.

`GET /v1/models` and `/v1/models/{id}` show them as OpenAI does, or as Anthropic does to who speaks its protocol; an
alias or a class is shown as the model that serves it now. `GET /llm/models` shows models and aliases with labels.
"""

from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from gateway_project.http.request_headers import headers_of
from gateway_project.proxy.caller import gateway_of, principal_of, runtime_of
from metering.admission.demand import Candidates
from metering.catalog.served import ServedModel
from metering.errors import ModelNotFound
from metering.text import normal
from metering.types import ModelClass, Task

MADE_AT = "1970-01-01T00:00:00Z"
"""Nobody knows when a model was made; Anthropic's clients expect a time."""
CLASSES = frozenset(ModelClass)


async def list_models(request: Request) -> Response:
    """Lists every name that the caller may ask for, in order."""
    models = await _allowed(request)
    names = sorted(models)
    if _speaks_anthropics(request):
        shown = [_as_anthropic(name, models[name][0]) for name in names]
        ends = {"first_id": names[0] if names else None, "last_id": names[-1] if names else None}
        return _json({"data": shown, "has_more": False, **ends})
    return _json({"object": "list", "data": [_as_openai(name, models[name][0]) for name in names]})


async def show_model(request: Request) -> Response:
    """Shows one model. One that the caller may not use is answered as not found."""
    name = normal(request.path_params["name"])
    found = (await _allowed(request)).get(name)
    if found is None:
        raise ModelNotFound(f"There is no model {name!r} for you.", param="model")
    return _json((_as_anthropic if _speaks_anthropics(request) else _as_openai)(name, found[0]))


async def list_labelled(request: Request) -> Response:
    """Lists models and aliases, each with its label and whether it is likely to answer now."""
    is_available = runtime_of(request).vendors.is_available
    models = await _allowed(request)
    return _json(
        [
            {
                "id": name,
                "label": found[0].label or found[0].name,
                "provider": found[0].provider_name,
                "available": any(map(is_available, found)),
            }
            for name, found in sorted(models.items())
            if name not in CLASSES or found[0].name == name
        ]
    )


async def _allowed(request: Request) -> dict[str, Candidates]:
    gateway = gateway_of(request)
    return await gateway.models(await principal_of(request, gateway), Task.CHAT)


def _speaks_anthropics(request: Request) -> bool:
    return b"anthropic-version" in headers_of(request)


def _as_openai(name: str, model: ServedModel) -> dict[str, Any]:
    return {
        "id": name,
        "object": "model",
        "created": 0,
        "owned_by": model.provider_name,
        "label": model.label or model.name,
        "model_class": model.model_class,
        "context_tokens": model.context_tokens,
        "max_output_tokens": model.max_output_tokens,
    }


def _as_anthropic(name: str, model: ServedModel) -> dict[str, Any]:
    return {
        "type": "model",
        "id": name,
        "display_name": model.label or model.name,
        "created_at": MADE_AT,
        "lifecycle": "active",
        "max_input_tokens": model.context_tokens,
        "max_tokens": model.max_output_tokens,
    }


def _json(content: object) -> Response:
    return Response(msgspec.json.encode(content), media_type="application/json")
