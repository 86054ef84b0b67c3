"""Invitations: people who may become users of a tenant once they have chosen a password."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.timezone import now

from metering.ids import uuid7
from metering.models.identity import Team, Tenant
from metering.models.people import User
from metering.models.tenancy import TenantQuerySet
from metering.models.tokens import ATIToken

OPEN = Q(accepted_at=None, withdrawn_at=None)


class Invitation(models.Model):
    """One person of whom a tenant waits. Of the mail's secret only a keyed digest is kept, of the newest mail's.

    Invariant: one open invitation for each address in a tenant.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, related_name="invitations", editable=False)
    email = models.EmailField(max_length=254)
    name = models.CharField(max_length=200, blank=True)
    role = models.CharField(max_length=12, choices=User.Role.choices, default=User.Role.MEMBER)
    token = models.ForeignKey(
        ATIToken, on_delete=models.PROTECT, related_name="+", help_text="Which the plan will come from."
    )
    team = models.ForeignKey(Team, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    invited_by = models.ForeignKey(
        User,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text="Empty: a command, or somebody who is gone.",
    )
    asked_at = ArrayField(models.DateTimeField(), editable=False, help_text="When a mail was asked for.")
    digest = models.BinaryField(max_length=32, null=True, unique=True, editable=False)
    created_at = models.DateTimeField(default=now, editable=False)
    expires_at = models.DateTimeField(editable=False)
    accepted_at = models.DateTimeField(null=True, editable=False)
    user = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, editable=False, related_name="+", help_text="Who came."
    )
    withdrawn_at = models.DateTimeField(null=True, editable=False)

    objects = TenantQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "email"],
                condition=OPEN,
                name="invitation_open_once",
                violation_error_message="This person is invited already. Send the invitation again instead.",
            ),
            models.CheckConstraint(
                condition=Q(role__in=["TENANT_ADMIN", "MEMBER"]),
                name="invitation_role",
                violation_error_message="People are invited as members or administrators of a tenant.",
            ),
            models.CheckConstraint(
                condition=Q(accepted_at__isnull=True) | Q(withdrawn_at__isnull=True),
                name="invitation_one_end",
                violation_error_message="An invitation is accepted or withdrawn, not both.",
            ),
            models.CheckConstraint(
                condition=OPEN | Q(digest__isnull=True),
                name="invitation_ended_opens_nothing",
                violation_error_message="An invitation that has ended has no secret.",
            ),
        ]
        indexes = [models.Index(fields=["email", "expires_at"], name="invitation_email")]

    def __str__(self) -> str:
        return f"invitation of {self.email}"

    @property
    def is_open(self) -> bool:
        """Whether it was neither accepted nor withdrawn; it may have expired."""
        return self.accepted_at is None and self.withdrawn_at is None
