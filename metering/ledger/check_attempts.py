"""The check of what a settlement says."""

from operator import attrgetter

from metering.amounts import AMOUNTS, TOKEN_PARTS
from metering.errors import InvalidRequest
from metering.ledger.check_text import check_text
from metering.ledger.commands import Attempt
from metering.ledger.records import LARGEST_SUM
from metering.types import MAX_AMOUNT, EstimateReason, Outcome

MAX_ATTEMPTS = 1000
MAX_LATENCY_MS = 2**31 - 1
FIRST_YEAR, LAST_YEAR = 1, 9999
"""In these, UTC may have no such date."""
PROVISIONAL = Outcome.PROVISIONAL
REASONS = frozenset(EstimateReason)
MAX_REPORTED = 1_000
_counts_of = attrgetter(*AMOUNTS, *TOKEN_PARTS)


def check_attempts(attempts: tuple[Attempt, ...]) -> None:
    if len(attempts) > MAX_ATTEMPTS:
        raise InvalidRequest(f"A reservation has at most {MAX_ATTEMPTS} attempts.", param="attempts")
    for expected, attempt in enumerate(attempts, start=1):
        if attempt.number != expected:
            raise InvalidRequest("Attempts are numbered from 1 without gaps.", param="attempts")
        amounts = _counts_of(attempt)
        if min(amounts) < 0 or max(amounts) > MAX_AMOUNT:
            raise InvalidRequest("An attempt's amounts are 0 to 2^62.", param="attempts")
        if attempt.outcome is PROVISIONAL:
            raise InvalidRequest("Only an expiry writes a provisional attempt.", param="outcome")
        if not 0 <= attempt.latency_ms <= MAX_LATENCY_MS:
            raise InvalidRequest("An attempt's latency_ms is out of range.", param="latency_ms")
        check_text(attempt.provider_name, "provider_name", 64)
        check_text(attempt.response_model, "response_model", 128)
        if attempt.service_tier or attempt.estimate_reason or attempt.reported:
            _check_marks(attempt)
        if attempt.started_at.tzinfo is None:
            raise InvalidRequest("An attempt's started_at needs a time zone.", param="started_at")
        if not FIRST_YEAR < attempt.started_at.year < LAST_YEAR:
            raise InvalidRequest("An attempt's started_at is out of range.", param="started_at")
    if len(attempts) > 1 and any(
        sum(amounts) > LARGEST_SUM for amounts in zip(*map(_counts_of, attempts), strict=True)
    ):
        raise InvalidRequest("The attempts' sum is out of range.", param="attempts")


def _check_marks(attempt: Attempt) -> None:
    check_text(attempt.service_tier, "service_tier", 32)
    check_text(attempt.reported, "reported", MAX_REPORTED)
    if attempt.estimate_reason not in REASONS:
        raise InvalidRequest("That is no reason for an estimate.", param="estimate_reason")
    if attempt.estimate_reason and not attempt.estimated:
        raise InvalidRequest("What has a reason to be estimated is estimated.", param="estimate_reason")
