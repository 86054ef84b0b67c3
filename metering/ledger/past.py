"""What the usage log shows of a meter: the calls of its subject in its window that are not on the meter itself.

Those are the calls from before its first limit stood, or before a process had heard of it. They are counted as the
ledger charges: the attempts' sums, one request for each call of which an attempt is use, and corrections by hand.

A call is of the window in which its reservation's id was made.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from metering.amounts import sql_of
from metering.ids import first_id_at, is_uuid7, time_ms_of
from metering.ledger.commands import ALWAYS, MeterKey
from metering.ledger.use import IS_USE, first_attempt_of
from metering.types import SUBJECTS_TOLD_BY_CALL, Dimension, SubjectType

Value = str | int | UUID | list[UUID]
Query = tuple[str, list[Value]]
"""A statement with %s for its parameters, and those."""
HEARD_AFTER = timedelta(seconds=15)
"""By then every process has heard of a limit, or trusts nothing that it knows (ADR 12), with time for what was admitted
just before to be written."""
LAST_ID = UUID(int=2**128 - 1)

OFF_THE_METER = """
NOT EXISTS (SELECT FROM metering_ledgerentry own WHERE own.id = {row}.reservation_id AND %s = ANY(own.meter_ids))
"""
"""The first entry of a reservation has its id."""
OF_ATTEMPTS = """
SELECT coalesce(sum({amount}), 0){requests} FROM metering_usagelog log
WHERE log.id >= %s AND log.id < %s AND {conditions}
"""
REQUESTS = f" + count(*) FILTER (WHERE attempt = 1 AND {IS_USE})"
OF_LATER_ATTEMPTS = f"""
SELECT count(DISTINCT log.reservation_id) FROM metering_usagelog log
WHERE log.id >= %s AND log.id < %s AND {{conditions}} AND log.attempt > 1 AND {IS_USE} AND NOT EXISTS (
    SELECT FROM metering_usagelog first
    WHERE first.id = {first_attempt_of("log.reservation_id")} AND {{first_conditions}} AND {IS_USE}
)
"""  # noqa: S608 - constants of this package
"""Requests of which only a later attempt is use: few, so that nearly all are counted without being told apart."""
TOLD_APART_BY = (
    *("task", "model_class", "team_id", "user_id", "token_id"),
    *("agent_id", "tags", "conversation_id", "provider_name"),
)
"""The labels by which meters differ."""
OF_CORRECTIONS = f"""
SELECT coalesce(sum({{amount}}), 0) FROM (
    SELECT entry.*, {", ".join(f"coalesce(held.{name}, log.{name}) AS {name}" for name in TOLD_APART_BY)}
    FROM metering_ledgerentry entry
    LEFT JOIN metering_usagereservation held ON held.id = entry.reservation_id
    LEFT JOIN LATERAL (
        SELECT * FROM metering_usagelog first WHERE first.reservation_id = entry.reservation_id
        AND first.id >= %s AND first.id < %s AND held.id IS NULL LIMIT 1
    ) log ON true
    WHERE entry.kind = 5 AND entry.id >= %s AND entry.id < %s
) correction
WHERE {{conditions}}
"""  # noqa: S608 - constants of this package


def may_have_past(key: MeterKey, start: datetime, counts_since: datetime) -> bool:
    """Return whether calls may have been made in the window, from `start` on, before every one of them had its line."""
    return counts_since != ALWAYS and counts_since + HEARD_AFTER > max(start, _made_at(key))


def past_queries(
    key: MeterKey,
    start: datetime,
    end: datetime | None,
    *,
    meter_id: int | None = None,
    without: Sequence[UUID] = (),
) -> Iterator[Query]:
    """The statements whose sum is the amount; with `meter_id`, of calls that are not on that meter, which is dear; or
    `without` these reservations.

    Calls at once have no past: what is held is a matter of reservations.
    """
    low = first_id_at(max(start, _made_at(key)))
    high = first_id_at(end) if end is not None else LAST_ID
    counts_requests = key.dimension is Dimension.REQUESTS
    for row, template in (("log", OF_ATTEMPTS), ("correction", OF_CORRECTIONS)):
        conditions, parameters = _beside(key, row, meter_id, without)
        amount = "0" if counts_requests and row == "log" else sql_of(key.dimension, row)
        text = template.format(
            amount=amount,
            requests=REQUESTS if counts_requests else "",
            conditions=conditions,
        )
        yield text, [*([low, high] * (1 if row == "log" else 2)), *parameters]
    if counts_requests:
        conditions, parameters = _beside(key, "log", meter_id, without)
        first_conditions, of_first = conditions_of(key, "first")
        text = OF_LATER_ATTEMPTS.format(conditions=conditions, first_conditions=first_conditions)
        yield text, [low, high, *parameters, *of_first]


def _beside(
    key: MeterKey, row: str, meter_id: int | None, without: Sequence[UUID]
) -> tuple[str, list[Value]]:
    """Return the condition that rows are of the meter's subject, task and class, and not on the meter."""
    conditions, parameters = conditions_of(key, row)
    if meter_id is not None:
        conditions = f"{conditions} AND {OFF_THE_METER.format(row=row)}"
        parameters = [*parameters, meter_id]
    if without:
        conditions = f"{conditions} AND {row}.reservation_id <> ALL(%s)"
        parameters = [*parameters, list(without)]
    return conditions, parameters


def conditions_of(key: MeterKey, row: str) -> tuple[str, list[Value]]:
    """Return the condition that attempts, corrections or reservations are of the meter's subject, task and class."""
    conditions: list[str] = ["true"]
    parameters: list[Value] = []

    def equal(column: str, value: Value) -> None:
        conditions.append(f"{row}.{column} = %s")
        parameters.append(value)

    if key.tenant_id is not None:
        equal("tenant_id", key.tenant_id)
    if key.task:
        equal("task", key.task)
    if key.model_class:
        equal("model_class", key.model_class)
    match SubjectType(key.subject_type), key.subject_id:
        case SubjectType.TEAM | SubjectType.TOKEN as kind, "":
            conditions.append(f"{row}.{kind.value}_id IS NULL")
        case SubjectType.TEAM | SubjectType.TOKEN as kind, subject_id:
            equal(f"{kind.value}_id", UUID(subject_id))
        case SubjectType.USER, "":
            conditions.append(f"{row}.user_id IS NULL AND {row}.token_id IS NULL")
        case SubjectType.USER, subject_id:
            conditions.append(f"({row}.user_id = %s OR {row}.user_id IS NULL AND {row}.token_id = %s)")
            parameters += [UUID(subject_id), UUID(subject_id)]
        case SubjectType.AGENT, subject_id:
            equal("agent_id", subject_id)
        case SubjectType.TAG, subject_id:
            # The second condition is the index's.
            conditions.append(f"{row}.tags @> ARRAY[%s]::text[] AND {row}.tags <> '{{}}'")
            parameters.append(subject_id)
        case SubjectType.CONVERSATION, subject_id:
            equal("conversation_id", subject_id)
        case SubjectType.PROVIDER, subject_id:
            equal("provider_name", subject_id)
    return " AND ".join(conditions), parameters


def _made_at(key: MeterKey) -> datetime:
    """Return when the subject was made, as its id tells; nothing of it can be older. Without such an id: ever."""
    try:
        identifier = UUID(key.subject_id)
    except ValueError:
        return ALWAYS
    if key.subject_type in SUBJECTS_TOLD_BY_CALL or not is_uuid7(identifier):
        return ALWAYS
    return datetime.fromtimestamp(time_ms_of(identifier) / 1000, UTC)
