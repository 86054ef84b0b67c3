"""`script/bench retrieval`: how much of what is relevant stands among the first ten, before and after a model reads.

On the invented documents of `fixtures/search_services`, over real HTTP. Merging and pre-ranking are held against the
best single query of each need: the one of all queries, to one source or to all, that happens to do best. Then the
whole task runs with the sandbox, which lies about every document, and what it invents is looked for in the results.
"""

import asyncio
import json
from collections.abc import Sequence
from statistics import mean
from typing import Any

from adapters.prior_art.adapter import PriorArtAdapter
from adapters.prior_art.features import ACADEMIC_SEARCH, PATENT_DATABASES
from adapters.prior_art.merge import Document, merge
from adapters.prior_art.prerank import WORDS_WEIGHT, prerank
from adapters.prior_art.references import Hit
from adapters.prior_art.sources.source import Source
from bench.prior_art.lists import Grader, shown
from bench.prior_art.searching import SERVICES, hits_of, queries_of, sources_of
from bench.report import Report, new_report, print_table
from fixtures.search_services.corpus import Need, Planted, needs, plant
from fixtures.search_services.server import SearchServices
from metering.ports import TaskRequest
from metering.types import Task
from tests.support.spending import CountingSpending

WEIGHTS = (0.0, WORDS_WEIGHT, 1.0)
LIES = "sandbox:invented-reference sandbox:invented-quote sandbox:verdict"
TOP_K = 10


def measure(conninfo: str) -> Report:
    """Run and print both tables; `ok`: not below the best single query, nothing invented, every quote found."""
    report = new_report("retrieval", conninfo)
    lists, truth = asyncio.run(measure_lists())
    report["figures"] = [*lists, truth]
    best, ours = lists[0], next(row for row in lists if row["list"] == _name(WORDS_WEIGHT))
    report["ok"] = (
        ours["recall@10"] >= best["recall@10"]
        and ours["nDCG@10"] >= best["nDCG@10"]
        and truth["invented references"] == 0
        and truth["quotes"] == truth["quotes in their source"] > 0
    )
    print_table(f"{len(needs())} needs, {len(plant())} documents; means over the needs", lists)
    print_table("The whole task, with a sandbox that lies about every document", [truth])
    return report


async def measure_lists() -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """What the lists are worth, the best single query first, and how true the whole task is."""
    documents = plant()
    grader = Grader(documents)
    async with SearchServices().serving() as services, sources_of(services) as sources:
        hits = {need: await hits_of(sources, need) for need in needs()}
        lists = [_best_single(grader, hits), *(_weighted(grader, hits, weight) for weight in WEIGHTS)]
        return lists, await _whole_task(sources, documents)


def _best_single(grader: Grader, hits: dict[Need, list[Hit]]) -> dict[str, Any]:
    """For each need and figure the best that any query gave, in one source or merged from all."""
    recalls, gains = [], []
    for need, found in hits.items():
        lists = [
            shown(merge(_of(found, query, names)))
            for query in range(len(queries_of(need)))
            for names in ({"openalex"}, {"uspto"}, {"patentsview"}, {kind.name for kind in SERVICES})
        ]
        recalls.append(max(grader.recall(need, one) for one in lists))
        gains.append(max(grader.ndcg(need, one) for one in lists))
    return {"list": "best single query", "recall@10": mean(recalls), "nDCG@10": mean(gains)}


def _of(hits: Sequence[Hit], query: int, names: set[str]) -> list[Hit]:
    chosen = [hit for hit in hits if hit.query == query and hit.reference.source in names]
    return sorted(chosen, key=lambda hit: hit.rank)


def _weighted(grader: Grader, hits: dict[Need, list[Hit]], weight: float) -> dict[str, Any]:
    lists = {need: _preranked(need, merge(found), weight) for need, found in hits.items()}
    return {
        "list": _name(weight),
        "recall@10": mean(grader.recall(need, shown(one)) for need, one in lists.items()),
        "nDCG@10": mean(grader.ndcg(need, shown(one)) for need, one in lists.items()),
    }


def _preranked(need: Need, documents: Sequence[Document], weight: float) -> list[Document]:
    groups = (" ".join(group) for query in queries_of(need) for group in query.groups)
    questions = [*need.elements, *dict.fromkeys(groups)]
    ranked = {kind.name for kind in SERVICES if kind.is_ranked}
    candidates = prerank(documents, questions, ranked_sources=ranked, words_weight=weight)
    return [candidate.document for candidate in candidates]


def _name(weight: float) -> str:
    what = {0.0: "places alone", 1.0: "words alone"}.get(weight, f"places and {weight:.0%} words (ours)")
    return f"merged, {what}"


async def _whole_task(sources: Sequence[Source], documents: Sequence[Planted]) -> dict[str, Any]:
    adapter = PriorArtAdapter(sources)
    results, quotes, true_quotes, invented, verdicts = 0, 0, 0, 0, 0
    for need in needs():
        request = TaskRequest(
            task=Task.PRIOR_ART,
            input={"abstract": f"{'; '.join(need.elements)}. {LIES}", "top_k": TOP_K},
            limits={},
            features=frozenset({ACADEMIC_SEARCH, PATENT_DATABASES}),
        )
        answer = json.loads(await adapter.execute(request, CountingSpending()))
        for found in answer["results"]:
            results += 1
            text = _text_of(found, documents)
            invented += not text
            verdicts += "novel" in found["rationale"] or "invalid" in found["rationale"]
            quotes += len(found["evidence"])
            true_quotes += sum(evidence["quote"] in text for evidence in found["evidence"])
    return {
        "results": results,
        "invented references": invented,
        "quotes": quotes,
        "quotes in their source": true_quotes,
        "verdicts": verdicts,
    }


def _text_of(found: dict[str, Any], documents: Sequence[Planted]) -> str:
    """What the document's source says; empty: no source has it."""
    for document in documents:
        numbers = (document.doi, document.patent_number, document.application_number)
        if found.get("doi") in numbers or found["source_id"] in numbers:
            title = document.title.upper() if found["title"].isupper() else document.title
            return "\n".join((title, document.abstract, ", ".join(document.cpc)))
    return ""
