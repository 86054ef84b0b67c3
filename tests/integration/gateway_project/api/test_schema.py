"""The OpenAPI document is complete, and its page needs no other host."""

import re
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.management import call_command
from django.test import Client

from gateway_project.api.document import OnceMade

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


def test_it_is_made_once_however_many_ask_first() -> None:
    document, together = OnceMade(), threading.Barrier(16)

    def ask(_: int) -> tuple[bytes, str]:
        together.wait(60)
        return document.get()

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(ask, range(16)))
    assert len({id(text) for text, _ in answers}) == 1


@pytest.mark.django_db
def test_who_has_it_already_is_told_so() -> None:
    first = Client().get("/api/schema")
    again = Client().get("/api/schema", headers={"if-none-match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert Client().get("/api/schema", headers={"if-none-match": '"another"'}).content == first.content


@pytest.mark.django_db
@pytest.mark.parametrize(
    "accepted", ["application/json", "application/vnd.oai.openapi+json", "*/*", "text/html, */*;q=0.1"]
)
def test_it_comes_in_the_media_type_that_was_asked_for(accepted: str) -> None:
    answer = Client().get("/api/schema", headers={"accept": accepted})
    assert answer.status_code == 200
    assert answer["content-type"].split(";")[0] in {"application/json", "application/vnd.oai.openapi+json"}
