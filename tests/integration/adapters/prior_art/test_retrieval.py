from bench.retrieval import measure_lists


async def test_merging_and_preranking_are_not_below_the_best_single_query_and_nothing_is_invented() -> None:
    lists, honesty = await measure_lists()
    best, ours = lists[0], next(row for row in lists if "ours" in row["list"])
    assert ours["recall@10"] >= best["recall@10"] > 0.3
    assert ours["nDCG@10"] >= best["nDCG@10"] > 0.3
    assert (honesty["invented references"], honesty["verdicts"]) == (0, 0)
    assert honesty["quotes"] == honesty["quotes in their source"] > 50
