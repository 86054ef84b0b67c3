"""A comparison as JSON-ready facts; money as decimal text in US dollars."""

from collections.abc import Iterable, Mapping
from typing import Any

from metering.money import usd_text
from metering.reconciliation.book import Booked
from metering.reconciliation.causes import Cause
from metering.reconciliation.compare import Compared, VendorPart
from metering.reconciliation.reconcile import Reconciled


def reconciled_facts(found: Reconciled) -> dict[str, Any]:
    cells = found.comparison.cells
    return {
        "days": [_cell_facts(cell) for cell in cells],
        "total": _total(cells),
        "without_model": [
            {"day": line.day, "text": line.text, "vendor_usd": _usd(line.cost_nano_usd)}
            for line in found.comparison.without_model
            if line.cost_nano_usd is not None
        ],
        "keys": [_key_facts(key, part) for key, part in sorted(found.comparison.by_key.items()) if key],
        "booked": _booked_facts(found.booked),
    }


def _cell_facts(cell: Compared) -> dict[str, Any]:
    vendor, metered = cell.vendor, cell.ledger.metered
    return {
        "day": cell.day,
        "model": cell.model,
        "known": cell.is_known,
        "vendor_usd": usd_text(cell.vendor_nano_usd),
        "vendor_told_cost": vendor.cost_nano_usd is not None,
        "metered_usd": usd_text(metered.cost_nano_usd),
        "difference_usd": usd_text(cell.difference_nano_usd),
        "causes": _causes(cell.causes),
        "vendor_requests": vendor.requests,
        "metered_requests": metered.calls,
        "vendor_input_tokens": vendor.tokens.input if vendor.tokens is not None else None,
        "metered_input_tokens": metered.tokens.input,
        "vendor_output_tokens": vendor.tokens.output if vendor.tokens is not None else None,
        "metered_output_tokens": metered.tokens.output,
        "partly_priced": cell.ledger.partly_priced,
        "booked_usd": usd_text(sum(part.cost_nano_usd for part in cell.ledger.booked.values())),
    }


def _causes(causes: Mapping[Cause, int]) -> dict[str, str]:
    return {cause.value: usd_text(causes[cause]) for cause in Cause if causes.get(cause)}


def _total(cells: Iterable[Compared]) -> dict[str, Any]:
    vendor = metered = own = 0
    causes: dict[Cause, int] = {}
    for cell in cells:
        vendor += cell.vendor_nano_usd
        metered += cell.ledger.metered.cost_nano_usd
        own += abs(cell.own_difference_nano_usd)
        for cause, amount in cell.causes.items():
            causes[cause] = causes.get(cause, 0) + amount
    return {
        "vendor_usd": usd_text(vendor),
        "metered_usd": usd_text(metered),
        "difference_usd": usd_text(vendor - metered),
        "causes": _causes(causes),
        "own_deviation_usd": usd_text(own),
    }


def _key_facts(key: str, part: VendorPart) -> dict[str, Any]:
    return {
        "key": key,
        "requests": part.requests,
        "input_tokens": part.tokens.input if part.tokens is not None else None,
        "output_tokens": part.tokens.output if part.tokens is not None else None,
        "vendor_usd": _usd(part.cost_nano_usd),
    }


def _booked_facts(booked: Booked | None) -> dict[str, Any] | None:
    if booked is None:
        return None
    return {
        "corrections": booked.corrections,
        "charged_usd": usd_text(booked.charged_nano_usd),
        "left_usd": usd_text(booked.left_nano_usd),
        "refused": booked.refused,
    }


def _usd(nano_usd: int | None) -> str | None:
    return None if nano_usd is None else usd_text(nano_usd)
