"""The lines that a report adds up: vendor attempts, and what was corrected by hand.

Together they are the ledger's entries: settlements, expiries and true-ups are the sums of their attempts
(`entry_is_its_attempts` of the audit), and corrections are entries without one. A correction is where its
reservation's first attempt is: in the same month, for the same user, task and model.
"""

from metering.ledger.use import IS_USE, first_attempt_of

LINES = f"""(
SELECT log.id, log.tenant_id, log.team_id, log.user_id, log.token_id, log.task, log.request_model, log.provider_name,
    log.agent_id, log.conversation_id, 1 AS attempts, 0 AS corrections, log.estimated,
    log.partly_priced, log.outcome = 'provisional' AS provisional,
    CASE WHEN {IS_USE} THEN log.reservation_id END AS request,
    0 AS corrected_requests, log.input_tokens, log.output_tokens, log.cached_input_tokens, log.cache_write_tokens,
    log.reasoning_tokens, log.api_calls, log.files, log.cost_nano_usd
FROM metering_usagelog log
UNION ALL
SELECT entry.id, entry.tenant_id, coalesce(log.team_id, held.team_id), coalesce(log.user_id, held.user_id),
    coalesce(log.token_id, held.token_id), coalesce(log.task, held.task, ''),
    coalesce(log.request_model, held.request_model, ''), coalesce(log.provider_name, held.provider_name, ''),
    coalesce(log.agent_id, held.agent_id), coalesce(log.conversation_id, held.conversation_id), 0, 1, false, false,
    false, NULL, entry.requests, entry.input_tokens, entry.output_tokens, 0, 0, 0, entry.api_calls, entry.files,
    entry.cost_nano_usd
FROM metering_ledgerentry entry
LEFT JOIN metering_usagelog log ON log.id = {first_attempt_of("entry.reservation_id")}
LEFT JOIN metering_usagereservation held ON held.id = entry.reservation_id
WHERE entry.kind = 5
) line"""  # noqa: S608 - constants of this package
MOMENT = "metering_moment(line.id)"
"""When the line's reservation was made."""
