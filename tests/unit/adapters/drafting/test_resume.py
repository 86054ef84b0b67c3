"""Drafts that are gone on with: what is finished is never paid for again, and never lost."""

import asyncio

import pytest

from adapters.drafting.adapter import DraftingAdapter
from metering.errors import InvalidRequest, NotFound, TransitionRefused, VendorError
from metering.ports import Body
from tests.support.spending import CountingSpending
from tests.support.workspace import MemoryWorkspace
from tests.unit.adapters.drafting.drafting import (
    ALL,
    asked_for,
    drafted,
    errors,
    events,
    text_answer,
    texts,
    wanted,
)

OTHER = "01890000-0000-7000-8000-000000000002"
THIRD = "01890000-0000-7000-8000-000000000003"
FAILURE = VendorError("The vendor is down.", retryable=True)


@pytest.fixture
def workspace() -> MemoryWorkspace:
    return MemoryWorkspace()


def failing_at(call: int) -> CountingSpending:
    """The vendor fails at this call."""
    return CountingSpending(answers=lambda body, number: FAILURE if number == call else None)


async def test_the_step_limit_leaves_a_draft_that_goes_on_without_paying_again(
    workspace: MemoryWorkspace,
) -> None:
    first, second = CountingSpending(steps=3), CountingSpending(id=OTHER)
    half = await drafted(wanted(workspace), first)
    assert list(texts(half)) == ["title", "field", "claims"]
    assert "step limit" in half["warnings"][0]
    assert "background, summary, drawings, description, abstract" in half["warnings"][0]
    whole = await drafted(wanted(workspace, draft_id=half["draft_id"]), second)
    assert [section["code"] for section in whole["sections"]] == ALL
    assert len(first.asked) + len(second.asked) == len(ALL)
    assert texts(whole) == texts(await drafted(wanted()))


@pytest.mark.parametrize("call", range(1, 9))
async def test_a_failure_at_any_call_loses_only_that_call(workspace: MemoryWorkspace, call: int) -> None:
    first, second = failing_at(call), CountingSpending(id=OTHER)
    with pytest.raises(VendorError) as caught:
        await drafted(wanted(workspace), first)
    assert (f"draft_id {first.id}" in caught.value.message) == (call > 1)
    whole = await drafted(wanted(workspace, draft_id=first.id), second)
    assert texts(whole) == texts(await drafted(wanted()))
    assert len(first.asked) + len(second.asked) == len(ALL) + 1


async def test_work_that_is_begun_again_goes_on_with_its_own_draft(workspace: MemoryWorkspace) -> None:
    first, second = failing_at(4), CountingSpending(id=OTHER)
    with pytest.raises(VendorError):
        await drafted(wanted(workspace, work_id=THIRD), first)
    whole = await drafted(wanted(workspace, work_id=THIRD), second)
    assert whole["draft_id"] == THIRD
    assert len(first.asked) + len(second.asked) == len(ALL) + 1


async def test_a_caller_who_leaves_keeps_the_finished_sections(workspace: MemoryWorkspace) -> None:
    first, second = CountingSpending(), CountingSpending(id=OTHER)
    stream = DraftingAdapter().stream(wanted(workspace), first)
    async for event in stream:
        if b"section_finished" in event:
            break
    await stream.aclose()
    await drafted(wanted(workspace, draft_id=first.id), second)
    assert len(second.asked) == len(ALL) - 1


async def test_a_finished_draft_costs_nothing_to_ask_for_again(workspace: MemoryWorkspace) -> None:
    first = await drafted(wanted(workspace))
    spending = CountingSpending(id=OTHER)
    again = await drafted(wanted(workspace, draft_id=first["draft_id"]), spending)
    assert spending.asked == []
    assert texts(again) == texts(first)


