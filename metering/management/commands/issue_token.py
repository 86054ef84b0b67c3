"""`manage.py issue_token --tenant alder --plan PRO [--name ...]`: the only moment the secret is shown."""

from argparse import ArgumentParser
from typing import Any

from django.utils.timezone import now

from metering.identity.find import find_team, find_tenant, find_user
from metering.identity.tokens.issue_token import issue_token
from metering.management.command import VerbCommand, moment


class Command(VerbCommand):
    help = "Issue an ATI token and print its secret, which is not stored and never shown again."

    def add_options(self, parser: ArgumentParser) -> None:
        parser.add_argument("--tenant", required=True, metavar="SLUG")
        parser.add_argument("--plan", required=True, metavar="CODE")
        parser.add_argument("--name", default="", help="What the token is for.")
        parser.add_argument("--team", metavar="SLUG_OR_ID", help="Bind it to a team of the tenant.")
        parser.add_argument("--user", metavar="EMAIL_OR_ID", help="Bind it to a user of the tenant.")
        parser.add_argument("--expires-at", metavar="TIME", help="ISO 8601; in the tenant's time zone.")
        parser.add_argument("--signups", type=int, default=0, metavar="N", help="Sign-ups it is good for.")

    def run(self, *, tenant: str, team: str | None, user: str | None, **options: Any) -> None:
        owner = find_tenant(tenant)
        issued = issue_token(
            tenant=owner,
            plan_code=options["plan"],
            name=options["name"],
            team=find_team(tenant=owner, reference=team) if team else None,
            user=find_user(tenant=owner, reference=user) if user else None,
            signups_allowed=options["signups"],
            expires_at=moment(options["expires_at"], param="--expires-at", tenant=owner),
            actor=self.actor,
            now=now(),
        )
        self.show({"id": issued.id, "token": issued.secret, "prefix": issued.prefix}, issued.secret)
