from gateway_project.http.response_headers import fact_headers
from metering.calls.values import Facts
from metering.ids import uuid7
from metering.types import EnforcementMode


def header(mode: EnforcementMode, *warnings: str) -> str:
    facts = Facts(
        reservation_id=uuid7(),
        model="small",
        provider_name="sandbox",
        mode=mode,
        attempts=(),
        overhead_ms=1.0,
        remaining={},
        warnings=warnings,
    )
    return fact_headers(facts)["x-gateway-enforcement"]


def test_the_header_says_the_mode_where_nothing_would_have_been_denied() -> None:
    assert header(EnforcementMode.ENFORCE) == "enforce"
    assert header(EnforcementMode.OBSERVE) == "observe"


def test_a_call_that_a_limit_in_mode_warn_would_have_denied_is_told_which() -> None:
    assert header(EnforcementMode.ENFORCE, "tenant cost/month", "plan max_tokens_in") == (
        'warn; would_deny="tenant cost/month"; would_deny="plan max_tokens_in"'
    )
