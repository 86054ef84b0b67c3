"""What stands in the place of private things, and that the rest stays as it was."""

import pytest

from metering.content.redact import Found, find, redact


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("card 4111 1111 1111 1111, ok", "card [CARD], ok"),
        ("ann@alder.example and bob@birch.example", "[EMAIL] and [EMAIL]"),
        ("über jörg@müller.de hinaus ü", "über [EMAIL] hinaus ü"),
        ("DE89 3704 0044 0532 0130 00 Danke", "[IBAN] Danke"),
        ("postgres://app:hunter2hunter2@db.example/x", "postgres://app:[KEY]@db.example/x"),
        ("from 10.1.2.3 to fe80::1ff:fe23:4567:890a", "from [ADDRESS] to [ADDRESS]"),
        ("nothing to see", "nothing to see"),
        ("", ""),
    ],
)
def test_a_word_stands_for_what_is_private(text: str, written: str) -> None:
    assert redact(text) == written


@pytest.mark.parametrize("blank", ["\u00a0", "\u2007", "\u2009", "\u202f"])
def test_blanks_of_word_processors_stand_between_digits_as_others_do(blank: str) -> None:
    text = "4111 1111 1111 1111; FR14 2004 1010 0505 0001 3M02 606; +33 1 42 68 53 00; tel 030 901820; (415) 555-2671"
    assert redact(text.replace(" ", blank)) == redact(text).replace(" ", blank)


@pytest.mark.parametrize("dash", ["\u2010", "\u2011", "\u2012", "\u2013"])
def test_other_hyphens_stand_between_digits_as_the_usual_one_does(dash: str) -> None:
    text = "4111-1111-1111-1111, DE89-3704-0044-0532-0130-00, 415-555-2671"
    assert redact(text.replace("-", dash)) == "[CARD], [IBAN], [PHONE]"


@pytest.mark.parametrize("country", ["rs", "md", "py"])
def test_a_country_whose_domain_is_also_an_ending_of_files_has_addresses(country: str) -> None:
    assert redact(f"jovan@firma.{country}") == "[EMAIL]"


@pytest.mark.parametrize("text", ["aa-bb-cc-dd-ee-ff", "a@b.co", "::ffff:1.2.3.4", "1.2.3.4"])
def test_the_shortest_of_a_kind_is_found(text: str) -> None:
    assert find(text)


def test_what_two_detectors_claim_is_replaced_once() -> None:
    assert redact("https://user:pass99word@ann.example/x").count("[") == 1


def test_another_finder_adds_what_the_detectors_do_not_know() -> None:
    def names(text: str) -> list[Found]:
        place = text.index("Ann")
        return [Found(place, place + 3, "person"), Found(0, len(text), "person")]

    assert redact("Ann: ann@alder.example", names) == "[PERSON]: [EMAIL]"


def test_halves_of_surrogate_pairs_are_no_reason_to_fail() -> None:
    assert find("\ud83d ann@alder.example")[0].kind == "email"
