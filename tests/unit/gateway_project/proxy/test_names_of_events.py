"""An event is named by its type, whatever its vendor has written there."""

import pytest

from gateway_project.proxy.framing import named


@pytest.mark.parametrize(
    ("event", "name"),
    [
        (b'{"type": "message_stop"}', b"message_stop"),
        (b'{"type": "a new one", "x": NaN}', b"a new one"),
        (b'{"type": "half", "x": "\\ud83d"}', b"half"),
        (b'{"type": 7}', b"message"),
        (b'{"type": null}', b"message"),
        (b'{"type": ""}', b"message"),
        (b'{"type": "x\\ndata: {}\\n\\n"}', b"message"),
        (b'{"type": "%b"}' % (b"x" * 129), b"message"),
        (b'{"x": "\xff", "type": "late"}', b"late"),
        (b'{"type": "deep", "x": %b}' % (b"[" * 5_000 + b"]" * 5_000), b"message"),
        (b"[]", b"message"),
    ],
)
def test_a_name_is_one_line(event: bytes, name: bytes) -> None:
    assert named(event) == b"event: " + name + b"\ndata: " + event + b"\n\n"
