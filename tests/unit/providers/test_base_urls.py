"""A base URL may be left out, and may end in the version of the API or before it."""

import pytest

from providers.base_url import base_of


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
