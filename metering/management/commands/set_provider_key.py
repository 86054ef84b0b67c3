"""`manage.py set_provider_key openai [--tenant alder] [--label second] [--env NAME_API_KEY]`"""

import os
import sys
from argparse import ArgumentParser
from getpass import getpass
from typing import Any

from django.utils.timezone import now

from metering.api_key import MAX_CHARACTERS, UnusableKey, read_keys
from metering.catalog.provider_keys.set_key import DEFAULT_LABEL, set_provider_key, switch_provider_key
from metering.errors import InvalidRequest, NotFound
from metering.identity.find import find_tenant
from metering.management.command import VerbCommand
from metering.models import Provider, ProviderKey


class Command(VerbCommand):
    help = (
        "Keep a vendor's key in the database, encrypted. The key is read from standard input, or from a variable of "
        "the environment; never give it as an argument, which others can read."
    )

    def add_options(self, parser: ArgumentParser) -> None:
        parser.add_argument("provider")
        parser.add_argument(
            "--tenant", metavar="SLUG", help="Whose own key it is; without one the gateway's."
        )
        parser.add_argument("--label", default=DEFAULT_LABEL, help="Tells keys of one owner apart.")
        parser.add_argument(
            "--env", metavar="NAME_API_KEY", help="The variable (or NAME_API_KEY_FILE) to read."
        )
        parser.add_argument("--off", action="store_true", help="Switch the key of this label off instead.")

    def run(
        self, *, provider: str, tenant: str | None, label: str, env: str | None, off: bool, **_: Any
    ) -> None:
        vendor = Provider.objects.filter(pk=provider).first()
        if vendor is None:
            raise NotFound(f"There is no provider {provider!r}.", param="provider")
        owner = find_tenant(tenant) if tenant else None
        if off:
            row = ProviderKey.objects.filter(provider=vendor, tenant=owner, label=label).first()
            if row is None:
                raise NotFound(f"{provider} has no key {label!r} of this owner.", param="label")
            switch_provider_key(row=row, is_active=False, actor=self.actor, now=now())
            row.is_active = False
        else:
            row = set_provider_key(
                provider=vendor,
                tenant=owner,
                label=label,
                key=_from_environment(env) if env else _from_input(),
                actor=self.actor,
                now=now(),
            )
        self.show(
            {
                "id": row.pk,
                "provider": row.provider_id,
                "tenant": owner.slug if owner else None,
                "label": row.label,
                "last4": row.last4,
                "is_active": row.is_active,
            },
            f"{row.provider_id}, {owner.slug if owner else 'the gateway'}: key {row.label!r} is "
            f"{'used from now on' if row.is_active else 'switched off'}.",
        )


def _from_environment(variable: str) -> str:
    """Raises InvalidRequest unless there is exactly one key."""
    try:
        keys = read_keys(variable, os.environ)
    except UnusableKey as problem:
        raise InvalidRequest(f"{problem}.", param="--env") from None
    if len(keys) != 1:
        raise InvalidRequest(f"{variable} holds {len(keys)} keys; one is needed.", param="--env")
    return keys[0]


def _from_input() -> str:
    """A person is asked, and does not see what is typed."""
    if sys.stdin.isatty():
        return getpass("Key: ")
    return sys.stdin.read(2 * MAX_CHARACTERS)
