"""What a model gets to write from, and what is cut of it."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.drafting.context import LEAST_TOKENS, MARK, shortened
from adapters.drafting.sections import Code
from tests.properties import thorough
from tests.support.spending import CountingSpending
from tests.support.workspace import MemoryWorkspace
from tests.unit.adapters.drafting.drafting import ALL, MACHINE, drafted, text_answer, texts, wanted

OTHER = "01890000-0000-7000-8000-000000000002"
LONG = "The pump is red and quiet. " * 400


def user_text(spending: CountingSpending, call: int) -> str:
    text: str = spending.asked[call]["messages"][1]["content"]
    return text


async def test_each_section_gets_what_is_finished_before_it() -> None:
    spending = CountingSpending()
    result = await drafted(wanted(), spending)
    last = user_text(spending, -1)
    for code in ALL[:-1]:
        assert texts(result)[code] in last
        assert "<claims-" in last if code == "claims" else f"<section_{code}-" in last


async def test_what_fits_is_not_cut() -> None:
    assert (await drafted(wanted(), CountingSpending(input_limit=3_000)))["warnings"] == []


def whole_size(spending: CountingSpending) -> list[int]:
    """The tokens of each request as it is sent, the shape of its answer included."""
    return [spending.count_tokens(msgspec.json.encode(body).decode()) for body in spending.asked]


class TestTooMuch:
    async def test_earlier_sections_are_cut_to_the_limit_by_tokens_and_it_is_said(self) -> None:
        def answer(body: object, number: int) -> str | None:
            return text_answer(LONG) if number in (3, 4) else None

        spending = CountingSpending(input_limit=2_000, answers=answer)
        result = await drafted(wanted(), spending)
        assert max(whole_size(spending)) <= 2_000
        assert any("section summary the section background was cut to" in said for said in result["warnings"])
        assert MARK in user_text(spending, -1)
        assert MACHINE in user_text(spending, -1)

    async def test_the_disclosure_is_cut_last_and_the_claims_never(self) -> None:
        workspace = MemoryWorkspace()
        first = await drafted(wanted(workspace, prior_art=[LONG]), CountingSpending(input_limit=9_000))
        request = wanted(workspace, draft_id=first["draft_id"], sections=["abstract"])
        spending = CountingSpending(id=OTHER, input_limit=1_000)
        result = await drafted(request, spending)
        assert texts(result)["claims"] in user_text(spending, 0)
        cut = [said.split(" the ", 2)[2].partition(" was cut")[0] for said in result["warnings"]]
        assert cut[-2:] == ["prior art", "disclosure"] or cut[-1:] == ["prior art"]
        assert all(name.startswith("section ") for name in cut[:-2])

    @pytest.mark.parametrize("disclosure", [MACHINE, MACHINE + '\n- a\t"b"\n' * 100], ids=["plain", "lines"])
    @pytest.mark.parametrize("limit", [850, 1_000, 2_000])
    async def test_every_request_keeps_the_limit_as_it_is_sent(self, limit: int, disclosure: str) -> None:
        spending = CountingSpending(input_limit=limit)
        assert list(texts(await drafted(wanted(disclosure=disclosure), spending))) == ALL
        assert max(whole_size(spending)) <= limit


@thorough(200)
@given(text=st.text(max_size=3_000), tokens=st.integers(LEAST_TOKENS, 500))
def test_a_shortened_text_is_the_beginning_of_the_text_and_short_enough(text: str, tokens: int) -> None:
    allowance = CountingSpending()
    short = shortened(text, tokens, allowance)
    assert allowance.count_tokens(short) <= tokens
    if short != text:
        assert allowance.count_tokens(text) > tokens
        assert short.endswith(MARK)
        assert text.startswith(short.removesuffix(MARK))
    else:
        assert MARK not in short or MARK in text


class Letters(CountingSpending):
    """Counts each letter but counts blanks as nothing."""

    def count_tokens(self, text: str) -> int:
        return sum(not sign.isspace() for sign in text)


@pytest.mark.parametrize(
    "text", ["x" * 5_000, " " * 4_000 + "x" * 1_000, ("x" + " " * 50) * 200, "\u00e9" * 1_000]
)
def test_it_is_short_enough_however_uneven_the_tokens_are(text: str) -> None:
    assert Letters().count_tokens(shortened(text, LEAST_TOKENS, Letters())) <= LEAST_TOKENS


def test_every_section_has_a_prompt() -> None:
    assert {code.value for code in Code} == set(ALL)
