import pytest

from gateway_project.http.response_headers import duration, rate_headers
from metering.errors import RateBalance


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0ms"), (0.0171, "18ms"), (1, "1s"), (1.5, "1.5s"), (60, "1m0s"), (360, "6m0s"), (3_723, "1h2m3s")],
)
def test_durations_are_written_as_openai_does(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_each_dimension_has_its_three_headers() -> None:
    balance = RateBalance(dimension="tokens", limit=1_000, remaining=900, reset_s=6)
    assert rate_headers([balance]) == {
        "x-ratelimit-limit-tokens": "1000",
        "x-ratelimit-remaining-tokens": "900",
        "x-ratelimit-reset-tokens": "6s",
    }
