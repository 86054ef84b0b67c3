"""A base URL may be left out, and may end in the version of the API or before it."""

import pytest

from providers.base_url import base_of
from providers.openai_compatible.traits import vendor_of


@pytest.mark.parametrize(
    ("given", "base"),
    [
        ("", "https://api.example/v1"),
        ("https://proxy.example", "https://proxy.example/v1"),
        ("https://proxy.example/", "https://proxy.example/v1"),
        ("https://proxy.example/v1/", "https://proxy.example/v1"),
        ("https://proxy.example/anthropic/v1", "https://proxy.example/anthropic/v1"),
    ],
)
def test_the_version_is_added_where_there_is_no_path(given: str, base: str) -> None:
    assert base_of(given, "https://api.example", version="v1") == base


@pytest.mark.parametrize(
    "url", ["http://10.0.0.7:11434", "http://ollama:11434/v1", "https://gpu.example:11434/"]
)
def test_ollama_is_known_by_its_port_on_any_host(url: str) -> None:
    assert vendor_of(url) == "ollama"


@pytest.mark.parametrize("url", ["", "http://", "http://h:99999", "http://h:x", "http://[", "http://h:11435"])
def test_an_address_that_is_nobodys_or_none_is_of_no_known_vendor(url: str) -> None:
    assert vendor_of(url) == ""
