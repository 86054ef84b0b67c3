"""Whom a rule or a budget is for, as commands are told."""

from argparse import ArgumentParser
from collections.abc import Mapping

from metering.policy.edit.target import TARGETS


def add_targets(parser: ArgumentParser, *, nobody: str) -> None:
    """One option for each of TARGETS; `nobody` says what it means to name no tenant."""
    parser.add_argument("--plan", metavar="CODE", help="Everybody on the plan.")
    parser.add_argument("--tenant", metavar="SLUG", help=nobody)
    for name in ("team", "user", "token", "agent", "conversation"):
        parser.add_argument(f"--{name}", metavar="ID", help=f"One {name} of the tenant.")
    parser.add_argument("--tag", metavar="KEY=VALUE", help="The tenant's calls that have the tag.")
    parser.add_argument("--provider", metavar="NAME", help="All calls to a provider.")


def named_targets(options: Mapping[str, str | None]) -> dict[str, str | None]:
    """What was given for each of TARGETS."""
    return {name: options[name] for name in TARGETS}
