"""One section: asked for, checked, mended, and put into the draft."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from functools import partial
from typing import Any

from adapters.ask import Unusable, question
from adapters.drafting.citations import invented_citations
from adapters.drafting.context import claims_text, material_for
from adapters.drafting.draft import Draft
from adapters.drafting.findings import MAX_TOLD, errors_in, in_words
from adapters.drafting.sections import MOST_TOKENS, Code, SectionText, WrittenClaims
from adapters.drafting.writing import write
from adapters.prompt import Prompt, load_prompt
from metering.errors import InvalidRequest, MeteringError
from metering.ports import AllowanceSpent, Body, Spending

PACKAGE = "adapters.drafting"
Json = dict[str, Any]


async def write_section(
    draft: Draft, code: Code, allowance: Spending, warnings: list[str]
) -> AsyncGenerator[Json, None]:
    """The events `section_started` and `delta`; the draft has the section at the end.

    The deltas since the last `section_started` are together the section's text. Where a repair changed what was told,
    the section starts once more. An answer that has faults is kept if the model cannot mend it, and `warnings` say so.

    Raises AllowanceSpent where no step is left, Unusable where no answer could be read, and what `Spending.stream`
    raises.
    """
    yield {"event": "section_started", "code": code.value}
    if not allowance.steps_left:
        raise AllowanceSpent("No step is left for another section.")
    given, cuts = material_for(draft, code, partial(question_of, code), allowance)
    warnings += cuts
    answers, told = Answers(draft, code), ""
    try:
        async with aclosing(
            write(allowance, question_of(code, given), answers.shape, answers.check)
        ) as parts:
            async for part in parts:
                told += part
                yield _delta(code, part)
    except (MeteringError, AllowanceSpent) as problem:
        if not answers.seen:
            raise
        warnings.append(f"The section {code} was kept although not all could be mended: {_why(problem)}")
    draft.take(answers.best())
    text = section_text(draft, code)
    if told != text:
        if told:
            yield {"event": "section_started", "code": code.value}
        yield _delta(code, text)


class Answers:
    """The answers that a model gave for a section, with what is wrong with each."""

    def __init__(self, draft: Draft, code: Code) -> None:
        self._draft = draft
        self._code = code
        self.seen: list[tuple[int, Draft]] = []
        self.shape: type[Any] = WrittenClaims if code is Code.CLAIMS else SectionText

    def check(self, answer: SectionText | WrittenClaims) -> str:
        """What is wrong with one, or ""."""
        draft = self._draft.with_answer(self._code, answer)
        if not draft.has(self._code) or not section_text(draft, self._code):
            return "The text is empty." if isinstance(answer, SectionText) else "There is no claim."
        try:
            errors = errors_in(draft, self._code)
        except InvalidRequest as problem:
            return problem.message
        invented = invented_citations(draft, self._code)
        self.seen.append((len(errors) + len(invented), draft))
        return " ".join(filter(None, [in_words(errors), _about_invented(invented)]))

    def best(self) -> Draft:
        """The draft with the answer that has the fewest faults, and of equal ones the last."""
        return min(reversed(self.seen), key=lambda seen: seen[0])[1]


def prompt_of(code: Code) -> Prompt:
    """The instructions for a section."""
    return load_prompt(PACKAGE, f"draft_{code}", 1)


def question_of(code: Code, given: Mapping[str, str]) -> Body:
    """The request for a section's text."""
    answer = WrittenClaims if code is Code.CLAIMS else SectionText
    return question(prompt_of(code), given, answer, max_tokens=MOST_TOKENS[code])


def section_text(draft: Draft, code: Code) -> str:
    """A finished section's text."""
    return claims_text(draft) if code is Code.CLAIMS else draft.texts[code]


def _about_invented(citations: list[str]) -> str:
    if not citations:
        return ""
    named = ", ".join(f"`{citation}`" for citation in citations[:MAX_TOLD])
    return f"No text that was given names {named}: cite nothing else than what is given."


def _delta(code: Code, text: str) -> Json:
    return {"event": "delta", "code": code.value, "text": text}


def _why(problem: MeteringError | AllowanceSpent) -> str:
    if isinstance(problem, Unusable):
        return problem.complaint
    return problem.message if isinstance(problem, MeteringError) else "The step limit was reached."
