"""Load a catalog whose rules are checked as every other rule is."""

import os
from datetime import datetime

from metering.catalog.changes import Change
from metering.catalog.load_catalog import load_catalog
from metering.rules.read_conditions import check_conditions
from metering.rules.registry import check_rule


def load_with_rules(*, text: str, actor: str, now: datetime, dry_run: bool = False) -> list[Change]:
    """As `load_catalog`, with this process's environment. `catalog` itself knows no rule keys and no conditions."""
    return load_catalog(
        text=text,
        environment=os.environ,
        check_rule=check_rule,
        check_when=check_conditions,
        actor=actor,
        now=now,
        dry_run=dry_run,
    )
