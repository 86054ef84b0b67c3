"""`manage.py revoke_token ID`"""

from argparse import ArgumentParser
from typing import Any

from django.utils.timezone import now

from metering.identity.find import find_token
from metering.identity.tokens.revoke_token import revoke_token
from metering.management.command import VerbCommand


class Command(VerbCommand):
    help = "Revoke an ATI token for good. Again changes nothing."

    def add_options(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "id", metavar="ID", help="The token's id, its visible prefix, or the whole of it."
        )

    def run(self, *, id: str, **_: Any) -> None:
        token = revoke_token(token=find_token(reference=id), actor=self.actor, now=now())
        facts = {"id": token.id, "prefix": token.prefix, "revoked_at": token.revoked_at}
        self.show(facts, f"Token {token.prefix} is revoked since {token.revoked_at:%Y-%m-%d %H:%M:%S} UTC.")
