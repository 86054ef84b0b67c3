import pytest

from adapters.prior_art.verdicts import verdict_in, without_verdicts


@pytest.mark.parametrize(
    "sentence",
    [
        "The idea is not novel.",
        "This destroys novelty.",
        "It anticipates claim 1.",
        "The claim is anticipated by R1.",
        "The element would be obvious.",
        "It is non-obvious over this.",
        "No inventive step is seen.",
        "The invention is patentable.",
        "It seems unpatentable.",
        "Claim 2 is invalid.",
        "This would infringe the claim.",
        "It is NOVEL.",
        "The idea is not inventive over R1.",
        "There is a lack of inventiveness.",
        "The combination seems new.",
        "E1 is new over this document.",
        "The claims would not be valid.",
        "Claim 1 is not allowable.",
    ],
)
def test_a_verdict_is_seen(sentence: str) -> None:
    assert verdict_in(sentence, "A heat sink with fins.")


@pytest.mark.parametrize(
    "sentence",
    [
        "It shows E1 and not E2.",
        "A new valve is described in the text.",
        "It shows a controller that rejects invalid packets.",
        "A forecast anticipates rain.",
        "It checks whether a certificate is valid.",
        "The allowable temperature is 60 degrees.",
        "A new window opens.",
    ],
)
def test_a_description_is_none(sentence: str) -> None:
    assert not verdict_in(sentence, "A controller that drops invalid packets; anticipating rain.")


def test_only_the_sentences_with_a_verdict_are_left_out() -> None:
    rationale = "It shows E1. So the idea is not novel. E2 is missing."
    assert without_verdicts(rationale, "") == "It shows E1. E2 is missing."
