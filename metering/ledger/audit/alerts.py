"""What must be true of alerts: every threshold that was reached was told, and nothing was told that was not reached.

Of each limit on a meter: its thresholds were told in this episode or in an earlier one, and those of this episode are
all known to its watch. Measured by what the last reserve brought, because a budget that is changed counts from the next
call on.
"""

from metering.ledger.audit.invariant import ALERT, METER, Invariant

RECORDED = Invariant(
    "alerts_recorded",
    METER,
    """
WITH raised AS (
    SELECT alert.meter_id, alert.budget_id, string_agg(DISTINCT threshold::text, ',') AS told,
        count(DISTINCT episode) AS episodes, array_agg(threshold) AS thresholds,
        coalesce(max(episode), 0) AS last_episode,
        coalesce(array_agg(threshold) FILTER (WHERE episode = coalesce(watch.episodes, 0)), '{}')
            AS told_last
    FROM metering_quotaalert alert LEFT JOIN metering_limitwatch watch USING (meter_id, budget_id)
    GROUP BY alert.meter_id, alert.budget_id
), watch AS (
    SELECT watch.meter_id, budget_id, meter."window" = 'none' AS at_once, alerted,
        string_to_array(alerted, ',')::smallint[] AS thresholds, episodes
    FROM metering_limitwatch watch JOIN metering_usagemeter meter ON meter.id = watch.meter_id
    WHERE alerted <> '' OR episodes > 0
)
SELECT meter_id, coalesce(raised.told, 'none') || ' in ' || coalesce(raised.episodes, 0) || ' for ' || budget_id,
    coalesce(watch.alerted || ' in ' || watch.episodes, 'nothing told')
FROM watch FULL JOIN raised USING (meter_id, budget_id)
WHERE CASE WHEN watch.at_once THEN watch.episodes IS DISTINCT FROM raised.episodes
    ELSE NOT coalesce(watch.thresholds, '{}') <@ coalesce(raised.thresholds, '{}')
        OR NOT coalesce(raised.told_last, '{}') <@ coalesce(watch.thresholds, '{}')
        OR raised.last_episode > coalesce(watch.episodes, 0) END
""",
)

NONE_MISSED = Invariant(
    "no_alert_missed",
    METER,
    """
SELECT meter.id, format('an alert at %%s %%%% of %%s for %%s', percent, "limit", budget_id), format('used %%s', used)
FROM metering_limitwatch watch JOIN metering_usagemeter meter ON meter.id = watch.meter_id,
    unnest(string_to_array(thresholds, ',')::smallint[]) percent
WHERE thresholds <> '' AND "window" <> 'none' AND used > 0 AND used * 100::numeric >= percent * "limit"::numeric
AND NOT percent = ANY(string_to_array(alerted, ',')::smallint[])
""",
)

REACHED = Invariant(
    "alert_was_reached",
    ALERT,
    """
SELECT id, format('%%s %%%% of %%s', threshold, "limit"), format('used %%s, held %%s, denied %%s', used, held,
    coalesce(requested::text, 'none'))
FROM metering_quotaalert
WHERE NOT CASE WHEN "window" = 'none' THEN held * 100::numeric >= threshold * "limit"::numeric
    WHEN requested IS NULL THEN used > 0 AND used * 100::numeric >= threshold * "limit"::numeric
    ELSE threshold = 100 AND requested <= "limit" AND used::numeric + requested > "limit" END
""",
)

OF_THE_METER = Invariant(
    "alert_is_its_meters",
    ALERT,
    """
SELECT alert.id, coalesce(meter.tenant_id::text || ' ' || meter.window_start, 'its meter'),
    coalesce(alert.tenant_id::text, 'all') || ' ' || alert.window_start
FROM metering_quotaalert alert LEFT JOIN metering_usagemeter meter ON meter.id = alert.meter_id
WHERE meter.id IS NULL OR (meter.tenant_id, meter.dimension, meter.subject_id, meter.window_start)
    IS DISTINCT FROM (alert.tenant_id, alert.dimension, alert.subject_id, alert.window_start)
""",
)
