"""The drafting task (`LLM2_DRAFT`): a disclosure in, a patent application out, section by section.

1. A draft is begun, or the caller's own is gone on with.
2. Each section that is missing is written by one LLM call, from the disclosure and what is there already; the claims
   are checked, and their errors go back to the model. A finished section is kept at once.
3. The whole is put together, with all that the claim checker still says of it.
"""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

import msgspec

from adapters.ask import Unusable, question
from adapters.drafting.claim_repair import claims_complaint
from adapters.drafting.claims.abstract import check_abstract
from adapters.drafting.context import claims_text, material_for
from adapters.drafting.draft import Draft, begin_draft, load_draft, resume_draft, save_draft
from adapters.drafting.request import DraftInput, read_input
from adapters.drafting.result import result_of
from adapters.drafting.sections import MOST_TOKENS, WRITING_ORDER, Code, SectionText, WrittenClaims
from adapters.drafting.writing import write
from adapters.prompt import Prompt, load_prompt
from metering.errors import MeteringError
from metering.ports import AllowanceSpent, Body, Spending, TaskRequest, Workspace
from metering.types import ModelClass, Task

PACKAGE = "adapters.drafting"
Json = dict[str, Any]
MAX_OPENING = 20_000
"""Characters of the disclosure in the request that is held for before the draft is known."""
_encode = msgspec.json.Encoder().encode


class DraftingAdapter:
    """Implements metering's LLMAdapter."""

    supported_tasks = frozenset({Task.DRAFTING})
    supported_model_classes = frozenset({ModelClass.PRO_M, ModelClass.PRO_L, ModelClass.ADVANCED})

    def opening(self, request: TaskRequest) -> Body:
        """The first section's request, as far as it is known. Raises InvalidRequest."""
        wanted = read_input(request.input)
        draft = begin_draft("", wanted)
        code = next((code for code in WRITING_ORDER if code in draft.wanted), Code.TITLE)
        return _question(code, {"disclosure": draft.disclosure[:MAX_OPENING]})

    async def execute(self, request: TaskRequest, allowance: Spending) -> bytes:
        """The result as JSON."""
        async with aclosing(self._events(request, allowance)) as events:
            async for event in events:
                last = event
        del last["event"], last["progress"]
        return _encode(last)

    async def stream(self, request: TaskRequest, allowance: Spending) -> AsyncGenerator[bytes, None]:
        """`draft_started`, then `section_started`, `delta` and `section_finished` of each section, and the `result`."""
        async with aclosing(self._events(request, allowance)) as events:
            async for event in events:
                yield _encode(event)

    async def _events(self, request: TaskRequest, allowance: Spending) -> AsyncGenerator[Json, None]:
        wanted = read_input(request.input)
        workspace = request.workspace
        draft = await _draft_for(wanted, request, allowance, workspace)
        await save_draft(workspace, draft)
        yield {"event": "draft_started", "draft_id": draft.id}
        missing = [code for code in WRITING_ORDER if code in draft.wanted and not draft.has(code)]
        warnings: list[str] = []
        for place, code in enumerate(missing):
            progress = 100 * place // len(missing)
            yield {"event": "section_started", "code": code.value, "progress": progress}
            try:
                async with aclosing(_write_section(draft, code, allowance, warnings)) as parts:
                    async for text in parts:
                        yield {"event": "delta", "code": code.value, "text": text}
            except AllowanceSpent:
                left = ", ".join(missing[place:])
                warnings.append(f"The step limit was reached; not written: {left}. Go on with the draft_id.")
                break
            except MeteringError as error:
                if place:
                    error.message += f" What is finished is kept: go on with draft_id {draft.id}."
                raise
            await save_draft(workspace, draft)
            yield {"event": "section_finished", "code": code.value, "usage": allowance.usage()}
        result = result_of(draft)
        yield {
            "event": "result",
            "progress": 100,
            "id": allowance.id,
            **result,
            "warnings": warnings,
            "usage": allowance.usage(),
        }


async def _draft_for(
    wanted: DraftInput, request: TaskRequest, allowance: Spending, workspace: Workspace
) -> Draft:
    """Raises NotFound for a draft that is not the caller's."""
    if wanted.draft_id is not None:
        return await resume_draft(workspace, wanted)
    if request.work_id and (begun := await load_draft(workspace, request.work_id)) is not None:
        return begun
    return begin_draft(request.work_id or allowance.id, wanted)


async def _write_section(
    draft: Draft, code: Code, allowance: Spending, warnings: list[str]
) -> AsyncGenerator[str, None]:
    """Parts of the text as they come; the draft has the section at the end."""
    if not allowance.steps_left:
        raise AllowanceSpent("No step is left for another section.")
    prompt = _prompt(code)
    given, cuts = material_for(draft, code, prompt, allowance)
    warnings += cuts
    body = _question(code, given)
    if code is Code.CLAIMS:
        async for told in _write_claims(draft, body, allowance, warnings):
            yield told
        return
    last: list[SectionText] = []

    def check(answer: SectionText) -> str:
        last.append(answer)
        return _text_complaint(draft, code, answer)

    try:
        async with aclosing(write(allowance, body, SectionText, check)) as parts:
            async for part in parts:
                yield part
    except Unusable:
        if not last or not last[-1].text.strip():
            raise
        warnings.append(
            f"The model could not mend the section {code}: {_text_complaint(draft, code, last[-1])}"
        )
    draft.texts[code] = last[-1].text.strip()


async def _write_claims(
    draft: Draft, body: Body, allowance: Spending, warnings: list[str]
) -> AsyncGenerator[str, None]:
    """Claims are told when they are whole. Those that the model cannot mend are kept, and reported."""
    last: list[WrittenClaims] = []

    def check(answer: WrittenClaims) -> str:
        last.append(answer)
        return claims_complaint(answer, draft.jurisdiction)

    try:
        async with aclosing(write(allowance, body, WrittenClaims, check)) as parts:
            async for _ in parts:
                pass
    except Unusable:
        if not last or not last[-1].claims:
            raise
        warnings.append("The model could not mend all faults of its claims; the findings name them.")
    draft.claims = last[-1].claims
    yield claims_text(draft)


def _text_complaint(draft: Draft, code: Code, answer: SectionText) -> str:
    if not answer.text.strip():
        return "The text is empty."
    if code is Code.ABSTRACT:
        errors = [
            finding.message
            for finding in check_abstract(answer.text, draft.jurisdiction)
            if finding.severity == "error"
        ]
        return " ".join(errors)
    return ""


def _prompt(code: Code) -> Prompt:
    return load_prompt(PACKAGE, f"draft_{code}", 1)


def _question(code: Code, given: dict[str, str]) -> Body:
    answer = WrittenClaims if code is Code.CLAIMS else SectionText
    return question(_prompt(code), given, answer, max_tokens=MOST_TOKENS[code])
