"""Ask a row of the matrix as one of the actors."""

import json
import re
from typing import Any

from asgiref.sync import async_to_sync
from django.test import Client

from tests.tenancy.matrix import Row
from tests.tenancy.world import World

CSRF = re.compile(r"\b[A-Za-z0-9]{64}\b")
"""Django's token against forged forms, another one in every page."""
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+(?:Z|\+00:00)")


def ask(row: Row, world: World, actor: str, *, names: dict[str, str] | None = None) -> Any:
    """The answer; `names` are put in the place of some of the world's."""
    names = world.names() | (names or {})
    headers = {"x-request-id": "matrix", **filled(row.headers, names)}
    if bearer := world.bearers[actor]:
        headers["authorization"] = f"Bearer {bearer}"
    body = None if row.body is None else json.dumps(filled(row.body, names))
    client = Client(raise_request_exception=False)
    path = row.path.format(**names)
    return client.generic(row.method, path, body or "", "application/json", headers=headers)


def text_of(response: Any) -> str:
    """Everything that the caller can read."""
    body = _streamed(response) if response.streaming else response.content
    headers = "\n".join(f"{name}: {value}" for name, value in response.items())
    text = f"{response.status_code}\n{headers}\n{body.decode(errors='replace')}"
    return MOMENT.sub("<moment>", CSRF.sub("<csrf>", text))


def _streamed(response: Any) -> bytes:
    async def parts() -> list[bytes]:
        return [part async for part in response]

    return b"".join(async_to_sync(parts)() if response.is_async else response)


def filled(value: Any, names: dict[str, str]) -> Any:
    """The same with names in the place of placeholders."""
    if isinstance(value, str):
        return value.format(**names) if "{" in value else value
    if isinstance(value, dict):
        return {key: filled(part, names) for key, part in value.items()}
    if isinstance(value, list):
        return [filled(part, names) for part in value]
    return value
