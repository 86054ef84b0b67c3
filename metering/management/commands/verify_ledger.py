"""`manage.py verify_ledger`: exit 0 when the books balance, 1 when they do not, 2 when nobody could tell."""

from typing import Any

import msgspec
from django.conf import settings
from django.core.management.base import CommandError

from metering.ledger.audit.verify import DEFAULT_GRACE_S, verify_ledger
from metering.management.command import VerbCommand


class Command(VerbCommand):
    help = "Prove that the books balance, or name every row that is wrong."
    unavailable_code = 2

    def run(self, **_: Any) -> None:
        # A hold may wait for the next sweep, and that one for its turn.
        grace_s = max(DEFAULT_GRACE_S, 2 * settings.SWEEP_INTERVAL_S)
        violations = verify_ledger(settings.LEDGER_DATABASE_URL, grace_s=grace_s)
        rows = [msgspec.to_builtins(violation) for violation in violations]
        lines = [
            "{invariant}: {table} {id}: expected {expected}, found {actual}".format(**row) for row in rows
        ]
        self.show({"ok": not rows, "violations": rows}, "\n".join(lines) or "The books balance.")
        if rows:
            raise CommandError(f"{len(rows)} violations.", returncode=1)
