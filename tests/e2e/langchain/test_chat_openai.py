"""ChatOpenAI by the chat completions that it asks for unless it is told otherwise."""

from typing import Any

import pytest
from langchain_openai import ChatOpenAI

from tests.e2e.langchain.suite import Suite

pytestmark = [pytest.mark.slow, pytest.mark.django_db, pytest.mark.filterwarnings("ignore::UserWarning")]


class TestChatOpenAI(Suite):
    @property
    def chat_model_class(self) -> type[ChatOpenAI]:
        return ChatOpenAI

    @property
    def chat_model_params(self) -> dict[str, Any]:
        return {
            "model": "small",
            "base_url": f"{self.gateway.url}/v1",
            "api_key": self.gateway.token,
            "stream_usage": True,
            "max_retries": 0,
        }
