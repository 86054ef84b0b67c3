"""GET /v1/models and /v1/models/{id}: the models that this caller may use for chat."""

from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from gateway_project.proxy.caller import caller_of
from gateway_project.proxy.runtime import gateway_of
from metering.catalog.served import ServedModel
from metering.errors import ModelNotFound
from metering.text import normal
from metering.types import Task


async def list_models(request: Request) -> Response:
    """All of them, by name."""
    models = await _allowed(request)
    return _json({"object": "list", "data": [_shown(models[name]) for name in sorted(models)]})


async def show_model(request: Request) -> Response:
    """One of them. One that the caller may not use is not found."""
    name = normal(request.path_params["name"])
    model = (await _allowed(request)).get(name)
    if model is None:
        raise ModelNotFound(f"There is no model {name!r} for you.", param="model")
    return _json(_shown(model))


async def _allowed(request: Request) -> dict[str, ServedModel]:
    gateway = gateway_of(request)
    caller = await caller_of(request, gateway)
    access = await gateway.directory.access(caller.plan_code, Task.CHAT.value)
    index = await gateway.directory.models()
    return {
        name: model
        for name, model in index.by_name.items()
        if access.allows(model, narrowed_to=caller.allowed_models)
    }


def _shown(model: ServedModel) -> dict[str, Any]:
    return {
        "id": model.name,
        "object": "model",
        "created": 0,
        "owned_by": model.provider_name,
        "model_class": model.model_class,
        "context_tokens": model.context_tokens,
        "max_output_tokens": model.max_output_tokens,
    }


def _json(content: object) -> Response:
    return Response(msgspec.json.encode(content), media_type="application/json")
