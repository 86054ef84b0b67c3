from collections.abc import Iterator
from typing import Any

import openai
import pytest

from tests.e2e.server import Server, running_server
from tests.factories import make_token, reference_data
from tests.served import serve_model, settled_books


@pytest.fixture
def server(transactional_db: Any) -> Iterator[Server]:
    """The whole ASGI application over real HTTP, with one model and nothing else."""
    reference_data()
    serve_model()
    with settled_books(), running_server() as server:
        yield server


@pytest.fixture
def token(server: Server) -> str:
    """Alder's, on a plan without limits."""
    return make_token().secret


@pytest.fixture
def client(server: Server, token: str) -> Iterator[openai.OpenAI]:
    """The official SDK, as an application would use it."""
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key=token, max_retries=0) as client:
        yield client
