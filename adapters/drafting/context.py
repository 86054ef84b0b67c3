"""What a model is given to write a section from, cut to what it may read.

Where it is too much, the longest of what matters least is shortened first: earlier sections, then prior art, then the
disclosure itself. Claims and the wish are never cut.
"""

from collections.abc import Callable, Mapping

import msgspec

from adapters.drafting.draft import Draft, in_full
from adapters.drafting.sections import TITLES, Code
from metering.ports import Body, Spending

MARKS_TOKENS = 40
"""What the marks around one text cost, about."""
SHARE_OF_LIMIT = 0.95
"""Counting is an estimate."""
CUTS = 3
"""A text is longer as it stands in JSON, between its marks: after a cut the whole request is counted, and cut again."""
LEAST_TOKENS = 50
MARK = " [cut here]"


def material_for(
    draft: Draft, code: Code, request: Callable[[Mapping[str, str]], Body], allowance: Spending
) -> tuple[dict[str, str], list[str]]:
    """The texts by name, and sentences about what was cut. `request` makes the request with some texts, which counts as
    input with its instructions and the shape of the answer.
    """
    allowed = int(allowance.input_limit * SHARE_OF_LIMIT)
    room = allowed - _size(request({}), allowance)
    for _ in range(CUTS):
        given, warnings = _cut(all_material(draft, code), room, code, allowance)
        too_many = _size(request(given), allowance) - allowed
        if too_many <= 0:
            break
        room -= too_many
    return given, warnings


def all_material(draft: Draft, code: Code) -> dict[str, str]:
    """Return the texts of the material by name, whole."""
    wish = f"section: {TITLES[draft.jurisdiction][code]}\njurisdiction: {draft.jurisdiction}"
    given = {"wish": wish, "disclosure": draft.disclosure}
    if draft.claims and code is not Code.CLAIMS:
        given["claims"] = claims_text(draft)
    if draft.drawings:
        given["drawings_list"] = "\n".join(draft.drawings)
    if draft.prior_art:
        given["prior_art"] = "\n\n".join(draft.prior_art)
    for earlier, text in draft.texts.items():
        if earlier is not code:
            given[f"section_{earlier}"] = text
    return given


def claims_text(draft: Draft) -> str:
    """The claims, numbered, a paragraph each."""
    return "\n\n".join(in_full(draft.claims))


def _size(body: Body, allowance: Spending) -> int:
    return allowance.count_tokens(msgspec.json.encode(body).decode())


def _cut(
    given: dict[str, str], room: int, code: Code, allowance: Spending
) -> tuple[dict[str, str], list[str]]:
    counts = {name: allowance.count_tokens(text) + MARKS_TOKENS for name, text in given.items()}
    warnings = []
    for name in _in_order_of_cutting(given):
        too_many = sum(counts.values()) - room
        if too_many <= 0:
            break
        left = max(LEAST_TOKENS, counts[name] - MARKS_TOKENS - too_many)
        before = counts[name] - MARKS_TOKENS
        if left >= before:
            continue
        given[name] = shortened(given[name], left, allowance)
        counts[name] = allowance.count_tokens(given[name]) + MARKS_TOKENS
        what = name.replace("section_", "section ").replace("_", " ")
        warnings.append(
            f"For the section {code} the {what} was cut to {counts[name] - MARKS_TOKENS:,} of {before:,} tokens, "
            f"because an input may have {allowance.input_limit:,}."
        )
    return given, warnings


def _in_order_of_cutting(given: dict[str, str]) -> list[str]:
    sections = sorted(
        (name for name in given if name.startswith("section_")), key=lambda name: -len(given[name])
    )
    return [*sections, *(name for name in ("prior_art", "drawings_list", "disclosure") if name in given)]


def shortened(text: str, tokens: int, allowance: Spending) -> str:
    """The beginning of a text, of so many tokens at most."""
    while (count := allowance.count_tokens(text)) > tokens:
        text = text[: max(1, min(len(text) - len(MARK) - 1, len(text) * tokens // count - len(MARK)))] + MARK
        if len(text) <= len(MARK) + 1:
            break
    return text
