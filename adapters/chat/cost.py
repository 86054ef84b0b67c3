"""What a call costs, said in the usage of its stream: the headers are gone by then."""

import msgspec

_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode


def with_cost(event: bytes, cost_usd: object) -> bytes:
    """The event with `cost_usd` in its usage, wherever its protocol has that; as it came where it has none."""
    try:
        read = _decode(event)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return event
    if not isinstance(read, dict):
        return event
    response = read.get("response")
    usage = response.get("usage") if isinstance(response, dict) else read.get("usage")
    if not isinstance(usage, dict):
        return event
    usage["cost_usd"] = cost_usd
    return _encode(read)
