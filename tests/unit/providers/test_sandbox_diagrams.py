import pytest

from providers.sandbox.diagrams import write_plan, write_source
from providers.sandbox.sentences import in_short, parts_and_links, sentences

MACHINE = (
    "A coffee machine comprises a housing 10, a water tank 12 and a pump 14. The pump 14 draws water from the water "
    "tank 12 and feeds a boiler 16. The temperature sensor 20 reads more than 95 degrees."
)


def test_parts_are_the_nouns_after_articles_with_their_numerals() -> None:
    parts, _ = parts_and_links(MACHINE)
    assert parts == [
        ("coffee machine", ""),
        ("housing", "10"),
        ("water tank", "12"),
        ("pump", "14"),
        ("boiler", "16"),
        ("temperature sensor", "20"),
    ]


def test_links_are_what_a_sentences_first_part_does_to_the_others() -> None:
    _, links = parts_and_links(MACHINE)
    assert links == [
        ("coffee machine", "housing", "comprises"),
        ("coffee machine", "water tank", "comprises"),
        ("coffee machine", "pump", "comprises"),
        ("pump", "water tank", "draws water from"),
        ("pump", "boiler", "feeds"),
    ]


def test_a_condition_links_nothing_to_what_follows_it() -> None:
    assert parts_and_links("If the token is invalid, the server refuses the request.")[1] == [
        ("server", "request", "refuses")
    ]


def test_claims_are_sentences_without_their_numbers() -> None:
    claims = "1. A device comprising a frame.\n2. The device of claim 1, wherein the frame is bent."
    assert sentences(claims) == [
        "A device comprising a frame",
        "The device of claim 1, wherein the frame is bent",
    ]
    assert [part.name for part in parts_and_links(claims)[0]] == ["device", "frame"]


def test_a_sentence_in_short_has_no_articles_and_numerals() -> None:
    assert (
        in_short("The pump 14 draws water from the tank 12 and feeds a boiler", 6)
        == "pump draws water from tank"
    )


@pytest.mark.parametrize(
    "text", ["", "x", "???", "1 2 3", "sandbox:invalid-diagram=0", "The the the.", "A" * 50_000]
)
def test_any_text_gives_an_answer(text: str) -> None:
    for kind in ("block", "flowchart", "sequence", "state", "class"):
        material = {
            "description": text,
            "wish": f"language: plantuml\nstyle: patent\nkind: {kind}\nattempt: 1\ncount: 2",
        }
        assert write_source(material)["source"].startswith("@startuml")
        assert len(write_plan(material)["views"]) == 2


def test_the_first_sources_are_broken_where_the_text_asks_for_it() -> None:
    text = f"{MACHINE} sandbox:invalid-diagram=2"
    written = [
        write_source({"description": text, "wish": f"language: mermaid\nkind: block\nattempt: {attempt}"})[
            "source"
        ]
        for attempt in (1, 2, 3)
    ]
    assert ["broken" in source for source in written] == [True, True, False]
