import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.prior_art.numbers import one_doi, one_number, shown_number


@pytest.mark.parametrize(
    "doi",
    ["10.1000/XYZ.1", "https://doi.org/10.1000/xyz.1", "http://dx.doi.org/10.1000/xyz.1", "doi:10.1000/xyz.1",
     "DOI: 10.1000/xyz.1", " https://www.doi.org/10.1000/Xyz.1 ", "10.1000/xyz.1."],
)  # fmt: skip
def test_a_doi_has_one_form(doi: str) -> None:
    assert one_doi(doi) == "10.1000/xyz.1"


@pytest.mark.parametrize(
    "value", ["", "xyz", "10.1/", "https://example.org/10.1000/x y", None, 7, ["10.1000/x"]]
)
def test_what_is_no_doi_is_none(value: object) -> None:
    assert one_doi(value) == ""


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("US-2020/0123456-A1", "US20200123456"),
        ("US 2020-0123456 A1", "US20200123456"),
        ("US20200123456A1", "US20200123456"),
        ("US2020123456A1", "US20200123456"),
        ("us 2020/0123456 a9", "US20200123456"),
        ("20200123456", "US20200123456"),
        ("US 10,123,456 B2", "US10123456"),
        ("US010123456", "US10123456"),
        ("10123456", "US10123456"),
        ("9362380", "US9362380"),
        ("USD0912345S1", "USD912345"),
        ("D912345", "USD912345"),
        ("RE45,678 E1", "USRE45678"),
        ("PP12345", "USPP12345"),
        ("EP 1 234 567 A1", "EP1234567"),
        ("EP01234567B1", "EP1234567"),
        ("WO 2009/064413", "WO2009064413"),
        ("WO2009064413A1", "WO2009064413"),
        ("WO 98/12345", "WO1998012345"),
        ("\uff35\uff33\uff11\uff12\uff13\uff14\uff15\uff16\uff17", "US1234567"),
    ],
)
def test_a_publication_number_has_one_form(written: str, number: str) -> None:
    assert one_number(written) == number


@pytest.mark.parametrize(
    "value", ["", "0", "US", "A1", "PCT/US2020/012345", "1" * 41, None, 12, "US 12/345,678x"]
)
def test_what_is_no_publication_number_is_none(value: object) -> None:
    assert one_number(value) == ""


def test_different_publications_stay_apart() -> None:
    assert (
        len(
            {
                one_number(n)
                for n in ("US20200123456A1", "US20190123456A1", "US123456", "EP123456", "USRE123456")
            }
        )
        == 5
    )


def test_people_see_the_kind_code() -> None:
    assert shown_number("US 2020-0123456 A1") == "US20200123456A1"
    assert shown_number("10,123,456") == "US10123456"


@given(st.text(max_size=60))
def test_the_one_form_of_a_doi_is_its_own_form(text: str) -> None:
    assert one_doi(one_doi(text)) == one_doi(text)


@given(st.text(alphabet="USEPWORDA0123456789/-, .", max_size=20))
def test_the_one_form_of_a_number_is_its_own_form(text: str) -> None:
    assert one_number(one_number(text)) == one_number(text)


@given(
    st.integers(2001, 2029),
    st.integers(1, 9_999_999),
    st.sampled_from(["A1", "A2", "A9", ""]),
    st.sampled_from("/- "),
)
def test_an_application_is_the_same_however_it_is_written(
    year: int, serial: int, kind: str, sign: str
) -> None:
    wanted = f"US{year}{serial:07d}"
    for written in (
        f"US{wanted[2:]}{kind}",
        f"US-{year}{sign}{serial:07d}-{kind}",
        f"us {year}/{serial} {kind.lower()}",
    ):
        if sign == " " and f"{year} " in written:
            continue
        assert one_number(written) == wanted


@given(st.integers(1, 99_999_999), st.sampled_from(["B1", "B2", "", "S1"]))
def test_a_patent_is_the_same_with_commas_zeros_and_kinds(number: int, kind: str) -> None:
    forms = {
        one_number(f"US{number}{kind}"),
        one_number(f"US {number:,} {kind}"),
        one_number(f"{number:08d}"),
    }
    assert forms == {f"US{number}"}
    assert re.fullmatch(r"US\d+([A-Z]\d?)?", shown_number(f"US{number}{kind}"))
