import pytest

from gateway_project.telemetry.finish_reasons import finish_reasons


@pytest.mark.parametrize(
    ("data", "reasons"),
    [
        (b'{"choices": [{"finish_reason": "stop"}, {"finish_reason": "length"}]}', ("stop", "length")),
        (b'{"choices": [{"delta": {"content": "a"}, "finish_reason": null}]}', ()),
        (b'{"type": "message", "stop_reason": "tool_use", "content": []}', ("tool_use",)),
        (b'{"type": "message_delta", "delta": {"stop_reason": "end_turn"}}', ("end_turn",)),
        (b'{"type": "response.output_text.delta", "delta": "text"}', ()),
        (b'{"object": "response", "status": "completed"}', ("completed",)),
        (b'{"choices": "odd"}', ()),
        (b"[DONE]", ()),
        (b"", ()),
    ],
)
def test_a_reason_is_read_in_each_protocol_and_nothing_is_made_up(
    data: bytes, reasons: tuple[str, ...]
) -> None:
    assert finish_reasons(data) == reasons
