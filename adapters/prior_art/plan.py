"""The plan of a search: the elements of the idea and the queries for them, as a model sees them."""

from collections.abc import Mapping
from typing import Annotated

from msgspec import Meta, Struct

from adapters.ask import ask, question
from adapters.citations import unknown_citations, without
from adapters.prior_art.asked import Asked
from adapters.prior_art.queries import MAX_GROUPS, MAX_TERMS, Query, make_query
from adapters.prompt import load_prompt
from metering.ports import Body, Spending

MAX_ELEMENTS = 8
MAX_QUERIES = 5
ANSWER_TOKENS = 1_500

ElementText = Annotated[str, Meta(min_length=1, max_length=600)]
Group = Annotated[list[Annotated[str, Meta(max_length=200)]], Meta(min_length=1, max_length=MAX_TERMS)]


class PlannedQuery(Struct):
    groups: Annotated[list[Group], Meta(min_length=1, max_length=MAX_GROUPS)]


class PlanAnswer(Struct):
    """The shape that the model's answer shall have."""

    elements: Annotated[list[ElementText], Meta(min_length=1, max_length=MAX_ELEMENTS)]
    queries: Annotated[list[PlannedQuery], Meta(min_length=1, max_length=MAX_QUERIES)]


class Element(Struct, frozen=True):
    """One feature of the idea."""

    id: str
    text: str


class Plan(Struct, frozen=True, kw_only=True):
    """What is looked for, and how."""

    elements: tuple[Element, ...]
    queries: tuple[Query, ...]

    @property
    def questions(self) -> list[str]:
        """Each thing that is looked for in its own words: the elements, and every group of synonyms."""
        groups = (" ".join(group) for query in self.queries for group in query.groups)
        return [*(element.text for element in self.elements), *dict.fromkeys(groups)]


def plan_question(asked: Asked, limits: Mapping[str, int]) -> Body:
    """The request for a plan."""
    return question(
        load_prompt(__package__, "prior_art_plan", 1),
        {asked.kind: asked.text},
        PlanAnswer,
        max_tokens=min(ANSWER_TOKENS, limits.get("max_tokens_out", ANSWER_TOKENS)),
    )


async def make_plan(asked: Asked, limits: Mapping[str, int], spending: Spending) -> Plan:
    """Raises Unusable, and what `Spending.complete` raises."""
    answer = await ask(spending, plan_question(asked, limits), PlanAnswer, check=_complaint)
    texts = (" ".join(text.split()) for text in answer.elements)
    elements = dict.fromkeys(without(unknown_citations(text, [asked.text]), text) for text in texts)
    return Plan(
        elements=tuple(Element(f"E{number}", text) for number, text in enumerate(filter(None, elements), 1)),
        queries=_queries(answer),
    )


def _queries(answer: PlanAnswer) -> tuple[Query, ...]:
    made = (make_query(query.groups) for query in answer.queries)
    return tuple(dict.fromkeys(query for query in made if query is not None))


def _complaint(answer: PlanAnswer) -> str:
    if not any(text.strip() for text in answer.elements):
        return "No element has a text."
    if not _queries(answer):
        return "No query holds a word."
    return ""
