from typing import Any

import pytest

from adapters.diagram.request import MAX_COUNT, MAX_TEXT, read_input
from adapters.diagram.types import Kind, Language, Style
from metering.errors import InvalidRequest


def test_what_is_not_said_is_one_mermaid_diagram_of_whatever_kind_suits() -> None:
    wanted = read_input({"description": "A pump."}, {})
    assert (wanted.kind, wanted.language, wanted.count, wanted.style) == (
        None,
        Language.MERMAID,
        1,
        Style.DEFAULT,
    )


def test_everything_can_be_said() -> None:
    body = {
        "claims": ["1. A pump.", "2. The pump."],
        "kind": "state",
        "language": "plantuml",
        "count": 3,
        "style": "patent",
    }
    wanted = read_input(body, {"diagram_files_per_req": 3})
    assert wanted.texts == {"claims": "1. A pump.\n2. The pump."}
    assert (wanted.kind, wanted.language, wanted.count, wanted.style) == (
        Kind.STATE,
        Language.PLANTUML,
        3,
        Style.PATENT,
    )


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"description": None}, "description"),
        ({"description": " \n"}, "description"),
        ({"description": 5}, "description"),
        ({"description": "x" * (MAX_TEXT + 1)}, "description"),
        ({"claims": {"1": "A pump."}}, "claims"),
        ({"claims": [5]}, "claims[0]"),
        ({"kind": "gantt"}, "kind"),
        ({"language": "dot"}, "language"),
        ({"count": 0}, "count"),
        ({"count": -1}, "count"),
        ({"count": 1.5}, "count"),
        ({"count": "2"}, "count"),
        ({"count": True}, "count"),
        ({"count": MAX_COUNT + 1}, "count"),
        ({"style": "sketch"}, "style"),
        ({"theme": "dark"}, "theme"),
    ],
)
def test_a_wrong_field_is_named(fields: dict[str, Any], param: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        read_input({"description": "A pump.", **fields}, {})
    assert caught.value.param == param
    assert param in caught.value.message.lower()


def test_a_count_at_the_limit_passes_and_one_more_names_the_limit() -> None:
    limits = {"diagram_files_per_req": 2}
    assert read_input({"description": "A pump.", "count": 2}, limits).count == 2
    with pytest.raises(InvalidRequest, match=r"diagram_files_per_req allows in one request \(2\)") as caught:
        read_input({"description": "A pump.", "count": 3}, limits)
    assert caught.value.param == "count"


@pytest.mark.parametrize("rule", ["agent_max_steps", "max_steps"])
def test_several_diagrams_are_refused_where_the_steps_are_enough_for_their_plan_alone(rule: str) -> None:
    with pytest.raises(InvalidRequest, match=f"{rule} allows 1") as caught:
        read_input({"description": "A pump.", "count": 2}, {rule: 1})
    assert caught.value.param == "count"
    assert read_input({"description": "A pump.", "count": 2}, {rule: 2}).count == 2
    assert read_input({"description": "A pump."}, {rule: 1}).count == 1


def test_a_choice_that_there_is_not_is_answered_with_those_that_there_are() -> None:
    with pytest.raises(
        InvalidRequest, match="kind: 'gantt' is none of flowchart, sequence, class, state, block"
    ):
        read_input({"description": "A pump.", "kind": "gantt"}, {})
