"""What a maintained price list says of stored models, told before it is entered. Metering itself knows no list."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceLine:
    """One amount that differs from the list, or a model that the list does not name."""

    model: str
    state: str
    """`changed`, `own` (a person's, kept) or `unknown` (not on the list: its price stays as it is)."""
    starts: datetime | None = None
    """From when on; None: now."""
    field: str = ""
    old: object = None
    new: object = None


class EnterPrices(Protocol):
    """Every difference, and with `dry_run` nothing else. `models`: of these alone; None: of all."""

    def __call__(
        self,
        *,
        actor: str,
        now: datetime,
        models: Collection[str] | None = None,
        replace_own: bool = False,
        dry_run: bool = False,
    ) -> list[PriceLine]: ...
