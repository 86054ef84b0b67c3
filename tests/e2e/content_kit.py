"""Calls in every protocol over HTTP, and the files in which a text may have been left."""

import http.client
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.e2e.server import Server

MODEL = "sandbox-small"
BODIES: dict[str, Any] = {
    "/v1/chat/completions": lambda text: {"max_tokens": 20, "messages": [{"role": "user", "content": text}]},
    "/v1/messages": lambda text: {"max_tokens": 20, "messages": [{"role": "user", "content": text}]},
    "/v1/responses": lambda text: {"max_output_tokens": 20, "input": text},
    "/v1/embeddings": lambda text: {"input": [text]},
    "/v1/messages/count_tokens": lambda text: {"messages": [{"role": "user", "content": text}]},
}
CHUNK = 1 << 20


def ask(server: Server, token: str, path: str, text: str, **fields: Any) -> tuple[int, dict[str, str], str]:
    """Status, headers and body."""
    model = fields.pop("model", MODEL)
    body = {"model": model, **BODIES[path](text), **fields}
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
    connection = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=30)
    try:
        connection.request("POST", path, json.dumps(body), headers)
        answer = connection.getresponse()
        told = {name.lower(): value for name, value in answer.getheaders()}
        return answer.status, told, answer.read().decode()
    finally:
        connection.close()


def files_with(text: str) -> list[str]:
    """Files of the servers' folder that have it: the database's own, its journal, Redis's and logs."""
    folder = Path(os.environ["GATEWAY_STATE_DIR"])
    return [str(path.relative_to(folder)) for path in _files(folder) if _has(path, text.encode())]


def _files(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            yield path


def _has(path: Path, text: bytes) -> bool:
    before = b""
    try:
        with path.open("rb") as file:
            while part := file.read(CHUNK):
                if text in before + part:
                    return True
                before = part[-len(text) :]
    except (FileNotFoundError, PermissionError):
        return False
    return False
