"""Which answers are kept."""

from typing import Any

import pytest

from metering.answer_cache.answers import is_kept


def answer(finish_reason: str | None = "stop", **message: Any) -> dict[str, Any]:
    said = {"role": "assistant", "content": "hi", **message}
    return {"choices": [{"index": 0, "message": said, "finish_reason": finish_reason}]}


CALLS = answer("tool_calls", content=None, tool_calls=[{"id": "1", "type": "function"}])


@pytest.mark.parametrize("reason", ["stop", "length"])
def test_an_answer_that_ended_or_reached_its_limit_is_kept(reason: str) -> None:
    assert is_kept(answer(reason), any_=False)


@pytest.mark.parametrize(
    "unfit",
    [
        *({}, {"choices": []}, {"choices": "x"}, {"choices": [1]}, {"choices": [{"finish_reason": "stop"}]}),
        *(
            answer(None),
            answer("content_filter"),
            answer("error"),
            answer(refusal="No."),
            answer(audio={"id": "a"}),
        ),
        answer() | {"error": {"message": "half of it"}},
        {"choices": [*answer()["choices"], *answer("content_filter")["choices"]]},
    ],
)
@pytest.mark.parametrize("any_", [False, True])
def test_what_is_cut_refused_filtered_or_partly_failed_is_never_kept(
    unfit: dict[str, Any], any_: bool
) -> None:
    assert not is_kept(unfit, any_=any_)


def test_an_answer_that_calls_tools_is_kept_for_any_only() -> None:
    assert not is_kept(CALLS, any_=False)
    assert is_kept(CALLS, any_=True)
    assert not is_kept(answer("stop", tool_calls=[{"id": "1"}]), any_=False)
