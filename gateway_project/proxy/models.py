"""GET /v1/models and /v1/models/{id}: the names that this caller may ask for in a chat.

Those of models, aliases and classes; an alias or a class is shown as the model that serves it now.
"""

from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from gateway_project.proxy.caller import gateway_of, principal_of
from metering.catalog.served import ServedModel
from metering.errors import ModelNotFound
from metering.text import normal
from metering.types import Task


async def list_models(request: Request) -> Response:
    """Lists every name that the caller may ask for, in order."""
    models = await _allowed(request)
    return _json({"object": "list", "data": [_shown(name, models[name]) for name in sorted(models)]})


async def show_model(request: Request) -> Response:
    """Shows one model. One that the caller may not use is answered as not found."""
    name = normal(request.path_params["name"])
    model = (await _allowed(request)).get(name)
    if model is None:
        raise ModelNotFound(f"There is no model {name!r} for you.", param="model")
    return _json(_shown(name, model))


async def _allowed(request: Request) -> dict[str, ServedModel]:
    gateway = gateway_of(request)
    return await gateway.models(await principal_of(request, gateway), Task.CHAT)


def _shown(name: str, model: ServedModel) -> dict[str, Any]:
    return {
        "id": name,
        "object": "model",
        "created": 0,
        "owned_by": model.provider_name,
        "model_class": model.model_class,
        "context_tokens": model.context_tokens,
        "max_output_tokens": model.max_output_tokens,
    }


def _json(content: object) -> Response:
    return Response(msgspec.json.encode(content), media_type="application/json")
