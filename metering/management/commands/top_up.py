"""`manage.py top_up --tenant alder --amount 100 --reference INV-7`"""

from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.utils.timezone import now

from metering.errors import InvalidRequest, NotFound
from metering.identity.find import find_tenant
from metering.management.command import VerbCommand
from metering.models import Budget
from metering.money import usd_text
from metering.policy.edit.set_budget import parse_amount
from metering.policy.overrides.counter import counter_of
from metering.policy.overrides.top_up import top_up
from metering.types import Dimension, Scope, Window


class Command(VerbCommand):
    help = "Add what a tenant has paid to its budget of cost in all. The same reference again adds nothing."

    def add_options(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--tenant", metavar="SLUG", help="Whose budget; enough where it has one of cost in all."
        )
        parser.add_argument("--budget", metavar="ID", help="Which budget, where the tenant has several.")
        parser.add_argument("--amount", required=True, metavar="USD")
        parser.add_argument("--reference", required=True, metavar="TEXT", help="The invoice or payment.")
        parser.add_argument("--reason", default="", metavar="TEXT")

    def run(
        self, *, tenant: str | None, budget: str | None, amount: str, reference: str, reason: str, **_: Any
    ) -> None:
        owner = find_tenant(tenant) if tenant else None
        row = _budget(budget, tenant)
        done = top_up(
            counter=counter_of(row, tenant=owner, subject=None),
            amount=parse_amount(Dimension.COST, amount),
            reference=reference,
            reason=reason,
            actor=self.actor,
            now=now(),
        )
        added = done.override
        said = "added" if done.created else "was there already"
        self.show(
            {
                "id": str(added.pk),
                "budget": str(row.pk),
                "amount": usd_text(added.amount),
                "reference": added.reference,
                "created": done.created,
            },
            f"${usd_text(added.amount)} {said} ({added.reference}).",
        )


def _budget(key: str | None, tenant: str | None) -> Budget:
    """The budget that is named, or the tenant's only one of cost in all. Raises NotFound and InvalidRequest."""
    rows = Budget.objects.select_related("tenant").filter(dimension=Dimension.COST, window=Window.TOTAL)
    if key is not None:
        try:
            found = rows.filter(pk=UUID(key)).first()
        except ValueError:
            found = None
        if found is None:
            raise NotFound(f"There is no budget {key!r} of cost in all.", param="budget")
        return found
    if tenant is None:
        raise InvalidRequest("Name a tenant or a budget.", param="tenant")
    own = list(rows.filter(tenant__slug=tenant, scope=Scope.TENANT, is_active=True)[:2])
    if len(own) != 1:
        many = "several budgets" if own else "no budget"
        raise InvalidRequest(f"{tenant} has {many} of cost in all: name one.", param="budget")
    return own[0]
