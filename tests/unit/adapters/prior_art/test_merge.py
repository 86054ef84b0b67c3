from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from adapters.prior_art.merge import merge
from adapters.prior_art.references import Hit, Reference

TITLE = "Cooling of processors with vapor chambers"


def reference(source_id: str, source: str = "openalex", **facts: Any) -> Reference:
    return Reference(source=source, source_id=source_id, **{"title": f"Document {source_id}", **facts})


def hit(found: Reference, query: int = 0, rank: int = 0) -> Hit:
    return Hit(reference=found, query=query, rank=rank)


def merged(*references: Reference) -> list[set[str]]:
    documents = merge([hit(one, rank=rank) for rank, one in enumerate(references)])
    return [{one.source_id for one in (document.reference, *document.others)} for document in documents]


def test_the_same_record_found_twice_is_one_document_with_two_places() -> None:
    (document,) = merge([hit(reference("W1"), 0, 4), hit(reference("W1"), 1, 2)])
    assert document.places == [("openalex", 0, 4), ("openalex", 1, 2)]
    assert document.others == []


def test_equal_dois_are_one_document() -> None:
    assert merged(reference("W1", doi="10.1/a"), reference("W2", doi="10.1/a")) == [{"W1", "W2"}]


def test_an_application_joins_what_is_known_of_its_publication_and_of_its_patent() -> None:
    assert merged(
        reference("10123456", "patentsview", numbers=("US10123456",)),
        reference("P", "other", numbers=("US20200000001",)),
        reference("16000000", "uspto", numbers=("US20200000001", "US10123456")),
    ) == [{"10123456", "P", "16000000"}]


def test_the_one_with_the_longest_abstract_is_shown() -> None:
    (document,) = merge(
        [
            hit(reference("1", "uspto", numbers=("US1",))),
            hit(reference("2", "patentsview", numbers=("US1",), abstract="It has fins.")),
        ]
    )
    assert document.reference.source_id == "2"
    assert [one.source_id for one in document.others] == ["1"]


def test_title_year_and_author_join_where_numbers_are_missing() -> None:
    facts = {"title": TITLE, "date": "2020-03-01"}
    assert merged(
        reference("W1", doi="10.1/a", first_author="Pascal Chevalier", **facts),
        reference("W2", first_author="CHEVALIER, P.", **(facts | {"title": TITLE.upper(), "date": "2020"})),
    ) == [{"W1", "W2"}]


def test_two_dois_are_two_documents_whatever_their_titles() -> None:
    facts = {"title": TITLE, "date": "2020", "first_author": "A. Kim"}
    assert merged(reference("W1", doi="10.1/a", **facts), reference("W2", doi="10.1/b", **facts)) == [
        {"W1"},
        {"W2"},
    ]


def test_continuations_of_one_patent_stay_apart() -> None:
    facts = {"title": TITLE, "date": "2020", "first_author": "A. Kim"}
    assert merged(
        reference("1", "uspto", numbers=("US1",), **facts), reference("2", "uspto", numbers=("US2",), **facts)
    ) == [{"1"}, {"2"}]


def test_a_paper_and_a_patent_of_one_title_stay_apart() -> None:
    facts = {"title": TITLE, "date": "2020", "first_author": "A. Kim"}
    assert merged(reference("W1", **facts), reference("1", "uspto", numbers=("US1",), **facts)) == [
        {"W1"},
        {"1"},
    ]


def test_a_short_title_an_unknown_author_or_another_year_joins_nothing() -> None:
    def alike(**facts: str) -> int:
        whole = {"title": TITLE, "date": "2020", "first_author": "A. Kim", **facts}
        return len(merged(reference("W1", **whole), reference("W2", **whole)))

    assert alike() == 1
    assert alike(title="Heat sink") == 2
    assert alike(first_author="") == 2
    assert alike(date="") == 2


def test_documents_stand_in_the_order_of_their_first_hits() -> None:
    assert merged(
        reference("W3"), reference("W1", doi="10.1/a"), reference("W2"), reference("W4", doi="10.1/a")
    ) == [
        {"W3"},
        {"W1", "W4"},
        {"W2"},
    ]


RECORDS = st.lists(
    st.builds(
        reference,
        st.sampled_from([f"W{number}" for number in range(8)]),
        st.sampled_from(["openalex", "uspto"]),
        doi=st.sampled_from(["", "10.1/a", "10.1/b"]),
        numbers=st.sampled_from([(), ("US1",), ("US2",), ("US2", "US3")]),
    ),
    max_size=12,
)


@given(RECORDS)
def test_no_hit_is_lost_or_doubled_and_no_number_stands_in_two_documents(references: list[Reference]) -> None:
    documents = merge([hit(one, rank=rank) for rank, one in enumerate(references)])
    assert sorted(rank for one in documents for _, _, rank in one.places) == list(range(len(references)))
    seen: set[str] = set()
    for document in documents:
        known = {
            key
            for one in (document.reference, *document.others)
            for key in (one.doi, *one.numbers, f"{one.source}/{one.source_id}")
            if key
        }
        assert not known & seen
        seen |= known


@given(RECORDS, st.integers())
def test_the_groups_do_not_depend_on_the_order_of_hits(references: list[Reference], seed: int) -> None:
    shuffled = references[:]
    Random(seed).shuffle(shuffled)

    def groups(given_order: list[Reference]) -> set[frozenset[Reference]]:
        return {frozenset((one.reference, *one.others)) for one in merge([hit(one) for one in given_order])}

    assert groups(references) == groups(shuffled)
