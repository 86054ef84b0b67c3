"""A model reads the candidates, a few at a time, so that no prompt and no answer is longer than its bound."""

from collections.abc import AsyncGenerator, Mapping, Sequence

from msgspec import Struct

from adapters.ask import Unusable, ask, question
from adapters.prior_art.asked import Asked
from adapters.prior_art.chart import ChartAnswer, Checked, check_chart
from adapters.prior_art.plan import Element
from adapters.prior_art.references import Reference
from adapters.prompt import load_prompt
from metering.errors import InputTooLarge, LimitExceeded, MeteringError, RefusedByVendor, VendorError
from metering.ports import Body, Spending

NO_STEP = "no step was left"
PROMPT_TOKENS = 8_000
"""Of one prompt, at most; less where the allowance's input limit is lower."""
FIXED_TOKENS = 1_800
"""The instructions, the schema, the marks, and what of the caller's text stands in every prompt."""
MARK_TOKENS = 60
"""Around each document."""
ABOUT_CHARACTERS = 1_000
ABSTRACT_CHARACTERS = 3_000
ANSWER_TOKENS = 4_000
TOKENS_PER_ENTRY = 400
MAX_BATCH = 10


class Reading(Struct, frozen=True, kw_only=True):
    """What came of one batch; `checked` is None where no answer was of use, or none came."""

    documents: tuple[Reference, ...]
    checked: Checked | None
    missed: str = ""
    """Why the model did not read it to the end; empty: it did."""


async def read_candidates(
    documents: Sequence[Reference],
    elements: Sequence[Element],
    asked: Asked,
    limits: Mapping[str, int],
    spending: Spending,
) -> AsyncGenerator[Reading, None]:
    """One reading for each batch, in order. What was found is paid for, so it is not lost where a model cannot read it:
    a limit or a vendor that fails ends the reading, and an input that is refused leaves one batch out.

    Raises MeteringUnavailable.
    """
    missed = ""
    for batch in batches(documents, elements, limits, spending):
        if not missed and spending.steps_left < 1:
            missed = NO_STEP
        if missed:
            yield Reading(documents=batch, checked=None, missed=missed)
            continue
        reading, is_over = await _read(batch, elements, asked, limits, spending)
        missed = reading.missed if is_over else ""
        yield reading


def batches(
    documents: Sequence[Reference], elements: Sequence[Element], limits: Mapping[str, int], spending: Spending
) -> list[tuple[Reference, ...]]:
    """The documents in their order, as many together as prompt and answer have room for; one at least."""
    room = min(PROMPT_TOKENS, spending.input_limit) - FIXED_TOKENS
    room -= spending.count_tokens(_element_lines(elements))
    most = max(1, min(MAX_BATCH, _answer_tokens(limits) // TOKENS_PER_ENTRY))
    made: list[list[Reference]] = []
    used = 0
    for document in documents:
        tokens = spending.count_tokens(_shown(document)) + MARK_TOKENS
        if not made or len(made[-1]) >= most or used + tokens > room:
            made.append([])
            used = 0
        made[-1].append(document)
        used += tokens
    return [tuple(batch) for batch in made]


def chart_question(
    batch: Sequence[Reference], elements: Sequence[Element], asked: Asked, limits: Mapping[str, int]
) -> Body:
    """The request to read a batch."""
    return question(
        load_prompt(__package__, "prior_art_chart", 1),
        {
            "elements": _element_lines(elements),
            "about": asked.text[:ABOUT_CHARACTERS],
            **{name: _shown(document) for name, document in _named(batch).items()},
        },
        ChartAnswer,
        max_tokens=_answer_tokens(limits),
    )


async def _read(
    batch: tuple[Reference, ...],
    elements: Sequence[Element],
    asked: Asked,
    limits: Mapping[str, int],
    spending: Spending,
) -> tuple[Reading, bool]:
    """The last answer of the right shape, without what is not true, and whether no other batch can be read."""
    last: list[Checked] = []

    def complaint(answer: ChartAnswer) -> str:
        last.append(check_chart(answer, _named(batch), elements))
        return last[-1].complaint

    problem: MeteringError | None = None
    try:
        await ask(spending, chart_question(batch, elements, asked, limits), ChartAnswer, check=complaint)
    except Unusable:
        pass  # what is true of its last answer counts
    except (LimitExceeded, VendorError, InputTooLarge, RefusedByVendor) as error:
        problem = error
    return (
        Reading(
            documents=batch,
            checked=last[-1] if last else None,
            missed=problem.message if problem is not None else "",
        ),
        isinstance(problem, LimitExceeded | VendorError),
    )


def _named(batch: Sequence[Reference]) -> dict[str, Reference]:
    return {f"R{number}": document for number, document in enumerate(batch, 1)}


def _element_lines(elements: Sequence[Element]) -> str:
    return "\n".join(f"{element.id}: {element.text}" for element in elements)


def _shown(document: Reference) -> str:
    lines = [f"Title: {document.title}"]
    if document.date:
        lines.append(f"Date: {document.date}")
    if document.classes:
        lines.append(f"Classes: {', '.join(document.classes)}")
    lines.append(f"Abstract: {document.abstract[:ABSTRACT_CHARACTERS] or '(none given)'}")
    return "\n".join(lines)


def _answer_tokens(limits: Mapping[str, int]) -> int:
    return min(ANSWER_TOKENS, limits.get("max_tokens_out", ANSWER_TOKENS))
