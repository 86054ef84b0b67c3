"""Who may ask: tenants, teams, users, memberships and ATI tokens."""

import zoneinfo
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils.timezone import now

from metering.ids import uuid7
from metering.models.tenancy import TenantQuerySet
from metering.types import EnforcementMode


def validate_timezone(name: str) -> None:
    """Raise ValidationError unless `name` is an IANA time zone."""
    if name not in zoneinfo.available_timezones():
        raise ValidationError(f"{name!r} is not an IANA time zone, such as 'Europe/Berlin'.")


class Tenant(models.Model):
    """A customer organisation. Its plan is named by its ATI tokens, not by a column here."""

    class Status(models.TextChoices):
        ACTIVE = "ACTIVE"
        SUSPENDED = "SUSPENDED"
        CLOSED = "CLOSED"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    slug = models.SlugField(max_length=63, unique=True)
    name = models.CharField(max_length=200)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.ACTIVE)
    timezone = models.CharField(max_length=64, default="UTC", validators=[validate_timezone])
    week_start = models.PositiveSmallIntegerField(default=0, help_text="0 is Monday, 6 is Sunday.")
    enforcement_mode = models.CharField(
        max_length=8, choices=[(m.value, m.value) for m in EnforcementMode], default=EnforcementMode.ENFORCE
    )
    created_at = models.DateTimeField(default=now, editable=False)

    class Meta:
        ordering = ["slug"]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["ACTIVE", "SUSPENDED", "CLOSED"]), name="tenant_status"
            ),
            models.CheckConstraint(condition=Q(week_start__lte=6), name="tenant_week_start"),
            models.CheckConstraint(
                condition=Q(enforcement_mode__in=["observe", "warn", "enforce"]),
                name="tenant_enforcement_mode",
            ),
        ]

    def __str__(self) -> str:
        return self.slug


class Team(models.Model):
    """A group of users inside one tenant."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, related_name="teams")
    slug = models.SlugField(max_length=63)
    name = models.CharField(max_length=200)
    created_at = models.DateTimeField(default=now, editable=False)

    objects = TenantQuerySet.as_manager()

    class Meta:
        ordering = ["tenant", "slug"]
        constraints = [models.UniqueConstraint(fields=["tenant", "slug"], name="team_slug_per_tenant")]

    def __str__(self) -> str:
        return f"{self.tenant_id}/{self.slug}"


class UserManager(BaseUserManager["User"]):
    """Creates users by e-mail address."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.full_clean(exclude=["password"])
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        fields.setdefault("role", User.Role.SUPER_ADMIN)
        return self.create_user(email, password, is_superuser=True, is_staff=True, **fields)


class User(AbstractBaseUser, PermissionsMixin):
    """A person. Super admins belong to no tenant, everybody else to exactly one."""

    class Role(models.TextChoices):
        SUPER_ADMIN = "SUPER_ADMIN"
        TENANT_ADMIN = "TENANT_ADMIN"
        MEMBER = "MEMBER"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    email = models.EmailField(max_length=254, unique=True)
    name = models.CharField(max_length=200, blank=True)
    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, null=True, blank=True, related_name="users")
    role = models.CharField(max_length=12, choices=Role.choices, default=Role.MEMBER)
    signup_token = models.ForeignKey(
        "ATIToken", on_delete=models.PROTECT, null=True, blank=True, related_name="signed_up_users"
    )
    teams = models.ManyToManyField(Team, through="Membership", related_name="members")
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False, help_text="May log into the console.")
    date_joined = models.DateTimeField(default=now, editable=False)

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"

    class Meta:
        ordering = ["email"]
        constraints = [
            models.CheckConstraint(
                condition=Q(role="SUPER_ADMIN", tenant__isnull=True)
                | Q(role__in=["TENANT_ADMIN", "MEMBER"], tenant__isnull=False),
                name="user_role_fits_tenant",
            )
        ]

    def __str__(self) -> str:
        return self.email


class Membership(models.Model):
    """A user's place in a team of the user's own tenant."""

    id = models.BigAutoField(primary_key=True)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    created_at = models.DateTimeField(default=now, editable=False)

    class Meta:
        ordering = ["team", "user"]
        constraints = [models.UniqueConstraint(fields=["team", "user"], name="membership_once")]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.team_id}"

    def clean(self) -> None:
        if self.team.tenant_id != self.user.tenant_id:
            raise ValidationError("A user can only join teams of the user's own tenant.")


class ATIToken(models.Model):
    """The credential that ties tenant, plan and holder together. The secret is kept as a keyed hash only."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, related_name="ati_tokens")
    plan_tier = models.ForeignKey(
        "metering.Plan",
        to_field="code",
        db_column="plan_tier",
        on_delete=models.PROTECT,
        related_name="ati_tokens",
    )
    name = models.CharField(max_length=200, blank=True)
    prefix = models.CharField(
        max_length=16, unique=True, editable=False, help_text="The visible part of the secret."
    )
    digest = models.BinaryField(max_length=32, unique=True, editable=False)
    previous_digest = models.BinaryField(max_length=32, null=True, editable=False)
    previous_valid_until = models.DateTimeField(null=True, editable=False)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, null=True, blank=True, related_name="ati_tokens")
    user = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="ati_tokens")
    allowed_tasks = ArrayField(
        models.CharField(max_length=32), default=list, blank=True, help_text="Empty: all."
    )
    allowed_models = ArrayField(
        models.CharField(max_length=128), default=list, blank=True, help_text="Empty: all."
    )
    allowed_networks = ArrayField(
        models.CharField(max_length=43), default=list, blank=True, help_text="Empty: all."
    )
    signups_allowed = models.PositiveIntegerField(default=0)
    signups_used = models.PositiveIntegerField(default=0, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_used_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(default=now, editable=False)

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = "ATI token"
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(signups_used__lte=F("signups_allowed")), name="token_signups_bounded"
            ),
            models.CheckConstraint(
                condition=Q(previous_digest__isnull=True) | Q(previous_valid_until__isnull=False),
                name="token_previous_has_end",
            ),
            models.UniqueConstraint(
                fields=["previous_digest"],
                condition=Q(previous_digest__isnull=False),
                name="token_previous_unique",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.prefix}… {self.name}".strip()

    def clean(self) -> None:
        if self.team and self.team.tenant_id != self.tenant_id:
            raise ValidationError({"team": "The team belongs to another tenant."})
        if self.user and self.user.tenant_id != self.tenant_id:
            raise ValidationError({"user": "The user belongs to another tenant."})
