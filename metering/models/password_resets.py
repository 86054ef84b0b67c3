"""Requests for another password, by people who have forgotten theirs."""

from django.db import models
from django.utils.timezone import now

from metering.ids import uuid7
from metering.models.people import User


class PasswordReset(models.Model):
    """One request. It is kept for every address alike, so that asking tells nobody who has an account.

    Whether there is a person is looked up when the mail is addressed. What the mail carries is no column: it is
    the signed id (metering/identity/people/reset_token.py).
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    email = models.EmailField(max_length=254, editable=False)
    address = models.CharField(max_length=45, blank=True, editable=False, help_text="Who asked.")
    user = models.ForeignKey(User, on_delete=models.CASCADE, null=True, editable=False, related_name="+")
    auth_hash = models.CharField(
        max_length=128, blank=True, editable=False, help_text="Of the password then: a changed one ends it."
    )
    created_at = models.DateTimeField(default=now, editable=False)
    expires_at = models.DateTimeField(editable=False)
    addressed_at = models.DateTimeField(null=True, editable=False, help_text="When a person was looked for.")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(user__isnull=True) | ~models.Q(auth_hash=""),
                name="reset_has_hash",
                violation_error_message="A reset that belongs to a user knows which password it replaces.",
            )
        ]
        indexes = [
            models.Index(fields=["email", "created_at"], name="reset_email"),
            models.Index(fields=["address", "created_at"], name="reset_address"),
            models.Index(
                fields=["id"], condition=models.Q(addressed_at__isnull=True), name="reset_unaddressed"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.email} {self.created_at:%Y-%m-%d %H:%M}"
