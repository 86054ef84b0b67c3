"""How much of what is private is found, and how much of what is found is private: by texts of our own."""

from collections import Counter

import pytest

from metering.content.detectors.registry import NAMES
from metering.content.redact import find, redact
from tests.unit.metering.content.corpus import Positive, negatives, positives

LEAST = 0.97


def found_in(text: str) -> list[tuple[str, str]]:
    raw = text.encode()
    return [(each.kind, raw[each.start : each.end].decode()) for each in find(text)]


def is_found(positive: Positive) -> bool:
    return (positive.kind, positive.text[positive.start : positive.end]) in found_in(positive.text)


def test_precision_and_recall_of_the_corpus(capsys: pytest.CaptureFixture[str]) -> None:
    right, missed, wrong = Counter[str](), Counter[str](), Counter[str]()
    for positive in positives():
        told = found_in(positive.text)
        (right if is_found(positive) else missed)[positive.kind] += 1
        wrong.update(kind for kind, _ in told if kind != positive.kind)
    for text in negatives():
        wrong.update(kind for kind, _ in found_in(text))
    with capsys.disabled():
        print(f"\n{len(positives())} positive and {len(negatives())} negative texts")
        for kind in NAMES:
            print(
                f"{kind:8} precision {ratio(right[kind], wrong[kind]):.3f} "
                f"recall {ratio(right[kind], missed[kind]):.3f}"
            )
        print(
            f"{'all':8} precision {ratio(right.total(), wrong.total()):.3f} "
            f"recall {ratio(right.total(), missed.total()):.3f}"
        )
    assert ratio(right.total(), wrong.total()) >= LEAST
    assert ratio(right.total(), missed.total()) >= LEAST


def ratio(good: int, bad: int) -> float:
    return good / (good + bad)


def test_there_are_at_least_three_hundred_of_each() -> None:
    assert len(set(positives())) >= 300
    assert len(set(negatives())) >= 300


@pytest.mark.parametrize("kind", NAMES)
def test_every_kind_is_in_the_corpus_often(kind: str) -> None:
    assert sum(positive.kind == kind for positive in positives()) >= 40


def test_nothing_of_what_is_private_is_left_in_a_redacted_text() -> None:
    for positive in filter(is_found, positives()):
        assert positive.text[positive.start : positive.end] not in redact(positive.text)


def test_a_redacted_text_has_nothing_more_to_redact() -> None:
    for positive in positives():
        once = redact(positive.text)
        assert redact(once) == once
