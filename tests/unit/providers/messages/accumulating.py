"""Puts events together as the official SDK does."""

from collections.abc import Iterable
from typing import Any

from anthropic.lib.streaming._messages import accumulate_event
from anthropic.types import Message


def accumulated(events: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """The Message that the SDK makes of them; they are in the documented order, one block open at a time."""
    events = list(events)
    check_order(events)
    snapshot, buffers = None, dict[int, bytes]()
    for event in events:
        snapshot = accumulate_event(event=event, current_snapshot=snapshot, json_bufs=buffers)  # type: ignore[arg-type]
    assert snapshot is not None
    return plain(snapshot)


def read(message: dict[str, Any]) -> dict[str, Any]:
    """A whole Message as the SDK's types read it."""
    return plain(Message.model_validate(message))


def plain(message: Any) -> dict[str, Any]:
    found: dict[str, Any] = message.model_dump(mode="json", exclude_none=True, warnings=False)
    return found


def check_order(events: list[dict[str, Any]]) -> None:
    kinds = [event["type"] for event in events if event["type"] != "ping"]
    assert kinds[0] == "message_start"
    assert kinds[-2:] == ["message_delta", "message_stop"]
    open_block, begun = None, 0
    for event in events[1:-2]:
        match event["type"]:
            case "content_block_start":
                assert open_block is None
                assert event["index"] == begun
                open_block, begun = event["index"], begun + 1
            case "content_block_delta":
                assert event["index"] == open_block
            case "content_block_stop":
                assert event["index"] == open_block
                open_block = None
            case kind:
                assert kind in ("ping", "message_delta")
    assert open_block is None
