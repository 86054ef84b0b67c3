"""What policy decided: denials, would-be denials, and a sample of the rest."""

from django.db import models
from django.db.models import Q

from metering.ids import uuid7
from metering.models.policy import choices_of
from metering.models.tenancy import TenantQuerySet
from metering.types import EnforcementMode


class PolicyDecision(models.Model):
    """The decisions of one rule about one principal in one minute; message and trace are those of the first.

    A flood of denials is one row a minute. No foreign keys, as with all history.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    minute = models.DateTimeField()
    tenant_id = models.UUIDField()
    user_id = models.UUIDField(null=True)
    token_id = models.UUIDField(
        null=True, help_text="Empty, with the user: too many principals to tell apart."
    )
    team_id = models.UUIDField(null=True)
    task = models.CharField(max_length=32)
    model = models.CharField(max_length=128, blank=True)
    verdict = models.CharField(
        max_length=8, choices=[(word, word) for word in ("allowed", "warned", "observed", "denied")]
    )
    code = models.CharField(
        max_length=32, blank=True, help_text="Of the error that there was, or would have been."
    )
    rule = models.CharField(max_length=200, blank=True)
    rule_id = models.UUIDField(null=True)
    mode = models.CharField(max_length=8, choices=choices_of(EnforcementMode))
    count = models.BigIntegerField()
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    message = models.CharField(max_length=500, blank=True)
    request_id = models.CharField(max_length=128, blank=True)
    trace = models.JSONField(default=list)

    objects = TenantQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=[
                    "minute",
                    "tenant_id",
                    "user_id",
                    "token_id",
                    "task",
                    "verdict",
                    "code",
                    "rule",
                    "rule_id",
                ],
                nulls_distinct=False,
                name="decision_once_a_minute",
            )
        ]
        indexes = [
            models.Index(fields=["tenant_id", "minute"], name="decision_tenant_minute"),
            models.Index(fields=["request_id"], name="decision_first_request"),
            models.Index(fields=["tenant_id", "id"], condition=Q(verdict="denied"), name="decision_denied"),
        ]

    def __str__(self) -> str:
        return f"{self.verdict} {self.rule} {self.minute:%Y-%m-%d %H:%M}"


class DecisionRequest(models.Model):
    """One of the requests that a decision was about, so that its id leads there.

    By the digest of the id, which callers may choose. No foreign key, as with all history.
    """

    id = models.BigAutoField(primary_key=True)
    decision_id = models.UUIDField()
    digest = models.BigIntegerField(help_text="Of the request id (BLAKE2b, 64 bits).")

    class Meta:
        indexes = [
            models.Index(fields=["digest"], name="decision_request_digest"),
            models.Index(fields=["decision_id"], name="decision_request_decision"),
        ]

    def __str__(self) -> str:
        return str(self.decision_id)
