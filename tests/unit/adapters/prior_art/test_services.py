"""What each service is asked, and what is made of its answers."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.prior_art.asked import Scope
from adapters.prior_art.queries import Query, make_query
from adapters.prior_art.sources.openalex import MAX_SEARCH_CHARACTERS, OpenAlex, abstract_of
from adapters.prior_art.sources.patentsview import PatentsView
from adapters.prior_art.sources.port import Page, SearchFailed, Service, SourceConfig
from adapters.prior_art.sources.uspto import Uspto
from tests.properties import thorough

CONFIG = SourceConfig(base_url="http://x", api_key="a-key", page_size=2)
SCOPE = Scope(date_from="2020-01-01", date_to="2021-12-31", classes=("H01L23/46", "H05K"))
QUERY = Query((("heat pipe", "thermosiphon"), ("fan",), ("valve",)))
SERVICES: tuple[Service, ...] = (OpenAlex(), Uspto(), PatentsView())


def read(service: Service, answer: dict[str, Any], cursor: str = "") -> Page:
    return service.read(CONFIG, cursor, answer)


def test_openalex_is_asked_with_its_own_syntax() -> None:
    request = OpenAlex().request(CONFIG, QUERY, SCOPE, "")
    assert (request.method, request.path) == ("GET", "/works")
    assert request.params["search"] == '("heat pipe" OR thermosiphon) AND fan AND valve'
    assert request.params["filter"] == "from_publication_date:2020-01-01,to_publication_date:2021-12-31"
    assert (request.params["cursor"], request.params["per_page"], request.params["api_key"]) == (
        "*",
        "2",
        "a-key",
    )
    assert OpenAlex().request(CONFIG, QUERY, Scope(), "abc").params["cursor"] == "abc"
    assert "filter" not in OpenAlex().request(CONFIG, QUERY, Scope(), "").params


def test_a_query_too_long_for_an_address_loses_its_last_groups() -> None:
    long = make_query([[f"{letter}{number}" * 14 for number in range(6)] for letter in "abcd"])
    assert long is not None
    words = OpenAlex().request(CONFIG, long, Scope(), "").params["search"]
    assert 100 < len(words) <= MAX_SEARCH_CHARACTERS
    assert words.startswith("(a0")


def test_the_uspto_is_asked_for_titles_classes_and_dates_of_publication_or_grant() -> None:
    request = Uspto().request(CONFIG, QUERY, SCOPE, "50")
    body = msgspec.json.decode(request.body)
    assert (request.method, request.headers["x-api-key"]) == ("POST", "a-key")
    assert body["pagination"] == {"offset": 50, "limit": 2}
    span = "[2020-01-01 TO 2021-12-31]"
    assert body["q"].split(" AND ", 2) == [
        'applicationMetaData.inventionTitle:(("heat pipe" OR thermosiphon)',
        "fan)",
        "applicationMetaData.cpcClassificationBag:(H01L23\\/46* OR H05K*) AND "
        f"(applicationMetaData.earliestPublicationDate:{span} OR applicationMetaData.grantDate:{span})",
    ]


def test_patentsview_is_asked_in_json() -> None:
    request = PatentsView().request(CONFIG, Query((("fan",),)), SCOPE, "10123456")
    assert json.loads(request.params["q"])["_and"] == [
        {"_or": [{"_text_phrase": {"patent_title": "fan"}}, {"_text_phrase": {"patent_abstract": "fan"}}]},
        {"_gte": {"patent_date": "2020-01-01"}},
        {"_lte": {"patent_date": "2021-12-31"}},
        {
            "_or": [
                {"_begins": {"cpc_current.cpc_group_id": "H01L23/46"}},
                {"_begins": {"cpc_current.cpc_group_id": "H05K"}},
            ]
        },
    ]
    assert json.loads(request.params["o"]) == {"size": 2, "after": "10123456"}


def test_a_work_of_openalex_is_read() -> None:
    record = {
        "id": "https://openalex.org/W12",
        "doi": "https://doi.org/10.1000/ABC",
        "title": "On  fans",
        "publication_date": "2020-05-01",
        "authorships": [{"author": {"display_name": "Ada Li"}}],
        "abstract_inverted_index": {"blow.": [1], "Fans": [0]},
    }
    page = read(OpenAlex(), {"meta": {"next_cursor": "abc"}, "results": [record]})
    (found,) = page.references
    assert (found.source_id, found.doi, found.title) == ("W12", "10.1000/abc", "On fans")
    assert (found.abstract, found.first_author, found.url) == (
        "Fans blow.",
        "Ada Li",
        "https://doi.org/10.1000/abc",
    )
    assert page.cursor == "abc"


def test_an_application_of_the_uspto_is_read() -> None:
    meta = {
        "inventionTitle": "FAN",
        "earliestPublicationNumber": "US 2014-0167116 A1",
        "patentNumber": "9362380",
        "grantDate": "2016-06-07",
        "firstInventorName": "Pascal Chevalier",
        "cpcClassificationBag": ["H01L  29/73", 7],
    }
    page = read(
        Uspto(),
        {
            "count": 9,
            "patentFileWrapperDataBag": [{"applicationNumberText": "14104993", "applicationMetaData": meta}],
        },
        "2",
    )
    (found,) = page.references
    assert found.numbers == ("US20140167116", "US9362380")
    assert (found.shown_number, found.date, found.classes) == (
        "US20140167116A1",
        "2016-06-07",
        ("H01L29/73",),
    )
    assert page.cursor == "3"
    assert read(Uspto(), {"count": 3, "patentFileWrapperDataBag": [{}]}, "2").cursor == ""


def test_a_patent_of_patentsview_is_read() -> None:
    record = {
        "patent_id": "D912345",
        "patent_title": "Fan",
        "patent_date": "2021-03-02",
        "patent_abstract": None,
        "inventors": [{"inventor_name_first": "Ada", "inventor_name_last": "Li"}],
    }
    page = read(PatentsView(), {"error": False, "patents": [record, record], "total_hits": 9})
    assert page.references[0].numbers == ("USD912345",)
    assert (page.references[0].abstract, page.references[0].first_author) == ("", "Ada Li")
    assert page.cursor == "D912345"


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_an_answer_without_a_list_is_a_failure(service: Service) -> None:
    with pytest.raises(SearchFailed):
        read(service, {"message": "ok"})


@pytest.mark.parametrize(
    ("service", "name"),
    list(zip(SERVICES, ("results", "patentFileWrapperDataBag", "patents"), strict=True)),
    ids=str,
)
@thorough(40)
@given(
    records=st.lists(
        st.recursive(
            st.none() | st.booleans() | st.floats() | st.text(max_size=5),
            lambda inner: st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["id", "title", "doi", "authorships", "author", "abstract_inverted_index", "applicationNumberText",
                     "applicationMetaData", "inventionTitle", "cpcClassificationBag", "patent_id", "patent_title",
                     "inventors", "cpc_current"]
                ),
                inner,
                max_size=6,
            ),
            max_leaves=12,
        ),
        max_size=4,
    )
)  # fmt: skip
def test_whatever_a_record_is_it_is_read_or_counted(service: Service, name: str, records: list[Any]) -> None:
    page = read(service, {name: records})
    assert len(page.references) + page.unreadable == len(records)
    assert all(reference.title and reference.source_id for reference in page.references)


def test_a_text_loses_its_control_characters_and_half_surrogates() -> None:
    record = {"id": "https://openalex.org/W1", "title": "A\u0000 fan\ud800\r\n of 20\u00a0\u00b5m"}
    assert read(OpenAlex(), {"results": [record]}).references[0].title == "A fan? of 20 \u00b5m"


@given(st.lists(st.text(alphabet="abc\u00e9.,", min_size=1, max_size=5), max_size=40))
def test_an_abstract_is_rebuilt_from_its_inverted_index(words: list[str]) -> None:
    index: dict[str, list[int]] = {}
    for place, word in enumerate(words):
        index.setdefault(word, []).append(place)
    assert abstract_of(index) == " ".join(words)


@pytest.mark.parametrize("index", [None, [], "x", {"a": None}, {"a": ["0"]}, {}])
def test_what_is_no_inverted_index_is_no_abstract(index: object) -> None:
    assert abstract_of(index) == ""


def test_a_huge_position_costs_nothing() -> None:
    assert abstract_of({"end": [10**15], "begin": [-1, 0]}) == "begin begin end"
