"""The OpenAPI document is complete, and its page needs no other host."""

import re

import pytest
from django.core.management import call_command
from django.test import Client

EXTERNAL = re.compile(r"""(?:src|href)=["'](?:https?:)?//[^"']*""")


def test_the_document_is_generated_without_a_warning(tmp_path: object) -> None:
    call_command("spectacular", "--fail-on-warn", "--validate", "--file", f"{tmp_path}/openapi.yaml")


@pytest.mark.django_db
def test_the_page_and_what_it_loads_are_served_here() -> None:
    page = Client().get("/api/docs")
    assert page.status_code == 200
    text = page.content.decode()
    assert EXTERNAL.findall(text) == []
    assets = set(re.findall(r"""(?:src|href)=["'](/static/[^"']+)""", text))
    assert assets
    for asset in assets:
        assert Client().get(asset).status_code == 200, asset
