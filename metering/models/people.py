"""People, and their places in teams."""

from typing import Any

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.timezone import now

from metering.ids import uuid7
from metering.models.identity import Team, Tenant


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
                violation_error_message="A super admin belongs to no tenant, everybody else to one.",
            )
        ]

    def __str__(self) -> str:
        return self.email

    def get_full_name(self) -> str:
        """What the console's theme calls the person; empty: by the address."""
        return self.name


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
        if self.team_id is None or self.user_id is None:
            return  # a form says already what is missing
        if self.team.tenant_id != self.user.tenant_id:
            raise ValidationError("A user can only join teams of the user's own tenant.")
