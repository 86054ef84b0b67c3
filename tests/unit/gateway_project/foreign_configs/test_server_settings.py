"""What a configuration file says of the server itself."""

import pytest

from gateway_project.foreign_configs.server_settings import ServerSettings, server_settings
from metering.errors import CatalogInvalid
from tests.unit.gateway_project.foreign_configs.documents import LITELLM, PROXY_MODE


def test_the_proxy_modes_file_says_its_address_and_level() -> None:
    assert server_settings(PROXY_MODE) == ServerSettings(listen_addr=":8080", log_level="info")


@pytest.mark.parametrize("text", [LITELLM, "plans: {}", "llmproxy:"])
def test_other_files_say_nothing_of_it(text: str) -> None:
    assert server_settings(text) == ServerSettings()


@pytest.mark.parametrize("text", ["llmproxy: {listen_addr: [1]}", "a: [", ""])
def test_what_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(CatalogInvalid):
        server_settings(text)