class TestOneSectionAnew:
    async def test_it_alone_is_written_and_the_findings_follow(self, workspace: MemoryWorkspace) -> None:
        first = await drafted(wanted(workspace, jurisdiction="EP"))
        assert errors(first) == []
        long = text_answer("The machine 90 has a lid 91.")
        spending = CountingSpending(id=OTHER, answers=lambda body, number: long)
        second = await drafted(
            wanted(workspace, draft_id=first["draft_id"], sections=["description"]), spending
        )
        assert set(asked_for(spending)) == {"description"}
        assert texts(second) == {**texts(first), "description": "The machine 90 has a lid 91."}
        assert "numeral_mismatch" in {finding["code"] for finding in errors(second)}

    async def test_the_old_text_stays_until_a_new_one_is_there(self, workspace: MemoryWorkspace) -> None:
        first = await drafted(wanted(workspace))
        with pytest.raises(VendorError):
            await drafted(wanted(workspace, draft_id=first["draft_id"], sections=["abstract"]), failing_at(1))
        spending = CountingSpending(id=OTHER)
        again = await drafted(wanted(workspace, draft_id=first["draft_id"]), spending)
        assert (texts(again), spending.asked) == (texts(first), [])

    async def test_what_was_missing_besides_stays_missing(self, workspace: MemoryWorkspace) -> None:
        half = await drafted(wanted(workspace), CountingSpending(steps=2))
        spending = CountingSpending(id=OTHER)
        result = await drafted(wanted(workspace, draft_id=half["draft_id"], sections=["abstract"]), spending)
        assert list(texts(result)) == ["title", "claims", "abstract"]
        await drafted(wanted(workspace, draft_id=half["draft_id"]), rest := CountingSpending(id=OTHER))
        assert asked_for(rest) == ["field", "background", "summary", "drawings", "description"]

    async def test_a_section_may_be_added(self, workspace: MemoryWorkspace) -> None:
        first = await drafted(wanted(workspace, sections=["title"]))
        second = await drafted(wanted(workspace, draft_id=first["draft_id"], sections=["field"]))
        assert list(texts(second)) == ["title", "field"]

    async def test_sections_that_a_lost_run_has_written_anew_are_not_written_once_more(
        self, workspace: MemoryWorkspace
    ) -> None:
        first = await drafted(wanted(workspace))
        order = {"draft_id": first["draft_id"], "sections": ["title", "field", "abstract"]}
        lost, second = failing_at(3), CountingSpending(id=OTHER)
        with pytest.raises(VendorError):
            await drafted(wanted(workspace, work_id=THIRD, **order), lost)
        await drafted(wanted(workspace, work_id=THIRD, **order), second)
        assert asked_for(second) == ["abstract"]

    async def test_given_claims_are_not_written_anew(self, workspace: MemoryWorkspace) -> None:
        first = await drafted(wanted(workspace, claims="A pump.", sections=["title"]))
        with pytest.raises(InvalidRequest) as caught:
            await drafted(wanted(workspace, draft_id=first["draft_id"], sections=["claims"]))
        assert caught.value.param == "sections"

    async def test_claims_are_written_anew_and_checked_against_the_description(
        self, workspace: MemoryWorkspace
    ) -> None:
        first = await drafted(wanted(workspace, jurisdiction="EP"))
        wrong = '{"claims": [{"number": 1, "text": "A pump (99)."}]}'
        spending = CountingSpending(id=OTHER, answers=lambda body, number: wrong)
        second = await drafted(wanted(workspace, draft_id=first["draft_id"], sections=["claims"]), spending)
        assert len(spending.asked) == 3
        assert "no reference sign `99`" in second["warnings"][0]


class TestTwoAtOnce:
    async def test_the_second_is_refused_and_pays_nothing(self, workspace: MemoryWorkspace) -> None:
        half = await drafted(wanted(workspace), CountingSpending(steps=2))
        workspace.held = {OTHER}
        first = DraftingAdapter().stream(
            wanted(workspace, draft_id=half["draft_id"]), CountingSpending(id=OTHER)
        )
        await anext(first)
        spending = CountingSpending(id=THIRD)
        with pytest.raises(TransitionRefused, match="Another request"):
            await drafted(wanted(workspace, draft_id=half["draft_id"]), spending)
        assert spending.asked == []
        assert len([event async for event in first if b"section_finished" in event]) == 6

    async def test_who_has_lost_the_draft_saves_nothing_over_the_others_work(
        self, workspace: MemoryWorkspace
    ) -> None:
        half = await drafted(wanted(workspace), CountingSpending(steps=2))
        stopped = DraftingAdapter().stream(
            wanted(workspace, draft_id=half["draft_id"]), CountingSpending(id=OTHER)
        )
        await anext(stopped)
        whole = await drafted(wanted(workspace, draft_id=half["draft_id"]), CountingSpending(id=THIRD))
        with pytest.raises(TransitionRefused):
            async for _ in stopped:
                pass
        again = await drafted(wanted(workspace, draft_id=half["draft_id"]), CountingSpending(id=OTHER))
        assert texts(again) == texts(whole)


async def test_a_draft_that_is_deleted_while_it_is_written_stays_deleted(workspace: MemoryWorkspace) -> None:
    spending = CountingSpending()
    stream = DraftingAdapter().stream(wanted(workspace), spending)
    await anext(stream)
    workspace.contents.clear()
    with pytest.raises(NotFound):
        async for _ in stream:
            pass
    assert workspace.contents == {}
    assert len(spending.asked) == 1


async def test_a_draft_that_is_not_there_is_not_found(workspace: MemoryWorkspace) -> None:
    spending = CountingSpending()
    with pytest.raises(NotFound):
        await drafted(wanted(workspace, draft_id=OTHER), spending)
    assert spending.asked == []


async def test_a_broken_stream_tells_what_came_and_then_fails(workspace: MemoryWorkspace) -> None:
    told = []

    async def listen() -> None:
        stream = DraftingAdapter().stream(wanted(workspace, sections=["description"]), failing_at(1))
        async for event in stream:
            told.append(event)

    with pytest.raises(VendorError):
        await listen()
    assert any(b'"delta"' in event for event in told)
    assert not any(b'"section_finished"' in event for event in told)


async def test_events_of_a_resumed_draft_are_of_the_missing_sections_only(workspace: MemoryWorkspace) -> None:
    half = await drafted(wanted(workspace), CountingSpending(steps=7))
    told = await events(wanted(workspace, draft_id=half["draft_id"]), CountingSpending(id=OTHER))
    assert [event["code"] for event in told if event["event"] == "section_started"] == ["abstract"]


async def test_a_cancelled_run_keeps_what_is_finished(workspace: MemoryWorkspace) -> None:
    reached = asyncio.Event()

    def answer(body: Body, number: int) -> None:
        if number == 3:
            reached.set()
            raise asyncio.CancelledError

    first = CountingSpending(answers=answer)
    with pytest.raises(asyncio.CancelledError):
        await drafted(wanted(workspace), first)
    assert reached.is_set()
    second = CountingSpending(id=OTHER)
    await drafted(wanted(workspace, draft_id=first.id), second)
    assert len(second.asked) == len(ALL) - 2
