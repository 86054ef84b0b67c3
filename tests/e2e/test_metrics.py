import urllib.error
import urllib.request

import openai
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.e2e.server import Server
from tests.factories import RuleFactory

pytestmark = pytest.mark.slow
TOKEN = "a-token-for-prometheus"


def fetch(server: Server, token: str = "") -> tuple[int, str]:
    request = urllib.request.Request(f"{server.url}/metrics")  # noqa: S310
    if token:
        request.add_header("authorization", f"Bearer {token}")
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def values(server: Server) -> dict[str, float]:
    """Sums over all labels, by name."""
    status, text = fetch(server, TOKEN)
    assert status == 200
    found: dict[str, float] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found[sample.name] = found.get(sample.name, 0) + sample.value
    return found


def test_only_the_bearer_of_the_token_sees_numbers(server: Server, settings: object) -> None:
    settings.METRICS_TOKEN = TOKEN  # type: ignore[attr-defined]
    assert [fetch(server)[0], fetch(server, "another")[0], fetch(server, TOKEN)[0]] == [401, 401, 200]


def test_without_a_token_there_is_no_such_page_except_for_developers(
    server: Server, settings: object
) -> None:
    settings.METRICS_TOKEN = ""  # type: ignore[attr-defined]
    assert fetch(server)[0] == 404
    settings.DEBUG = True  # type: ignore[attr-defined]
    assert fetch(server)[0] == 200


def test_a_call_is_counted_with_its_tokens_times_and_batches(
    server: Server, client: openai.OpenAI, settings: object
) -> None:
    settings.METRICS_TOKEN = TOKEN  # type: ignore[attr-defined]
    before = values(server)
    messages = [{"role": "user", "content": "hello"}]
    client.chat.completions.create(model="sandbox-small", messages=messages, max_tokens=20)  # type: ignore[call-overload]
    stream = client.chat.completions.create(
        model="sandbox-small", messages=messages, max_tokens=20, stream=True
    )  # type: ignore[call-overload]
    assert list(stream)
    with pytest.raises(openai.NotFoundError):
        client.chat.completions.create(model="nowhere", messages=messages)  # type: ignore[call-overload]
    after = values(server)

    def grown(name: str) -> float:
        return after[name] - before.get(name, 0)

    assert grown("gateway_calls_total") == 2
    assert grown("gateway_attempts_total") == 2
    assert grown("gateway_errors_total") == 1
    assert grown("gateway_overhead_seconds_count") == grown("gateway_vendor_seconds_count") == 2
    assert grown("gateway_tokens_total") > 4
    assert grown("gateway_ledger_batch_commands_sum") == 4, "two holds, two settlements"
    assert (after["gateway_streams_open"], after["gateway_requests_in_flight"]) == (0, 1)
    shared = ("gateway_rates_shared", "gateway_routing_shared", "gateway_changes_listening")
    assert [after[name] for name in shared] == [1, 1, 1]


def test_no_path_that_a_caller_invents_becomes_a_label(server: Server, settings: object) -> None:
    settings.METRICS_TOKEN = TOKEN  # type: ignore[attr-defined]
    for path in ("/v1/canary-1", "/canary-2", "/v1/models/canary-3"):
        with pytest.raises(urllib.error.HTTPError):
            urllib.request.urlopen(f"{server.url}{path}", timeout=20)  # noqa: S310
    assert "canary" not in fetch(server, TOKEN)[1]


def test_replays_are_counted_by_what_a_rate_limit_would_have_said(
    server: Server, client: openai.OpenAI, settings: object
) -> None:
    settings.METRICS_TOKEN = TOKEN  # type: ignore[attr-defined]
    RuleFactory(key="requests_per_minute", value=2)
    before = replays(server)
    for key in ("a", "a", "b", "b", "b"):  # of "b" the rate has none left
        client.chat.completions.create(
            model="sandbox-small",
            messages=[{"role": "user", "content": "hello"}],
            max_tokens=20,
            extra_headers={"idempotency-key": key},
        )
    grown = {rate: count - before.get(rate, 0) for rate, count in replays(server).items()}
    assert grown == {"allowed": 1, "denied": 2}


def replays(server: Server) -> dict[str, float]:
    _, text = fetch(server, TOKEN)
    return {
        sample.labels["rate"]: sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == "gateway_replays_total"
    }
