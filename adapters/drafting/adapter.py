"""The drafting task (`LLM2_DRAFT`): a disclosure in, a patent application out, section by section.

1. A draft is begun, or the caller's own is gone on with.
2. Each section that is due is written by one LLM call, from the disclosure and what is there already; what the claim
   checker is sure of goes back to the model. A finished section is kept at once.
3. The whole is put together, with all that the claim checker still says of it.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

from adapters.ask import Unusable
from adapters.drafting.context import all_material
from adapters.drafting.draft import Draft, begin_draft, open_draft, save_draft
from adapters.drafting.request import read_input
from adapters.drafting.result import result_of
from adapters.drafting.section import question_of, write_section
from adapters.drafting.sections import Code
from adapters.events import Event, EventAdapter
from metering.errors import MeteringError
from metering.ports import AllowanceSpent, Body, Spending, TaskRequest
from metering.types import ModelClass, Task


class DraftingAdapter(EventAdapter):
    """Implements metering's LLMAdapter."""

    supported_tasks = frozenset({Task.DRAFTING})
    supported_model_classes = frozenset({ModelClass.PRO_M, ModelClass.PRO_L, ModelClass.ADVANCED})

    def opening(self, request: TaskRequest) -> Body:
        """The first section's request with all that the caller gave, so that what is too much is refused at once.

        Of a draft that is gone on with it is not known yet. Raises InvalidRequest.
        """
        wanted = read_input(request.input)
        if wanted.draft_id is not None:
            return question_of((wanted.sections or [Code.TITLE])[0], {"disclosure": ""})
        draft = begin_draft("", wanted)
        code = next(iter(draft.due), Code.TITLE)
        return question_of(code, all_material(draft, code))

    async def events(self, request: TaskRequest, allowance: Spending) -> AsyncGenerator[Event, None]:
        draft = await open_draft(read_input(request.input), request, holder=allowance.id)
        yield {"event": "draft_started", "draft_id": draft.id}
        warnings: list[str] = []
        async with aclosing(_write_due(draft, request, allowance, warnings)) as events:
            async for event in events:
                yield event
        result = await asyncio.to_thread(result_of, draft)
        yield {
            "event": "result",
            "progress": 100,
            "id": allowance.id,
            **result,
            "warnings": warnings,
            "usage": allowance.usage(),
        }


async def _write_due(
    draft: Draft, request: TaskRequest, allowance: Spending, warnings: list[str]
) -> AsyncGenerator[Event, None]:
    """Write what is due, and keep each section as soon as it is finished.

    One section for which the model gives no usable answer is left out; a second one, or the claims, end the work.
    """
    due, unusable, finished = list(draft.due), None, 0
    for place, code in enumerate(due):
        try:
            async with aclosing(write_section(draft, code, allowance, warnings)) as events:
                async for event in events:
                    is_start = event["event"] == "section_started"
                    yield event | {"progress": 100 * place // len(due)} if is_start else event
        except AllowanceSpent:
            left = ", ".join(due[place:])
            warnings.append(f"The step limit was reached; not written: {left}. Go on with the draft_id.")
            break
        except MeteringError as error:
            if not isinstance(error, Unusable) or unusable is not None or code is Code.CLAIMS:
                raise _with_hint(error, draft) from None
            unusable = error
            warnings.append(f"The section {code} is not written: {error.message} Go on with the draft_id.")
            continue
        draft.due.remove(code)
        await save_draft(draft, request, holder=allowance.id)
        finished += 1
        yield {"event": "section_finished", "code": code.value, "usage": allowance.usage()}
    if unusable is not None and not finished:
        raise _with_hint(unusable, draft)


def _with_hint(error: MeteringError, draft: Draft) -> MeteringError:
    if draft.is_begun:
        error.message += f" What is finished is kept: go on with draft_id {draft.id}."
    return error
