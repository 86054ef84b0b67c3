"""A fake vendor that speaks OpenAI's protocol and lists the models that a test names."""

from typing import Any

from aiohttp import web

from tests.vendors.openai_app import API_KEY, FakeOpenAI


class ListingVendor(FakeOpenAI):
    """Its list may have any fields; a name alone is a model with nothing else."""

    def __init__(self, *models: str | dict[str, Any], api_key: str | None = API_KEY) -> None:
        super().__init__(api_key=api_key)
        self.models = [model if isinstance(model, dict) else {"id": model} for model in models]

    async def _models(self, request: web.Request) -> web.Response:
        return self._wrong_key(request) or web.json_response({"object": "list", "data": self.models})
