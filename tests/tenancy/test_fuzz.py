"""Whatever fits (and does not fit) the OpenAPI document is sent to every operation: nothing answers 500.

As a super admin, who gets furthest. `HYPOTHESIS_PROFILE=search` looks fifty times as long.
"""

from collections.abc import Iterator
from typing import Any

import pytest
import requests
import schemathesis
from django.db import transaction
from django.test import Client
from django.utils.timezone import now
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, settings

from metering.identity.sessions.open_session import open_session
from metering.models import User
from tests.properties import FACTOR
from tests.served import serve_model
from tests.tenancy.world import World

EXAMPLES = 2
document = schemathesis.openapi.from_dict(
    SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
)


@pytest.fixture
def served_world(world: World) -> World:
    serve_model()
    return world


@pytest.fixture
def operator(served_world: World) -> str:
    """Signed for each test: what is signed once for all has expired before the last ones on a slow machine."""
    return open_session(user=User.objects.get(email="ops@example.com"), now=now()).access


@document.parametrize()
@settings(max_examples=EXAMPLES * FACTOR, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_input_is_answered_with_500(case: Any, served_world: World, operator: str) -> None:
    for name, value in existing(case, served_world):
        case.path_parameters[name] = value
    taken_back = transaction.atomic()
    taken_back._from_testcase = True  # as Django's own test cases say it: a durable block may begin in it
    with taken_back:
        response = send(case, operator)
        transaction.set_rollback(True)
    assert response.status_code < 500, case.as_curl_command()


def send(case: Any, bearer: str) -> Any:
    """Through Django's own client, which leaves the test's transaction open."""
    request = requests.Request(**case.as_transport_kwargs(base_url="http://testserver")).prepare()
    kind = request.headers.get("content-type", "application/json")
    headers = {"authorization": f"Bearer {bearer}"}
    client = Client(raise_request_exception=False)
    return client.generic(request.method, request.path_url, request.body or b"", kind, headers=headers)


def existing(case: Any, world: World) -> Iterator[tuple[str, str]]:
    """Rows that there are, so that not every answer is a 404."""
    names = world.names()
    noun = (
        case.operation.path.removeprefix("/api/").removeprefix("catalog/").partition("/")[0].removesuffix("s")
    )
    for name in case.path_parameters or {}:
        key = {"slug": "tenant", "code": "plan", "user_pk": "user"}.get(name, noun)
        if key in names:
            yield name, names[key]
