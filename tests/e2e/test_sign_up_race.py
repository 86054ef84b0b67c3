"""Fifty people sign up at once over HTTP with a token that is good for five."""

import json
import threading
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from metering.models import ATIToken, User
from metering.orm import close_database_threads
from tests.e2e.server import Server, running_server
from tests.factories import make_token

PEOPLE, USES = 50, 5


@pytest.fixture
def server(transactional_db: Any) -> Iterator[Server]:
    with running_server() as server:
        yield server
    close_database_threads()


def test_exactly_as_many_become_users_as_the_token_allows(server: Server) -> None:
    token = make_token(signups_allowed=USES)
    together = threading.Barrier(PEOPLE)

    def sign_up(number: int) -> int:
        facts = {"ati_token": token.secret, "email": f"p{number}@alder.example", "password": "correct horse"}
        request = urllib.request.Request(  # noqa: S310
            f"{server.url}/api/auth/signup",
            json.dumps(facts).encode(),
            {"content-type": "application/json"},
        )
        together.wait(60)
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:  # noqa: S310
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code

    with ThreadPoolExecutor(PEOPLE) as pool:
        statuses = Counter(pool.map(sign_up, range(PEOPLE)))
    assert statuses == {201: USES, 403: PEOPLE - USES}
    assert User.objects.count() == USES
    assert User.objects.filter(role=User.Role.TENANT_ADMIN).count() == 1
    assert ATIToken.objects.get().signups_used == USES
