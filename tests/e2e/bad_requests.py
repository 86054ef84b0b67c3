"""Bodies and headers that cannot be answered, by what is wrong with them, with the status and code that they get."""

import json
from typing import Any

HELLO: dict[str, Any] = {"model": "small", "messages": [{"role": "user", "content": "hello"}]}
INVALID = (400, "invalid_request")
NO_MODEL = (404, "model_not_found")
NO_TOKEN = (401, "invalid_credential")
HUGE = 10**400
Refusal = tuple[int, str]


def with_fields(**fields: Any) -> bytes:
    return json.dumps(HELLO | fields).encode()


def with_message(**fields: Any) -> bytes:
    return with_fields(messages=[{"role": "user", "content": "hello"} | fields])


def with_raw(field: str, value: str) -> bytes:
    """A value as no JSON library would write it."""
    return with_fields(**{field: "@"}).replace(b'"@"', value.encode())


BODIES: dict[str, tuple[bytes, Refusal]] = {
    "empty": (b"", INVALID),
    "half an object": (b'{"model": "small"', INVALID),
    "two objects": (b"{}{}", INVALID),
    "a trailing comma": (b'{"model": "small",}', INVALID),
    "single quotes": (b"{'model': 'small'}", INVALID),
    "a list": (b"[]", INVALID),
    "text": (b'"hello"', INVALID),
    "null": (b"null", INVALID),
    "a number": (b"7", INVALID),
    "NaN": (with_raw("temperature", "NaN"), INVALID),
    "Infinity": (with_raw("temperature", "-Infinity"), INVALID),
    "a number out of range": (with_raw("temperature", "1e999"), INVALID),
    "a huge integer": (with_raw("max_tokens", str(HUGE)), INVALID),
    "an integer without end": (with_fields().replace(b'"hello"', b"1" * 5_000), INVALID),
    "invalid UTF-8": (b'{"model": "small\xff\xfe"}', INVALID),
    "UTF-16": (json.dumps(HELLO).encode("utf-16"), INVALID),
    "a byte order mark alone": (b"\xef\xbb\xbf", INVALID),
    "two byte order marks": (b"\xef\xbb\xbf" * 2 + with_fields(), INVALID),
    "a lone surrogate": (with_raw("user", '"\\ud800"'), INVALID),
    "NUL bytes": (b"\0" * 100, INVALID),
    "a NUL byte in a text": (with_fields().replace(b"hello", b"hel\0lo"), INVALID),
    "deep lists": (b"[" * 100_000, INVALID),
    "deep lists in a field": (with_raw("stop", "[" * 50_000 + "]" * 50_000), INVALID),
    "deep objects": (with_raw("metadata", '{"a":' * 50_000 + "1" + "}" * 50_000), INVALID),
    "deep content": (with_raw("messages", "[" * 5_000 + "]" * 5_000), INVALID),
    "a field as deep as can just be read": (with_raw("stop", "[" * 960 + "]" * 960), INVALID),
    "50 MB": (b" " * 50_000_000, (413, "body_too_large")),
    "50 MB of prompt": (with_message(content="x" * 50_000_000), (413, "body_too_large")),
    "more than the context": (with_message(content="many words " * 100_000), (413, "input_too_large")),
    "an unknown model": (with_fields(model="gpt-99"), NO_MODEL),
    "a model with a NUL": (with_fields(model="sm\0all"), NO_MODEL),
    "a model with a line end": (with_fields(model="small\r\nx-evil: 1"), NO_MODEL),
    "a very long model": (with_fields(model="m" * 100_000), NO_MODEL),
    "a model that is SQL": (with_fields(model="' OR 1=1 --"), NO_MODEL),
    "model: a number": (with_fields(model=7), INVALID),
    "model: a list": (with_fields(model=["small"]), INVALID),
    "model: null": (with_fields(model=None), INVALID),
    "no messages": (json.dumps({"model": "small"}).encode(), INVALID),
    "messages: empty": (with_fields(messages=[]), INVALID),
    "messages: null": (with_fields(messages=None), INVALID),
    "messages: text": (with_fields(messages="hello"), INVALID),
    "messages: an object": (with_fields(messages={"role": "user"}), INVALID),
    "messages: texts": (with_fields(messages=["hello"]), INVALID),
    "messages: too many": (with_fields(messages=[{"role": "user", "content": ""}] * 10_001), INVALID),
    "a message without a role": (with_fields(messages=[{"content": "hello"}]), INVALID),
    "a role that is a number": (with_message(role=7), INVALID),
    "an empty role": (with_message(role=""), INVALID),
    "content: a number": (with_message(content=7), INVALID),
    "content: an object": (with_message(content={"text": "hello"}), INVALID),
    "content: a part of no type": (with_message(content=[{"type": ["text"], "text": "hello"}]), INVALID),
    "content: texts": (with_message(content=["hello"]), INVALID),
    "max_tokens: zero": (with_fields(max_tokens=0), INVALID),
    "max_tokens: negative": (with_fields(max_tokens=-1), INVALID),
    "max_tokens: absurd": (with_fields(max_tokens=10**15), INVALID),
    "max_tokens: text": (with_fields(max_tokens="50"), INVALID),
    "max_tokens: a fraction": (with_fields(max_tokens=1.5), INVALID),
    "max_tokens: true": (with_fields(max_tokens=True), INVALID),
    "max_tokens: a list": (with_fields(max_tokens=[5]), INVALID),
    "max_completion_tokens: negative": (with_fields(max_completion_tokens=-5), INVALID),
    "n: zero": (with_fields(n=0), INVALID),
    "n: absurd": (with_fields(n=10**6), INVALID),
    "n: text": (with_fields(n="2"), INVALID),
    "stream: text": (with_fields(stream="true"), INVALID),
    "stream: a number": (with_fields(stream=1), INVALID),
    "stream_options: text": (with_fields(stream=True, stream_options="usage"), INVALID),
    "stream_options: a wrong value": (with_fields(stream=True, stream_options={"include_usage": 1}), INVALID),
    "tools: an object": (with_fields(tools={"type": "function"}), INVALID),
    "tools: texts": (with_fields(tools=["weather"]), INVALID),
    "metadata: text": (with_fields(metadata="x"), INVALID),
    "metadata: a line end in a label": (with_fields(metadata={"agent_id": "a\r\nb"}), INVALID),
    "metadata: a NUL in a label": (with_fields(metadata={"trace_id": "a\0b"}), INVALID),
    "metadata: a long label": (with_fields(metadata={"trace_id": "x" * 129}), INVALID),
    "metadata: a number as a label": (with_fields(metadata={"conversation_id": 7}), INVALID),
    "metadata: a number as tags": (with_fields(metadata={"tags": 7}), INVALID),
    "metadata: a tag without a value": (with_fields(metadata={"tags": "project"}), INVALID),
    "metadata: a tag of lists": (with_fields(metadata={"tags": {"project": ["apollo"]}}), INVALID),
    "metadata: a NUL in a tag": (with_fields(metadata={"tags": {"project": "a\0b"}}), INVALID),
    "metadata: a long tag": (with_fields(metadata={"tags": {"project": "x" * 65}}), INVALID),
    "metadata: many tags": (with_fields(metadata={"tags": {f"k{n}": "v" for n in range(11)}}), INVALID),
    "metadata: endless tags": (with_fields(metadata={"tags": "a=b," * 100_000}), INVALID),
}

