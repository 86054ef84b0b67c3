"""Whatever comes in: a clear 4xx in the one shape, nothing held or sent, and no secret anywhere."""

import http.client
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils.timezone import now

from metering.identity.tokens.revoke_token import revoke_token
from metering.models import ATIToken, UsageMeter, UsageReservation
from tests.e2e.bad_requests import BODIES, HEADERS, Refusal, with_fields
from tests.e2e.canary import everything_logged, tables_with
from tests.e2e.server import Server
from tests.factories import BudgetFactory, make_token
from tests.vendors.running import RunningVendor

pytestmark = pytest.mark.slow
SHOWN = 12
"""The first characters of a token are kept and shown on purpose."""
PROMPT = "canary-of-a-prompt"
Answer = tuple[int, dict[str, str], bytes]


class Caller:
    """Sends what it is given; a token of its own is sent where a request brings none."""

    def __init__(self, server: Server, token: str) -> None:
        self._address = server.url.removeprefix("http://")
        self.token = token
        self.seen = b""
        """Every byte that came back."""

    def post(self, body: bytes, **headers: str) -> Answer:
        """Status, headers by small letters, body."""
        given = {"authorization": f"Bearer {self.token}", "content-length": str(len(body))} | headers
        connection = http.client.HTTPConnection(self._address, timeout=60)
        try:
            connection.putrequest("POST", "/v1/chat/completions")
            for name, value in given.items():
                connection.putheader(name, value.encode("latin-1"))
            connection.endheaders(body)
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        self.seen += content + str(answer.headers).encode()
        return answer.status, {name.lower(): value for name, value in answer.headers.items()}, content


@pytest.fixture
def caller(front: Server) -> Caller:
    BudgetFactory(dimension="cost", amount=10**12)
    return Caller(front, make_token().secret)


def refusal_of(answer: Answer) -> Refusal:
    """Status and code of an error in the one shape; anything else fails."""
    status, headers, body = answer
    error: dict[str, Any] = json.loads(body).get("error", {})
    if error:
        assert {"type", "code", "message", "param", "request_id"} <= error.keys()
        assert error["request_id"] == headers["x-request-id"]
        assert 0 < len(error["message"]) < 1_000
        assert "x-evil" not in headers
    return status, error.get("code", "")


def nothing_happened(vendor: RunningVendor) -> bool:
    return not (UsageReservation.objects.exists() or UsageMeter.objects.exists() or vendor.log.calls)


def test_every_bad_request_is_refused_and_leaves_nothing(caller: Caller, vendor: RunningVendor) -> None:
    given = {name: refusal_of(caller.post(body)) for name, (body, _) in BODIES.items()}
    given |= {
        name: refusal_of(caller.post(with_fields(), **headers)) for name, (headers, _) in HEADERS.items()
    }
    wanted = {name: refusal for name, (_, refusal) in [*BODIES.items(), *HEADERS.items()]}
    assert given == wanted
    assert nothing_happened(vendor)


def expired(secret: str) -> str:
    ATIToken.objects.filter(prefix=secret[:SHOWN]).update(expires_at=now() - timedelta(seconds=1))
    return secret


def revoked(secret: str) -> str:
    revoke_token(token=ATIToken.objects.get(prefix=secret[:SHOWN]), actor="a test", now=now())
    return secret


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (expired, "token_expired"),
        (revoked, "invalid_credential"),
        (lambda secret: secret[:-1], "invalid_credential"),
        (lambda secret: secret[:SHOWN], "invalid_credential"),
        (lambda secret: secret.swapcase(), "invalid_credential"),
        (lambda secret: f"{secret}x", "invalid_credential"),
    ],
)
def test_a_spoilt_token_is_refused_and_leaves_nothing(
    front: Server, vendor: RunningVendor, spoil: Callable[[str], str], code: str
) -> None:
    caller = Caller(front, spoil(make_token().secret))
    assert refusal_of(caller.post(with_fields())) == (401, code)
    assert nothing_happened(vendor)


def test_no_secret_and_no_prompt_is_logged_answered_or_stored(caller: Caller, vendor: RunningVendor) -> None:
    def saying(text: str, **fields: Any) -> bytes:
        return with_fields(messages=[{"role": "user", "content": f"{PROMPT} {text}"}], **fields)

    with everything_logged() as log:
        for body in [body for body, _ in BODIES.values() if len(body) < 1_000_000]:
            caller.post(body)
        for headers, _ in HEADERS.values():
            caller.post(saying("hello"), **headers)
        for text in ("hello", "vendor:status=401", "vendor:status=500", "vendor:cut=3", "vendor:bad-json"):
            for streamed in (False, True):
                caller.post(saying(text, stream=streamed))
        caller.post(saying("hello", metadata={"agent_id": "helper"}), **{"idempotency-key": "a-key"})
    logged = log.getvalue()
    assert '"level": "info"' in logged, "nothing was captured"
    for secret in (caller.token[SHOWN:], vendor.api_key, PROMPT):
        assert secret not in logged
        assert secret.encode() not in caller.seen
        assert tables_with(secret) == []
    assert tables_with("helper") != [], "the search finds nothing at all"


def test_of_a_field_that_comes_twice_one_value_is_held_and_sent(
    caller: Caller, vendor: RunningVendor
) -> None:
    body = with_fields(max_tokens=5).replace(b'"max_tokens": 5', b'"max_tokens": 4000, "max_tokens": 5')
    assert caller.post(body)[0] == 200
    (call,) = vendor.log.calls
    assert UsageReservation.objects.get().output_tokens == call.body["max_tokens"] == 5


def test_a_number_that_only_the_vendor_cares_about_passes_as_it_is(
    caller: Caller, vendor: RunningVendor
) -> None:
    assert caller.post(with_fields(seed=10**400))[0] == 200
    assert vendor.log.calls[0].body["seed"] == 10**400
