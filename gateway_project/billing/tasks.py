"""Celery's way to the exports."""

import logging

from django.utils.timezone import now

from gateway_project.billing.targets import NEEDS, is_set_up, target_named
from gateway_project.celery import app
from metering.models import ExportPosition
from metering.usage_export.position import ExportedElsewhere
from metering.usage_export.run import export_usage as run

BUDGET_S = 45.0
"""Of each target in one run; the next one goes on."""
logger = logging.getLogger(__name__)


@app.task(name="gateway.export_usage")
def export_usage() -> int:
    """Export to the targets that are set up and have begun; to how many. One that failed waits first."""
    ready = ExportPosition.objects.filter(pk__in=[name for name in NEEDS if is_set_up(name)])
    done = 0
    for row in ready.exclude(retry_at__gt=now()):
        try:
            run(target_named(row.target), clock=now, budget_s=BUDGET_S)
            done += 1
        except ExportedElsewhere:
            continue  # it goes on there
        except Exception:  # of this target, such as a key that no header can hold; the others go on
            logger.exception("usage_export.fault", extra={"target": row.target})
    return done
