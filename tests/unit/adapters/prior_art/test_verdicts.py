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
    ],
)
def test_a_description_is_none(sentence: str) -> None:
    assert not verdict_in(sentence, "A controller that drops invalid packets; anticipating rain.")


def test_only_the_sentences_with_a_verdict_are_left_out() -> None:
    rationale = "It shows E1. So the idea is not novel. E2 is missing."
    assert without_verdicts(rationale, "") == "It shows E1. E2 is missing."
