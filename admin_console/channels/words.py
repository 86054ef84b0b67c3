"""Events, states and outcomes in people's words."""

from metering.alerts.endpoints.port import Outcome
from metering.alerts.endpoints.record import problem_of
from metering.models import AlertDelivery
from metering.types import EventType

State = AlertDelivery.State
EVENTS: dict[str, str] = {
    EventType.QUOTA_WARNING: "A limit is nearly used",
    EventType.QUOTA_CRITICAL: "A limit is almost used up",
    EventType.QUOTA_EXCEEDED: "A limit is reached",
    EventType.CONCURRENCY_LIMIT: "Calls at once are nearly at their limit",
    EventType.QUOTA_REQUEST_CREATED: "More quota is asked for",
    EventType.QUOTA_REQUEST_DECIDED: "A request for quota is decided",
    EventType.BUDGET_FORECAST: "A budget will be used up early",
    EventType.TOKEN_EXPIRING: "A token is about to expire",
    EventType.STATEMENT_READY: "A monthly statement is ready",
    EventType.ERROR_RATE_HIGH: "Many calls fail",
    EventType.VENDOR_DOWN: "A vendor is down",
    EventType.VENDOR_IMPOSSIBLE_USAGE: "A vendor reported impossible usage",
    EventType.CHANNEL_DISABLED: "A channel was switched off",
}
STATES = {
    State.PENDING: ("waits", "info"),
    State.SENDING: ("being sent", "info"),
    State.SENT: ("delivered", "ok"),
    State.FAILED: ("failed", "bad"),
    State.UNCERTAIN: ("perhaps delivered", "warn"),
}


def outcome_sentence(name: str, outcome: Outcome) -> str:
    """What came of a test."""
    took = f"in {outcome.duration_ms:,} ms"
    if outcome.is_taken:
        return f"{name} took the test: it answered {outcome.status} {took}."
    said = f": “{outcome.response}”" if outcome.response else ""
    return f"{name} did not take the test: {problem_of(outcome)} {took}{said}."
