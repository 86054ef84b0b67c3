"""How tenants are billed: whom their statements go to, and the statements as they were issued."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from metering.ids import uuid7
from metering.models.identity import Tenant
from metering.models.people import User
from metering.models.tenancy import TenantQuerySet


class BillingProfile(models.Model):
    """Who is told of a tenant's statements, and what billing systems call the tenant. No row: the defaults."""

    class Recipients(models.TextChoices):
        ADMINS = "admins", "All administrators"
        PERSON = "person", "One person"
        NOBODY = "nobody", "Nobody"

    tenant = models.OneToOneField(
        Tenant, on_delete=models.CASCADE, primary_key=True, related_name="billing", editable=False
    )
    statements_to = models.CharField(max_length=8, choices=Recipients.choices, default=Recipients.ADMINS)
    recipient = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", help_text="The one person."
    )
    customer_id = models.CharField(
        max_length=100, blank=True, help_text="Its name in billing systems, such as Stripe's cus_123."
    )

    objects = TenantQuerySet.as_manager()

    class Meta:
        ordering = ["tenant_id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(statements_to__in=["admins", "person", "nobody"]),
                name="billing_statements_to",
                violation_error_message="Statements go to administrators, one person or nobody.",
            ),
            models.UniqueConstraint(
                fields=["customer_id"],
                condition=~Q(customer_id=""),
                name="billing_customer_once",
                violation_error_message="Another tenant has this customer id.",
            ),
        ]

    def __str__(self) -> str:
        return str(self.tenant_id)


class Statement(models.Model):
    """What a tenant used and owes for one month, as issued.

    Invariant: one for each tenant and month, a tenant's are numbered without gaps, and none is ever changed: the
    database refuses it.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    number = models.IntegerField(editable=False, help_text="Of the tenant's statements, from 1.")
    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, related_name="statements", editable=False)
    month = models.DateField(editable=False, help_text="Its first day.")
    starts_at = models.DateTimeField(editable=False)
    ends_at = models.DateTimeField(editable=False)
    issued_at = models.DateTimeField(editable=False)
    read_at = models.DateTimeField(editable=False, help_text="The database's clock when the books were read.")
    seen = ArrayField(
        models.UUIDField(),
        editable=False,
        help_text="Entries of the ledger that it has, recorded so shortly before that the next one may meet them.",
    )
    figures = models.TextField(editable=False, help_text="What it says, as JSON; amounts in nano-USD.")
    digest = models.CharField(max_length=64, editable=False, help_text="SHA-256 of the figures.")

    objects = TenantQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "month"],
                name="statement_once",
                violation_error_message="The month has its statement.",
            ),
            models.UniqueConstraint(
                fields=["tenant", "number"],
                name="statement_number",
                violation_error_message="Another statement of the tenant has this number.",
            ),
            models.CheckConstraint(
                condition=Q(ends_at__gt=models.F("starts_at")),
                name="statement_period",
                violation_error_message="A statement's month ends after it begins.",
            ),
        ]

    @property
    def name(self) -> str:
        """How people name it."""
        return statement_name(self.tenant.slug, self.number)

    def __str__(self) -> str:
        return str(self.id)


def statement_name(tenant: str, number: int) -> str:
    """Such as `alder-0012`. Tenants have numbers of their own, so that none can tell how many others there are."""
    return f"{tenant}-{number:04d}"
