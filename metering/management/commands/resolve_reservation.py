"""`manage.py resolve_reservation ID --release | --charge [USD] [--input-tokens N] [--output-tokens N]`"""

from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.utils.timezone import now

from metering.errors import InvalidRequest
from metering.management.command import VerbCommand
from metering.management.ledger import submit
from metering.policy.edit.set_budget import parse_amount
from metering.reservation.resolve import ActualUsage, resolve_reservation
from metering.types import Dimension

AS_HELD = "as held"
COUNTS = ("input_tokens", "output_tokens", "api_calls", "files")


class Command(VerbCommand):
    help = "Decide what a reservation cost that is held or expired and whose usage nobody reported."

    def add_options(self, parser: ArgumentParser) -> None:
        parser.add_argument("id", metavar="ID")
        decision = parser.add_mutually_exclusive_group(required=True)
        decision.add_argument("--release", action="store_true", help="Nothing was spent.")
        decision.add_argument("--charge", nargs="?", const=AS_HELD, metavar="USD", help="Default: as held.")
        for name in COUNTS:
            flag = "--" + name.replace("_", "-")
            parser.add_argument(flag, metavar="N", help="With --charge; default: as held.")

    def run(self, *, id: str, charge: str | None, **options: Any) -> None:
        counts = {name: options[name] for name in COUNTS if options[name] is not None}
        if counts and charge is None:
            raise InvalidRequest("Amounts go with --charge, not with --release.", param="charge")
        ended = resolve_reservation(
            reservation_id=_uuid(id),
            usage=None if charge is None else _usage(charge, counts),
            submit=submit,
            actor=self.actor,
            now=now(),
        )
        facts = {
            "reservation_id": ended.reservation_id,
            "state": ended.state.name.lower(),
            "decision": "released" if charge is None else "charged",
            "replayed": ended.replayed,
        }
        again = ", again" if ended.replayed else ""
        self.show(facts, "Reservation {reservation_id} is {state}: {decision}".format(**facts) + again + ".")


def _usage(charge: str, counts: dict[str, str]) -> ActualUsage:
    amounts = {name: parse_amount(name, text) for name, text in counts.items()}
    cost = None if charge == AS_HELD else parse_amount(Dimension.COST, charge)
    return ActualUsage(cost_nano_usd=cost, **amounts)


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise InvalidRequest(f"{text!r} is not a reservation's id.", param="id") from error
