"""Prior art as a task: plan, search, merge, order, read, and tell how far it is."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Any

from adapters.events import Event, EventAdapter
from adapters.prior_art.asked import MAX_TEXT_CHARACTERS, Asked, read_asked
from adapters.prior_art.merge import merge
from adapters.prior_art.plan import Plan, make_plan, plan_question
from adapters.prior_art.prerank import prerank
from adapters.prior_art.reading import read_candidates
from adapters.prior_art.result import make_result, source_status
from adapters.prior_art.search import choose_sources, require_an_answer, search_all
from adapters.prior_art.sources.source import Found, Source
from metering.errors import InvalidRequest
from metering.ports import Body, Spending, TaskRequest
from metering.types import ModelClass, Task

PLANNED, SEARCHED = 10, 50
"""Percent of the work."""
LIMITS = ("max_api_calls", "retrieval_top_k", "agent_max_steps")
"""Without one of each the task cannot begin."""


class PriorArtAdapter(EventAdapter):
    """Searches the sources that it is given, and closes none of them."""

    supported_tasks = frozenset({Task.PRIOR_ART})
    supported_model_classes = frozenset({ModelClass.BASE_S, ModelClass.BASE_M})

    def __init__(self, sources: Sequence[Source]) -> None:
        self._sources = tuple(sources)
        self._ranked = frozenset(source.service.name for source in sources if source.service.is_ranked)

    def opening(self, request: TaskRequest) -> Body:
        """The planning call. Raises InvalidRequest and FeatureNotInPlan."""
        asked, _ = self._begin(request)
        return plan_question(asked, request.limits)

    def _begin(self, request: TaskRequest) -> tuple[Asked, list[Source]]:
        asked = read_asked(request.input, request.limits)
        for limit in LIMITS:
            if request.limits.get(limit, 1) < 1:
                raise InvalidRequest(f"The limit {limit} is 0, with which nothing can be searched.")
        return asked, choose_sources(asked.sources, self._sources, request.features)

    async def events(self, request: TaskRequest, spending: Spending) -> AsyncGenerator[Event, None]:
        asked, sources = self._begin(request)
        plan = await make_plan(asked, request.limits, spending)
        yield {"event": "planned", "progress": PLANNED, **_planned(plan)}

        by_name: dict[str, Found] = {}
        async with aclosing(search_all(sources, plan.queries, asked.scope, spending)) as searches:
            async for one in searches:
                by_name[one.source] = one
                done = PLANNED + (SEARCHED - PLANNED) * len(by_name) // len(sources)
                yield {"event": "searched", "progress": done, "source": one.source, **source_status(one)}
        found = [by_name[source.service.name] for source in sources]
        require_an_answer(found)

        documents = merge([hit for one in found for hit in one.hits])
        ordered = prerank(documents, plan.questions, ranked_sources=self._ranked)
        candidates = ordered[: asked.top_k]
        readings = []
        reading = read_candidates(
            [candidate.document.reference for candidate in candidates],
            plan.elements,
            asked,
            request.limits,
            spending,
        )
        async with aclosing(reading) as parts:
            async for part in parts:
                readings.append(part)
                done = sum(len(one.documents) for one in readings)
                progress = SEARCHED + (100 - SEARCHED) * done // len(candidates)
                yield {"event": "ranked", "progress": progress, "done": done, "of": len(candidates)}
        yield {
            "event": "result",
            "progress": 100,
            "id": spending.id,
            **make_result(plan, found, candidates, readings, _about_request(asked, sources)),
            "usage": spending.usage(),
        }


def _planned(plan: Plan) -> dict[str, Any]:
    return {
        "elements": [{"id": element.id, "text": element.text} for element in plan.elements],
        "queries": [str(query) for query in plan.queries],
    }


def _about_request(asked: Asked, sources: Sequence[Source]) -> list[str]:
    sentences = []
    if asked.is_cut:
        sentences.append(f"Only the first {MAX_TEXT_CHARACTERS:,} characters of the {asked.kind} were read.")
    without = [source.service.name for source in sources if not source.service.has_classes]
    if asked.scope.classes and without:
        sentences.append(f"{', '.join(without)} knows no CPC classes and was searched in all of them.")
    return sentences
