"""What the suites of every client have in common."""

import pytest
from langchain_tests.integration_tests import ChatModelIntegrationTests

from tests.e2e.langchain.conftest import Gateway


class Suite(ChatModelIntegrationTests):
    """Its model is served by the gateway, and can do all that the suite has tests for, but for what a client lacks."""

    gateway: Gateway
    model_override_value = "large"
    supports_anthropic_inputs = True
    supports_audio_inputs = True
    supports_image_inputs = True
    supports_image_tool_message = True
    supports_image_urls = True
    supports_json_mode = True
    supports_pdf_inputs = True
    supports_pdf_tool_message = True

    @pytest.fixture(autouse=True)
    def _serve(self, gateway: Gateway, downloads: None, untraced: None) -> None:
        self.gateway = gateway
