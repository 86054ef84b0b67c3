"""`manage.py onboard_tenant --slug cedar --name "Cedar Law" --plan PRO --budget 200 --invite ann@cedar.example`"""

from argparse import ArgumentParser
from typing import Any

from django.utils.timezone import now

from metering.alerts.email import mail_sentence
from metering.alerts.public_url import public_url
from metering.management.command import VerbCommand
from metering.models import ATIToken
from metering.money import usd_text
from metering.onboarding.onboard_tenant import Onboarded, onboard_tenant
from metering.onboarding.ready_lines import ready_lines
from metering.rules.budgets import WINDOWS
from metering.types import Window

LOCAL = "http://localhost:8000"
"""Where script/server listens unless PUBLIC_URL says where people reach it."""


class Command(VerbCommand):
    help = (
        "Make a tenant with its first token, a budget and the invitation of its administrator: all or nothing. "
        "A tenant that is there already is refused."
    )

    def add_options(self, parser: ArgumentParser) -> None:
        parser.add_argument("--slug", required=True)
        parser.add_argument("--name", required=True)
        parser.add_argument("--plan", required=True, metavar="CODE")
        parser.add_argument("--timezone", default="UTC", help="The IANA zone of its days and months.")
        parser.add_argument("--budget", metavar="USD", help="At most so much, in US dollars.")
        parser.add_argument("--window", default=Window.MONTH.value, help=", ".join(WINDOWS))
        parser.add_argument("--invite", metavar="EMAIL", help="The first administrator.")

    def run(self, *, slug: str, name: str, plan: str, **options: Any) -> None:
        made = onboard_tenant(
            slug=slug,
            name=name,
            plan_code=plan,
            timezone=options["timezone"],
            budget_usd=options["budget"] or "",
            window=options["window"],
            admin_email=options["invite"] or "",
            actor=self.actor,
            now=now(),
        )
        base = public_url() or LOCAL
        curl = ready_lines(ATIToken.objects.get(tenant=made.tenant), base_url=base).curl
        self.show({**_facts(made), "base_url": f"{base}/v1", "curl": curl}, _words(made, curl))


def _facts(made: Onboarded) -> dict[str, object]:
    tenant, token, budget, invitation = made.tenant, made.token, made.budget, made.invitation
    return {
        "tenant": {"id": tenant.pk, "slug": tenant.slug, "timezone": tenant.timezone},
        "token": token and {"id": token.id, "token": token.secret, "prefix": token.prefix},
        "budget": budget
        and {"budget": budget.pk, "window": budget.window, "limit": usd_text(budget.amount), "unit": "USD"},
        "invitation": invitation
        and {"id": invitation.pk, "email": invitation.email, "expires_at": invitation.expires_at},
    }


def _words(made: Onboarded, curl: str) -> str:
    secret = made.token.secret if made.token is not None else ""
    parts = [f"Tenant {made.tenant.slug} is there. Its token is shown only now: {secret}"]
    if made.budget is not None:
        parts.append(f"Budget: ${usd_text(made.budget.amount)} a {made.budget.window}.")
    if made.invitation is not None:
        parts.append(mail_sentence("An invitation", made.invitation.email))
    return "\n".join([*parts, "Its first call:", f"export ATI_TOKEN={secret}", curl])
