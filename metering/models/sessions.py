"""How long a person stays signed in."""

from django.db import models
from django.db.models import Q
from django.utils.timezone import now

from metering.ids import uuid7
from metering.models.people import User


class LoginSession(models.Model):
    """One sign-in of a person: a family of refresh tokens, of which only the newest works.

    The one before it answers the same successor again for a few seconds, for a caller who lost the answer.
    """

    class Ending(models.TextChoices):
        LOGOUT = "logout"
        REUSE = "reuse"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="login_sessions")
    tenant_id = models.UUIDField(null=True, editable=False)
    device = models.CharField(
        max_length=100,
        db_default="",
        blank=True,
        editable=False,
        help_text="The machine that was signed in from the console.",
    )
    refresh_id = models.UUIDField(default=uuid7, editable=False, help_text="The refresh token that works.")
    previous_refresh_id = models.UUIDField(null=True, editable=False, help_text="The one before it.")
    auth_hash = models.CharField(
        max_length=128, editable=False, help_text="Of the password: a changed one ends all sessions."
    )
    created_at = models.DateTimeField(default=now, editable=False)
    refreshed_at = models.DateTimeField(default=now, editable=False)
    expires_at = models.DateTimeField(editable=False)
    ended_at = models.DateTimeField(null=True, editable=False)
    ended_by = models.CharField(max_length=8, choices=Ending.choices, blank=True, editable=False)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, ended_by="")
                | Q(ended_at__isnull=False, ended_by__in=["logout", "reuse"]),
                name="session_end_has_cause",
                violation_error_message="A session that has ended says when and why; one that has not says neither.",
            )
        ]

    def __str__(self) -> str:
        return str(self.id)
