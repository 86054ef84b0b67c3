"""The OpenAPI document is complete, and its page needs no other host."""

import re

import pytest
from django.core.management import call_command
from django.test import Client

EXTERNAL = re.compile(r"""(?:src|href)=["'](?:https?:)?//[^"']*""")


def test_the_document_is_generated_without_a_warning(tmp_path: object) -> None:
    call_command("spectacular", "--fail-on-warn", "--validate", "--file", f"{tmp_path}/openapi.yaml")


@pytest.mark.django_db
def test_every_operation_has_a_summary_a_tag_and_the_shape_of_its_refusals() -> None:
    document = Client().get("/api/schema").json()
    operations = {
        f"{method} {path}": operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }
    assert len(operations) > 50
    for name, operation in operations.items():
        assert operation.get("description"), name
        assert 0 < len(operation.get("summary", "")) < 120, name
        assert operation.get("tags") != ["api"], name
        assert "Error" in str(operation["responses"]["default"]), name
        assert [code for code in operation["responses"] if code.startswith("2")], name


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
