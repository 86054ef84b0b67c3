"""docs/ledger.md names everything that the ledger can answer and everything that the audit proves."""

import re

import pytest

from metering.ledger.audit.invariants import INVARIANTS
from metering.ledger.results import Reason
from tests.unit.metering.ledger.state_table import DOCUMENT

TEXT = DOCUMENT.read_text()


def test_every_invariant_is_published_and_no_other() -> None:
    rows = re.findall(r"(?m)^\| (`[a-z_`, ]+`) \|", TEXT.split("## The audit")[1].split("## ")[0])
    published = {name for row in rows for name in re.findall(r"`([a-z_]+)`", row)}

    assert published == {invariant.name for invariant in INVARIANTS} | {
        "windows_tile",
        "opening_is_what_was_used",
    }


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_is_published(reason: Reason) -> None:
    assert re.search(rf"\b{reason.value}\b", TEXT)
