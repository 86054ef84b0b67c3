"""What the checker finds goes back to the model, within the steps; what remains is told."""

import pytest

from adapters.ask import Unusable
from metering.errors import InputTooLarge, VendorError
from metering.ports import Body
from tests.support.spending import Answers, CountingSpending, piece_of
from tests.unit.adapters.drafting.drafting import (
    MACHINE,
    asked_for,
    claims_answer,
    drafted,
    errors,
    events,
    text_answer,
    texts,
    wanted,
)

GOOD = claims_answer("A machine, comprising: a pump.", "The machine of claim 1, wherein the pump is red.")
ONE_ERROR = claims_answer("A machine, comprising: a pump and the valve.")
TWO_ERRORS = claims_answer("A machine, comprising: a pump, the valve and the lever.")


def section_of(body: Body) -> str:
    return str(body["response_format"]["json_schema"]["name"]).removeprefix("draft_")


def for_section(code: str, *answers: str | Exception | list[bytes]) -> Answers:
    """These answers one after the other for a section, the last one again and again; the sandbox's for all else."""
    left = list(answers)

    def answer(body: Body, number: int) -> str | Exception | list[bytes] | None:
        if section_of(body) != code:
            return None
        return left.pop(0) if len(left) > 1 else left[0]

    return answer


class TestClaims:
    async def test_errors_go_back_to_the_model_in_words(self) -> None:
        spending = CountingSpending(answers=for_section("claims", ONE_ERROR, GOOD))
        result = await drafted(wanted(sections=["claims"]), spending)
        assert errors(result) == []
        assert result["warnings"] == []
        assert len(spending.asked) == 2
        repair = spending.asked[1]["messages"]
        assert repair[2]["content"] == ONE_ERROR
        assert "Claim 1: `the valve` " in repair[3]["content"]

    async def test_the_sandboxs_own_mistakes_are_mended(self) -> None:
        spending = CountingSpending()
        result = await drafted(
            wanted(disclosure=f"{MACHINE} sandbox:bad-claims=2", sections=["claims"]), spending
        )
        assert (errors(result), len(spending.asked)) == ([], 3)

    async def test_what_remains_after_two_repairs_is_reported(self) -> None:
        spending = CountingSpending(answers=for_section("claims", ONE_ERROR))
        result = await drafted(wanted(sections=["claims"]), spending)
        assert [finding["text"] for finding in errors(result)] == ["the valve"]
        assert "the valve" in result["warnings"][0]
        assert len(spending.asked) == 3

    async def test_the_answer_with_the_fewest_errors_is_kept(self) -> None:
        spending = CountingSpending(answers=for_section("claims", ONE_ERROR, TWO_ERRORS, "rubbish"))
        result = await drafted(wanted(sections=["claims"]), spending)
        assert len(errors(result)) == 1

    async def test_steps_that_end_within_a_repair_leave_the_claims_that_are_there(self) -> None:
        spending = CountingSpending(steps=2, answers=for_section("claims", TWO_ERRORS, ONE_ERROR))
        result = await drafted(wanted(sections=["claims", "abstract"]), spending)
        assert len(errors(result)) == 1
        assert "abstract" in result["warnings"][-1]
        assert len(spending.asked) == 2

    async def test_a_vendors_failure_in_a_repair_does_not_lose_what_was_paid_for(self) -> None:
        failure = VendorError("It is down.", retryable=True)
        spending = CountingSpending(answers=for_section("claims", ONE_ERROR, failure))
        result = await drafted(wanted(sections=["claims"]), spending)
        assert len(errors(result)) == 1
        assert "It is down." in result["warnings"][0]

    @pytest.mark.parametrize(
        "answer", [claims_answer(), '{"claims": [{"number": -5, "text": "A pump."}]}', "[]"]
    )
    async def test_claims_that_are_none_end_the_work(self, answer: str) -> None:
        with pytest.raises(Unusable):
            await drafted(wanted(), CountingSpending(answers=for_section("claims", answer)))

    async def test_more_claims_than_can_be_checked_are_no_answer(self) -> None:
        many = claims_answer(*["A pump."] * 501)
        with pytest.raises(Unusable, match="500"):
            await drafted(wanted(sections=["claims"]), CountingSpending(answers=for_section("claims", many)))

    async def test_a_number_repeated_in_the_text_is_taken_off(self) -> None:
        spending = CountingSpending(
            answers=for_section("claims", claims_answer(" 1. A machine with a pump. "))
        )
        result = await drafted(wanted(sections=["claims"]), spending)
        assert result["claims"][0]["text"] == "A machine with a pump."


