"""Which plans a tenant's tokens have been on: the budgets of all of these count all that the tenant does."""

from django.db import models

from metering.models.identity import Tenant
from metering.models.plans import Plan


class PlanUse(models.Model):
    """A tenant has, or had, a token on a plan. Written by a trigger of the tokens' table; never deleted by it."""

    id = models.BigAutoField(primary_key=True)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+")
    plan = models.ForeignKey(Plan, on_delete=models.CASCADE, related_name="+", db_column="plan")
    since = models.DateTimeField()

    class Meta:
        ordering = ["tenant", "plan"]
        constraints = [models.UniqueConstraint(fields=["tenant", "plan"], name="plan_use_once")]

    def __str__(self) -> str:
        return f"{self.tenant_id} {self.plan_id}"
