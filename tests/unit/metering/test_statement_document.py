"""What a statement's figures become in words, in tables, on paper and in a file."""

import csv
import io
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from metering.money import nano_from_usd
from metering.statements.csv_file import statement_csv
from metering.statements.document import document_of
from metering.statements.figures import Entries, Entry, Figures, Group, Sums, digest_of, figures_of, text_of
from metering.statements.html_page import statement_html
from metering.statements.pdf import statement_pdf
from metering.statements.round import cents, cents_text
from metering.types import EntryKind

CHARGED = 1_234_567_890_123
MOMENT = datetime(2026, 11, 1, 2, tzinfo=UTC)
NAMES = (
    "ann@alder.example",
    "山田太郎",
    "김철수",
    "محمد",
    "דוד",
    "राम",
    "สมชาย",
    "Ελένη",
    "Владимир",
    "<script>",
    "=1+1",
)
CREDIT = Entry(
    id=UUID(int=1), reservation_id=UUID(int=2), month=date(2026, 9, 1), recorded_at=MOMENT, kind=EntryKind.ADJUST,
    reason="the vendor took it back", nano_usd=-5,
)  # fmt: skip


def sums(charged: int) -> Sums:
    nothing: dict[str, int] = dict.fromkeys(Sums.__struct_fields__, 0)
    return Sums(**{**nothing, "vendor_nano_usd": charged, "charged_nano_usd": charged})


def figures(**changes: Any) -> Figures:
    entries = Entries(shown=(CREDIT,), count=1, nano_usd=-5)
    values: dict[str, Any] = {
        "number": 3, "issued_at": MOMENT, "tenant": "alder", "tenant_name": "Alder", "customer_id": "",
        "month": date(2026, 10, 1), "starts_at": datetime(2026, 9, 30, 22, tzinfo=UTC),
        "ends_at": datetime(2026, 10, 31, 23, tzinfo=UTC), "timezone": "Europe/Berlin", "usage": sums(CHARGED),
        "by_task": (Group(name="Chat", sums=sums(CHARGED)),), "by_model": (), "by_team": (),
        "by_user": tuple(Group(name=name, sums=sums(1)) for name in NAMES),
        "corrections": Entries(shown=(), count=0, nano_usd=0), "earlier": entries,
        "total_nano_usd": CHARGED - 5, "budgets": (),
    }  # fmt: skip
    return Figures(**{**values, **changes})


def test_the_same_figures_are_the_same_text_digest_and_pdf() -> None:
    first, again = figures(), figures_of(text_of(figures()))
    assert again == first
    assert digest_of(text_of(again)) == digest_of(text_of(first))
    document = document_of(first, digest="d")
    pdf = statement_pdf(document)
    assert pdf.startswith(b"%PDF-")
    assert pdf == statement_pdf(document_of(again, digest="d"))


def test_amounts_are_exact_and_only_the_amount_to_pay_is_rounded() -> None:
    document = document_of(figures(), digest="d")
    assert document.sums.total == ("Total", "1,234.567890118")
    assert document.to_pay == "US$ 1,234.57"
    assert document.title == "Statement alder-0003"
    assert dict(document.facts)["Period"] == "1 October 2026 to 31 October 2026, Europe/Berlin"


@pytest.mark.parametrize(
    ("usd", "shown"),
    [("0.005", "0.01"), ("0.004999999", "0.00"), ("-0.005", "-0.01"), ("1234567.895", "1,234,567.90")],
)
def test_half_a_cent_is_rounded_away_from_zero(usd: str, shown: str) -> None:
    assert cents_text(nano_from_usd(Decimal(usd))) == shown


def test_a_credit_of_less_than_half_a_cent_is_nothing_without_a_sign() -> None:
    assert (cents_text(-4_999_999), str(cents(-1))) == ("0.00", "0.00")


def test_the_fonts_are_in_the_pdf_for_every_script_that_they_have() -> None:
    pdf = statement_pdf(document_of(figures(), digest="d"))
    for font in (b"FiraGO-Regular", b"FiraGO-Bold", b"NotoSansCJKtc-Regular"):
        assert font in pdf
    assert pdf.count(b"/FontFile") >= 3


def test_a_name_is_a_text_wherever_it_stands() -> None:
    html = statement_html(document_of(figures(), digest="d"))
    assert "&lt;script&gt;" in html
    assert "<script>" not in html
    assert ",'=1+1," in statement_csv(figures())


def test_csv_has_each_amount_to_the_last_digit() -> None:
    rows = list(csv.DictReader(io.StringIO(statement_csv(figures()))))
    charged = {row["section"]: row["charged_usd"] for row in rows}
    assert charged["usage"] == charged["task"] == "1234.567890123"
    assert (charged["earlier"], charged["earlier_total"]) == ("-0.000000005", "-0.000000005")
    assert charged["total"] == "1234.567890118"