class TestTexts:
    async def test_an_abstract_that_is_too_long_is_shortened_by_the_model(self) -> None:
        answers = for_section("abstract", text_answer("word " * 151), text_answer("A pump."))
        told = await events(wanted(sections=["abstract"]), CountingSpending(answers=answers))
        assert texts(told[-1])["abstract"] == "A pump."
        assert errors(told[-1]) == []

    async def test_a_repaired_section_starts_once_more_and_its_deltas_are_the_text(self) -> None:
        answers = for_section("abstract", text_answer("word " * 151), text_answer("A pump."))
        told = await events(wanted(sections=["abstract"]), CountingSpending(answers=answers))
        names = [event["event"] for event in told]
        assert names.count("section_started") == 2
        last = len(names) - 1 - names[::-1].index("section_started")
        assert [event["text"] for event in told[last:] if event["event"] == "delta"] == ["A pump."]

    async def test_an_abstract_that_stays_too_long_is_an_error_even_without_claims(self) -> None:
        answers = for_section("abstract", text_answer("word " * 151))
        result = await drafted(wanted(sections=["abstract"]), CountingSpending(answers=answers))
        assert [(finding["code"], finding["claim"]) for finding in errors(result)] == [
            ("abstract_length", None)
        ]
        assert "151 words" in result["warnings"][0]

    async def test_a_description_with_another_reference_sign_than_the_claims_goes_back(self) -> None:
        wrong = text_answer("The pump 15 is red.")
        right = text_answer("The pump 14 is red.")
        spending = CountingSpending(answers=for_section("description", wrong, right))
        request = wanted(claims=["A pump (14)."], jurisdiction="EP", sections=["description"])
        result = await drafted(request, spending)
        assert texts(result)["description"] == "The pump 14 is red."
        assert "`14`" in spending.asked[1]["messages"][3]["content"]

    async def test_a_section_without_usable_answer_is_left_out_and_the_rest_is_written(self) -> None:
        result = await drafted(wanted(), CountingSpending(answers=for_section("background", "rubbish")))
        assert set(texts(result)) == {
            "title", "field", "summary", "drawings", "description", "claims", "abstract"
        }  # fmt: skip
        assert "background" in result["warnings"][0]

    async def test_a_model_that_answers_nothing_but_rubbish_is_given_up(self) -> None:
        spending = CountingSpending(answers=lambda body, number: "rubbish")
        with pytest.raises(Unusable):
            await drafted(wanted(), spending)
        assert len(spending.asked) == 6

    async def test_a_second_section_without_usable_answer_ends_the_work(self) -> None:
        def answer(body: Body, number: int) -> str | None:
            return "rubbish" if section_of(body) in ("field", "background") else None

        spending = CountingSpending(answers=answer)
        with pytest.raises(Unusable, match="draft_background") as caught:
            await drafted(wanted(), spending)
        assert f"draft_id {spending.id}" in caught.value.message
        assert asked_for(spending) == ["title", "claims"] + ["field"] * 3 + ["background"] * 3

    async def test_a_single_section_without_usable_answer_is_an_error(self) -> None:
        with pytest.raises(Unusable):
            await drafted(
                wanted(sections=["field"]), CountingSpending(answers=lambda body, number: "rubbish")
            )

    @pytest.mark.parametrize("blank", ["", "   \n "])
    async def test_an_empty_text_is_no_section(self, blank: str) -> None:
        answers = for_section("field", text_answer(blank), text_answer("Pumps."))
        result = await drafted(wanted(sections=["field"]), CountingSpending(answers=answers))
        assert texts(result)["field"] == "Pumps."

    @pytest.mark.parametrize(
        "chunks",
        [
            [b"not json"],
            [b'{"choices": "none"}'],
            [
                piece_of('{"text": "A'),
                b'{"error": {}, "choices": [{"delta": {"content": 7}}]}',
                piece_of('"}'),
            ],
            [],
            [piece_of('{"text": "cut'), piece_of(None, finish_reason="length")],
        ],
    )
    async def test_an_odd_stream_is_asked_for_again(self, chunks: list[bytes]) -> None:
        answers = for_section("field", chunks, text_answer("Pumps."))
        result = await drafted(wanted(sections=["field"]), CountingSpending(answers=answers))
        assert texts(result)["field"] == "Pumps."

    async def test_a_repair_for_which_there_is_no_room_is_a_useless_answer_and_no_refusal(self) -> None:
        answers = for_section("field", "rubbish", InputTooLarge("Too large."))
        result = await drafted(wanted(sections=["title", "field"]), CountingSpending(answers=answers))
        assert set(texts(result)) == {"title"}
        assert "no room to ask again" in result["warnings"][0]

    async def test_white_space_around_a_text_is_neither_told_nor_kept(self) -> None:
        answers = for_section("field", text_answer(" \n Pumps.  and valves \n "))
        told = await events(wanted(sections=["field"]), CountingSpending(answers=answers))
        deltas = [event["text"] for event in told if event["event"] == "delta"]
        assert "".join(deltas) == texts(told[-1])["field"] == "Pumps.  and valves"


async def test_every_mistake_costs_a_step_and_no_more_than_two_repairs() -> None:
    spending = CountingSpending()
    await drafted(wanted(disclosure=f"{MACHINE} sandbox:mistake=2", sections=["title", "claims"]), spending)
    assert asked_for(spending) == ["title"] * 3 + ["claims"] * 3
