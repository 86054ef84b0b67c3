"""Corruption of alerts, and of what the meters know of them."""

from metering.ledger.audit import alerts
from tests.integration.metering.ledger.plant import Plant

ALERT = "UPDATE metering_quotaalert SET"
WATCH = "UPDATE metering_limitwatch SET"
OF_TOKENS = "WHERE meter_id = %(tokens)s AND threshold = 90"
PLANTS = [
    Plant("an alert that is gone", alerts.RECORDED, "tokens", f"DELETE FROM metering_quotaalert {OF_TOKENS}"),
    Plant(
        "an alert of calls at once that is gone",
        alerts.RECORDED,
        "calls",
        f"{WATCH} episodes = episodes + 1 WHERE meter_id = %(calls)s",
    ),
    Plant(
        "an alert told in the meter only",
        alerts.RECORDED,
        "vendor",
        """INSERT INTO metering_limitwatch (meter_id, budget_id, "limit", thresholds, alerted, episodes)
        VALUES (%(vendor)s, %(alder)s, 1000, '80', '80', 0)""",
    ),
    Plant(
        "an alert of a meter that knows of none",
        alerts.RECORDED,
        "requests",
        f"{ALERT} meter_id = %(requests)s {OF_TOKENS}",
    ),
    Plant(
        "a threshold that was passed in silence",
        alerts.NONE_MISSED,
        "tokens",
        f"{WATCH} alerted = '1,2' WHERE meter_id = %(tokens)s; DELETE FROM metering_quotaalert {OF_TOKENS}",
    ),
    Plant("an alert too early", alerts.REACHED, "alert", f"{ALERT} used = 0 WHERE id = %(alert)s"),
    Plant(
        "a denial that is no sign of use",
        alerts.REACHED,
        "alert",
        f'{ALERT} threshold = 100, requested = "limit" + 1 WHERE id = %(alert)s',
    ),
    Plant(
        "another tenant's alert",
        alerts.OF_THE_METER,
        "alert",
        f"{ALERT} tenant_id = %(birch)s WHERE id = %(alert)s",
    ),
    Plant("an alert of no meter", alerts.OF_THE_METER, "alert", f"{ALERT} meter_id = 0 WHERE id = %(alert)s"),
]
