"""ChatAnthropic by Messages."""

from typing import Any

import pytest
from langchain_anthropic import ChatAnthropic

from tests.e2e.langchain.suite import Suite

pytestmark = [pytest.mark.slow, pytest.mark.django_db, pytest.mark.filterwarnings("ignore::UserWarning")]


class TestChatAnthropic(Suite):
    supports_audio_inputs = False
    supports_json_mode = False

    @property
    def chat_model_class(self) -> type[ChatAnthropic]:
        return ChatAnthropic

    @property
    def chat_model_params(self) -> dict[str, Any]:
        return {
            "model": "small",
            "base_url": self.gateway.url,
            "api_key": self.gateway.token,
            "max_retries": 0,
        }
