"""What an identity provider's groups and addresses mean here, and whom it knows by which name."""

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.timezone import now

from metering.ids import uuid7
from metering.models.identity import Team, Tenant
from metering.models.people import User
from metering.models.tokens import ATIToken

LONGEST_GROUP = 256


class GroupMapping(models.Model):
    """What people of an identity provider's group are here: a role in a tenant, perhaps in a team, or super admin.

    Several rows of one group add up.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    group = models.CharField(max_length=LONGEST_GROUP, help_text="As the identity provider's claim says it.")
    tenant = models.ForeignKey(
        Tenant,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="Empty for super admins alone.",
    )
    role = models.CharField(max_length=12, choices=User.Role.choices, default=User.Role.MEMBER)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    token = models.ForeignKey(
        ATIToken,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="Which their plan comes from. Empty: the tenant's newest with sign-ups, when they first come.",
    )

    class Meta:
        ordering = ["group", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["group", "tenant", "team"],
                nulls_distinct=False,
                name="group_mapping_once",
                violation_error_message="This group has this place already.",
            ),
            models.CheckConstraint(
                condition=Q(role="SUPER_ADMIN", tenant=None, team=None, token=None)
                | Q(role__in=["TENANT_ADMIN", "MEMBER"], tenant__isnull=False),
                name="group_mapping_role_fits_tenant",
                violation_error_message="A super admin belongs to no tenant, everybody else to one.",
            ),
        ]

    def __str__(self) -> str:
        return self.group

    def clean(self) -> None:
        for name in ("team", "token"):
            row = getattr(self, name)
            if row is not None and row.tenant_id != self.tenant_id:
                raise ValidationError({name: f"The {name} belongs to another tenant."})


class EmailDomain(models.Model):
    """Whose verified address is of this domain, and whom no group places, becomes a member of this tenant."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    domain = models.CharField(
        max_length=253, unique=True, help_text="What follows the @, in small letters: cedar.example."
    )
    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = "e-mail domain"
        ordering = ["domain"]
        constraints = [
            models.CheckConstraint(
                condition=Q(domain__regex=r"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$"),
                name="email_domain_form",
                violation_error_message="Write the domain alone, in small letters, such as cedar.example.",
            )
        ]

    def __str__(self) -> str:
        return self.domain


class ExternalIdentity(models.Model):
    """The name (`subject`) by which an identity provider (`issuer`) knows a person, and what its groups gave last.

    Invariant: one person for each name, and one name of each provider for each person, so that an address that is
    given to somebody else opens nobody's account.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    issuer = models.CharField(max_length=255)
    subject = models.CharField(max_length=255)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="external_identities")
    made_user = models.BooleanField(default=False, help_text="Whether the person came by this.")
    given_role = models.CharField(
        max_length=12, blank=True, help_text="That groups gave; empty: the role was set by hand."
    )
    given_teams = ArrayField(models.UUIDField(), default=list, help_text="That groups put the person into.")
    is_shut = models.BooleanField(
        default=False, help_text="Whether the person is deactivated because no group is left."
    )
    created_at = models.DateTimeField(default=now, editable=False)
    last_sign_in_at = models.DateTimeField(default=now)

    class Meta:
        verbose_name_plural = "external identities"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["issuer", "subject"], name="external_identity_once"),
            models.UniqueConstraint(fields=["issuer", "user"], name="external_identity_one_of_person"),
        ]

    def __str__(self) -> str:
        return f"{self.subject} at {self.issuer}"
