"""What counts as use: an attempt that brought an answer or a part of one, or that costs. A vendor's failure is none."""

from metering.ledger.commands import Attempt
from metering.types import Outcome

ERROR = Outcome.ERROR

IS_USE = """(outcome NOT IN ('error', 'cancelled') OR (outcome = 'cancelled' AND response_model <> '')
    OR (input_tokens, output_tokens, cost_nano_usd, api_calls, files) <> (0, 0, 0, 0, 0))"""
"""The same of a row of the usage log, as SQL. An expired call of which was found out that it sent nothing has a
cancelled attempt of no model, which is none."""


def first_attempt_of(column: str) -> str:
    """SQL: the id of the first attempt of the reservation in a column, whose last bit is changed (ids.derived_id)."""
    last = f"translate(right({column}::text, 1), '0123456789abcdef', '1032547698badcfe')"
    return f"(left({column}::text, 35) || {last})::uuid"


def is_use(attempt: Attempt) -> bool:
    """Whether the attempt brought anything, or may have, or costs anything."""
    return bool(
        attempt.outcome != ERROR
        or attempt.input_tokens
        or attempt.output_tokens
        or attempt.cost_nano_usd
        or attempt.api_calls
        or attempt.files
    )


def spent(attempts: tuple[Attempt, ...]) -> bool:
    """Whether any of them is use: such a call is a request, however many attempts it took."""
    return any(map(is_use, attempts))
