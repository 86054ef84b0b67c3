"""The Celery application and its fixed timetable.

The schedule is code, not rows: it is reviewed like code, and a fresh database needs no seeding.
"""

import logging
import os
from logging.config import dictConfig

from celery import Celery
from celery.schedules import crontab
from celery.signals import setup_logging, worker_ready, worker_shutdown
from django.conf import settings

from gateway_project.telemetry.publish_in_thread import PublishingThread

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gateway_project.settings")
# Django's checks look through every page and route of the gateway, which takes as long as all the rest of a start.
os.environ.setdefault("CELERY_SKIP_CHECKS", "1")

START_JOBS_S = min(5.0, settings.JOB_LEASE_S / 2)
"""How often jobs are looked for that nobody has begun, or whose runner was lost."""
EXPORT_S = 60.0
ROLL_UP_S = 60.0
"""A report reads the rows of as much time."""
WATCH_S = 60.0
"""How soon it is noticed that a vendor fails."""
app = Celery("gateway_project")
app.conf.update(
    broker_url=settings.REDIS_URL,
    result_backend=settings.REDIS_URL,
    task_ignore_result=True,
    task_acks_late=True,
    task_time_limit=600,
    worker_prefetch_multiplier=1,
    broker_connection_retry_on_startup=True,
    timezone="UTC",
    beat_schedule={
        "sweep-reservations": {
            "task": "metering.sweep_reservations",
            "schedule": float(settings.SWEEP_INTERVAL_S),
            # A sweep that waited longer than its interval is superseded by the next one.
            "options": {"expires": float(settings.SWEEP_INTERVAL_S)},
        },
        "deliver-alerts": {
            "task": "metering.deliver_alerts",
            "schedule": float(settings.ALERT_INTERVAL_S),
            "options": {"expires": float(settings.ALERT_INTERVAL_S)},
        },
        "watch-failures": {
            "task": "metering.watch_failures",
            "schedule": WATCH_S,
            "options": {"expires": WATCH_S},
        },
        "watch-budgets": {"task": "metering.watch_budgets", "schedule": crontab(minute="*/15")},
        "watch-tokens": {"task": "metering.watch_tokens", "schedule": crontab(minute="17")},
        "deliver-to-endpoints": {
            "task": "metering.deliver_to_endpoints",
            "schedule": float(settings.ALERT_INTERVAL_S),
            "options": {"expires": float(settings.ALERT_INTERVAL_S)},
        },
        "maintain-partitions": {"task": "metering.maintain_partitions", "schedule": crontab(minute="7")},
        "roll-up-usage": {
            "task": "metering.roll_up_usage",
            "schedule": ROLL_UP_S,
            "options": {"expires": ROLL_UP_S},
        },
        "forget-answers": {"task": "metering.forget_answers", "schedule": crontab(minute="*/15")},
        "forget-decisions": {"task": "metering.forget_decisions", "schedule": crontab(hour="3", minute="11")},
        "forget-content": {"task": "metering.forget_content", "schedule": crontab(minute="47")},
        "forget-device-logins": {"task": "metering.forget_device_logins", "schedule": crontab(minute="43")},
        "forget-resets": {"task": "metering.forget_resets", "schedule": crontab(minute="41")},
        "forget-invitations": {
            "task": "metering.forget_invitations",
            "schedule": crontab(hour="3", minute="23"),
        },
        "forget-notifications": {
            "task": "metering.forget_notifications",
            "schedule": crontab(hour="3", minute="37"),
        },
        "forget-deliveries": {
            "task": "metering.forget_deliveries",
            "schedule": crontab(hour="3", minute="31"),
        },
        "start-jobs": {
            "task": "gateway.start_jobs",
            "schedule": START_JOBS_S,
            "options": {"expires": START_JOBS_S},
        },
        "forget-jobs": {"task": "gateway.forget_jobs", "schedule": crontab(minute="*/15")},
        "issue-statements": {"task": "metering.issue_statements", "schedule": crontab(minute="*/10")},
        "export-usage": {
            "task": "gateway.export_usage",
            "schedule": EXPORT_S,
            "options": {"expires": EXPORT_S},
        },
        "seal-and-retain": {"task": "metering.seal_and_retain", "schedule": crontab(hour="2", minute="23")},
    },
)
app.autodiscover_tasks(["metering", "gateway_project.jobs", "gateway_project.billing"])


@setup_logging.connect
def log_as_everywhere(**_: object) -> None:
    """Celery's own lines are JSON like all others, on standard error."""
    dictConfig(settings.LOGGING)


@worker_ready.connect
def publish_counts(**_: object) -> None:
    """What jobs cost is in /metrics too, where the worker is told of a folder."""
    if settings.METRICS_DIR is not None:
        publishing = PublishingThread(settings.METRICS_DIR)
        worker_shutdown.connect(lambda **_: publishing.stop(), weak=False)


logging.captureWarnings(True)
log_as_everywhere()  # for what Celery has to say before it asks
