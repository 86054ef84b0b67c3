"""Work that goes on without its caller: jobs, what they tell while they run, and what their attempts used."""

from django.db import models
from django.utils.timezone import now

from metering.ids import uuid7
from metering.models.tenancy import TenantQuerySet

SEALED = "Encrypted with FIELD_ENCRYPTION_KEYS."


class TaskJob(models.Model):
    """One piece of work of a task, for a caller who comes back for it.

    At most one runner works on it: the one that `runner` names, until `leased_until`. Input and result are secrets.
    """

    class Status(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        SUCCEEDED = "succeeded"
        FAILED = "failed"
        CANCELLED = "cancelled"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    tenant_id = models.UUIDField(editable=False)
    token_id = models.UUIDField(editable=False)
    user_id = models.UUIDField(null=True, editable=False)
    team_id = models.UUIDField(null=True, editable=False)
    task = models.CharField(max_length=32, editable=False)
    request_id = models.CharField(max_length=128, editable=False)
    labels = models.JSONField(default=dict, editable=False, help_text="The caller's own, such as agent_id.")
    key = models.CharField(max_length=64, null=True, editable=False, help_text="Of an Idempotency-Key.")
    key_digest = models.BigIntegerField(null=True, editable=False, help_text="Of what came with it.")
    content = models.BinaryField(editable=False, help_text=f"The input. {SEALED}")
    status = models.CharField(max_length=16, choices=Status, default=Status.QUEUED, editable=False)
    progress = models.PositiveSmallIntegerField(default=0, editable=False, help_text="0 to 100.")
    result = models.BinaryField(null=True, editable=False, help_text=SEALED)
    error = models.JSONField(null=True, editable=False, help_text="Why it failed: code, message, type.")
    is_cancelled = models.BooleanField(
        default=False, editable=False, help_text="Its owner wants no more of it."
    )
    runs = models.PositiveSmallIntegerField(default=0, editable=False, help_text="How often it was begun.")
    runner = models.UUIDField(null=True, editable=False, help_text="Who works on it.")
    leased_until = models.DateTimeField(null=True, editable=False)
    reservation_id = models.UUIDField(null=True, editable=False, help_text="Of the last run.")
    not_before = models.DateTimeField(default=now, editable=False, help_text="When it may be begun.")
    created_at = models.DateTimeField(default=now, editable=False)
    started_at = models.DateTimeField(null=True, editable=False)
    ended_at = models.DateTimeField(null=True, editable=False)
    expires_at = models.DateTimeField(editable=False)

    objects = TenantQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["tenant_id", "key"],
                name="job_key",
                violation_error_message="This Idempotency-Key has a job.",
            )
        ]
        indexes = [
            models.Index(
                fields=["not_before"],
                condition=models.Q(status__in=["queued", "running"]),
                name="job_waiting",
            ),
            models.Index(fields=["expires_at"], name="job_expires"),
            models.Index(fields=["token_id", "id"], name="job_owner"),
        ]

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def has_ended(self) -> bool:
        """Whether nothing more happens to it."""
        return self.status not in (self.Status.QUEUED, self.Status.RUNNING)


class TaskJobEvent(models.Model):
    """What a job tells while it runs, in order."""

    job = models.ForeignKey(TaskJob, on_delete=models.CASCADE, editable=False, related_name="events")
    number = models.PositiveIntegerField(editable=False)
    content = models.BinaryField(editable=False, help_text=SEALED)

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["job", "number"], name="job_event_number")]

    def __str__(self) -> str:
        return f"{self.job_id} {self.number}"


class TaskJobAttempt(models.Model):
    """An attempt of a job as its runner noted it: what the books are closed with if the runner is killed."""

    job = models.ForeignKey(TaskJob, on_delete=models.CASCADE, editable=False, related_name="attempts")
    reservation_id = models.UUIDField(editable=False)
    number = models.PositiveSmallIntegerField(editable=False)
    attempt = models.BinaryField(editable=False, help_text="MessagePack of a ledger's Attempt.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["reservation_id", "number"], name="job_attempt_number")
        ]

    def __str__(self) -> str:
        return f"{self.reservation_id} {self.number}"


class TaskDraft(models.Model):
    """What a task keeps for one caller between requests, such as a patent application in the making. It is a secret."""

    id = models.UUIDField(primary_key=True, editable=False)
    tenant_id = models.UUIDField(editable=False)
    token_id = models.UUIDField(editable=False)
    user_id = models.UUIDField(null=True, editable=False)
    content = models.BinaryField(editable=False, help_text=SEALED)
    held_by = models.UUIDField(
        null=True, editable=False, help_text="The reservation of the last request that worked on it."
    )
    changed_at = models.DateTimeField(editable=False)
    expires_at = models.DateTimeField(editable=False)

    objects = TenantQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["expires_at"], name="draft_expires")]

    def __str__(self) -> str:
        return str(self.pk)
