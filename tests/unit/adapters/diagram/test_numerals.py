import pytest

from adapters.diagram.answers import Part
from adapters.diagram.numerals import numerals_complaint, texts_in
from adapters.diagram.svg.tree import NAMESPACE

TEXTS = ["A machine has a housing 10, a water tank (12) and a pump. The pump runs for pump 5 s."]


def picture(*labels: str) -> str:
    return f'<svg xmlns="{NAMESPACE}">{"".join(f"<text>{label}</text>" for label in labels)}</svg>'


def parts(**numerals: str) -> list[Part]:
    return [Part(name=name.replace("_", " "), numeral=numeral) for name, numeral in numerals.items()]


def test_the_lines_of_a_label_are_one_text() -> None:
    assert texts_in(picture("<tspan>water</tspan><tspan>tank 12</tspan>")) == ["water tank 12"]


@pytest.mark.parametrize(
    ("labels", "listed"),
    [
        (["housing 10", "water tank 12"], parts(housing="10", water_tank="12")),
        (["Housing 10"], parts(housing="10")),
        (["<tspan>fill the water</tspan><tspan>tank S10</tspan>"], parts(fill_the_water_tank="S10")),
        (["pump 14"], parts(pump="14")),
        (["housing (10)"], parts(housing="10", pump="")),
        (["10a"], parts(lid="10a")),
    ],
)
def test_numerals_that_are_shown_and_agree_with_the_text_are_right(
    labels: list[str], listed: list[Part]
) -> None:
    assert numerals_complaint(picture(*labels), listed, TEXTS) == ""


@pytest.mark.parametrize(
    ("labels", "listed", "says"),
    [
        (["housing"], [], "has a reference numeral"),
        (["housing"], parts(housing=""), "has a reference numeral"),
        (["housing"], parts(housing="10"), "No label shows these numerals: housing 10"),
        (["housing 10", "pump"], parts(housing="10", pump="14"), "No label shows these numerals: pump 14"),
        (["housing 20"], parts(housing="20"), "The text calls it housing 10"),
        (["water tank 10"], parts(water_tank="10"), "The text calls it water tank 12"),
        (["lid 14", "pump 14"], parts(lid="14", pump="14"), "14 is that of 'lid' and 'pump'"),
        (["lid 16", "pump 14"], parts(lid="14", pump="16"), "A label calls it lid 16"),
    ],
)
def test_a_wrong_numeral_is_named(labels: list[str], listed: list[Part], says: str) -> None:
    assert says in numerals_complaint(picture(*labels), listed, TEXTS)