HEADERS: dict[str, tuple[dict[str, str], Refusal]] = {
    "no credential": ({"authorization": ""}, NO_TOKEN),
    "another scheme": ({"authorization": "Basic YTpi"}, NO_TOKEN),
    "no token": ({"authorization": "Bearer"}, NO_TOKEN),
    "two tokens": ({"authorization": "Bearer a, Bearer b"}, NO_TOKEN),
    "a vendor's key": ({"authorization": "Bearer sk-proj-0123456789abcdef"}, NO_TOKEN),
    "a forged JWT": ({"authorization": "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0."}, NO_TOKEN),
    "a very long token": ({"authorization": "Bearer " + "x" * 8_000}, NO_TOKEN),
    "a token of other bytes": ({"authorization": "Bearer \xff\xfe\xe9"}, NO_TOKEN),
    "a long label": ({"x-agent-id": "x" * 129}, INVALID),
    "a label of control characters": ({"x-trace-id": "a\x85b"}, INVALID),
    "a tag with a large key": ({"x-gateway-tags": "Project=apollo"}, INVALID),
    "a tag of control characters": ({"x-gateway-tags": "project=a\x85b"}, INVALID),
    "one tag twice": ({"x-gateway-tags": "project=a,project=b"}, INVALID),
    "many tags": ({"x-gateway-tags": ",".join(f"k{number}=v" for number in range(11))}, INVALID),
    "a team that is SQL": ({"x-team-id": "' OR 1=1 --"}, (404, "not_found")),
    "a long idempotency key": ({"idempotency-key": "k" * 10_000}, INVALID),
    "too many headers": ({f"x-{number}": "1" for number in range(120)}, INVALID),
    "headers without bound": ({"x-long": "x" * 40_000}, INVALID),
}
