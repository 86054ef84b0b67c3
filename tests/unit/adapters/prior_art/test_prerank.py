from adapters.prior_art.lexical import LexicalIndex, words
from adapters.prior_art.merge import Document, merge
from adapters.prior_art.prerank import prerank
from adapters.prior_art.references import Hit, Reference


def documents(
    *places: tuple[str, list[tuple[str, int, int]]], abstracts: dict[str, str] | None = None
) -> list[Document]:
    hits = [
        Hit(
            reference=Reference(
                source=source, source_id=name, title=name, abstract=(abstracts or {}).get(name, "")
            ),
            query=query,
            rank=rank,
        )
        for name, found in places
        for source, query, rank in found
    ]
    return merge(hits)


def order(found: list[Document], questions: list[str], weight: float) -> list[str]:
    candidates = prerank(found, questions, ranked_sources={"openalex"}, words_weight=weight)
    return [candidate.document.reference.source_id for candidate in candidates]


def test_a_document_of_two_lists_stands_before_one_of_a_single_list() -> None:
    found = documents(("one", [("openalex", 0, 0)]), ("both", [("openalex", 0, 1), ("openalex", 1, 0)]))
    assert order(found, [], 0.0) == ["both", "one"]


def test_a_source_without_an_order_of_its_own_is_put_in_order_by_words() -> None:
    found = documents(
        ("none", [("uspto", 0, 0)]), ("fans", [("uspto", 0, 1)]), abstracts={"fans": "A fan blows."}
    )
    assert order(found, ["a fan"], 0.0) == ["fans", "none"]


def test_equal_documents_keep_their_order() -> None:
    found = documents(("b", [("openalex", 0, 0)]), ("a", [("openalex", 1, 0)]))
    assert order(found, ["c"], 0.5) == ["b", "a"]


def test_scores_are_from_0_to_1_and_the_first_has_1() -> None:
    found = documents(*((str(number), [("openalex", 0, number)]) for number in range(50)))
    scores = [one.score for one in prerank(found, ["7"], ranked_sources={"openalex"})]
    assert scores[0] == 1.0
    assert scores == sorted(scores, reverse=True)
    assert scores[-1] > 0


def test_no_document_gives_no_candidate() -> None:
    assert prerank([], ["a"], ranked_sources=set()) == []


def test_rare_words_weigh_more_than_common_ones() -> None:
    index = LexicalIndex(["fan blade", "fan hub", "fan cage", "reed"])
    assert index.scores("fan reed")[3] > index.scores("fan reed")[0] > 0


def test_words_are_the_same_in_any_case_and_number() -> None:
    assert words("Batteries, FANS and the glass-lens") == ["battery", "fan", "glass", "len"]
    assert LexicalIndex(["", "  "]).scores("fan") == [0.0, 0.0]
