"""OpenAI's Responses in the documented shape, whole and as events, for the fake vendor.

Written from the reference of the vendor's API, and not from the gateway's translation of it.
"""

import itertools
import time
from collections.abc import Iterator, Mapping
from hashlib import blake2b
from typing import Any

from tests.vendors.directives import Directives
from tests.vendors.openai_shapes import Choice, choices_for, logprobs_of, usage_for
from tests.vendors.wire_app import Wired

OBFUSCATION = "x" * 7
PATCH = ("*** Begin", " Patch", "\n*** End Patch")
Event = dict[str, Any]


def messages_of(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The request's texts as chat messages, for the directives and for counting."""
    given = body.get("input") or []
    items = [{"role": "user", "content": given}] if isinstance(given, str) else given
    messages = [
        {"role": item.get("role", "tool"), "content": item.get("content") or item.get("output") or ""}
        for item in items
    ]
    system = [{"role": "system", "content": body["instructions"]}] if body.get("instructions") else []
    return system + messages


def wired_response(body: dict[str, Any], asked: Directives) -> Wired:
    """The Response object, and its events."""
    chat = _as_chat(body)
    choice = choices_for(chat, asked)[0]
    usage = _usage(usage_for(chat, asked, (choice,)))
    output = list(_output(body, chat, asked, choice))
    head = _head(body)
    ending = _ending(asked, choice)
    answer = {**head, **ending, "output": output, "usage": usage}
    events = list(_events(body, head, answer, choice))
    for number, event in enumerate(events):
        event["sequence_number"] = number
    return Wired(answer=answer, events=events, usage=usage)


def without_usage(wired: Wired) -> Wired:
    """The same of a server that reports none."""
    answer = {**wired.answer, "usage": None}
    events = [
        {**event, "response": {**event["response"], "usage": None}} if "response" in event else event
        for event in wired.events
    ]
    return Wired(answer=answer, events=events, usage=wired.usage)


def _as_chat(body: dict[str, Any]) -> dict[str, Any]:
    """What the request asks of the model, in the words of chat."""
    tools = [
        {"type": "function", "function": {"name": tool["name"]}}
        for tool in body.get("tools") or ()
        if tool.get("type") in ("function", "custom")
    ]
    included = "message.output_text.logprobs" in (body.get("include") or ())
    return {
        "model": body["model"],
        "messages": messages_of(body),
        "max_tokens": body.get("max_output_tokens"),
        "tools": tools,
        "tool_choice": body.get("tool_choice"),
        "response_format": (body.get("text") or {}).get("format"),
        "logprobs": included,
        "top_logprobs": body.get("top_logprobs"),
    }


def _usage(chat: dict[str, Any]) -> dict[str, Any]:
    return {
        "input_tokens": chat["prompt_tokens"],
        "input_tokens_details": {
            "cached_tokens": chat["prompt_tokens_details"]["cached_tokens"],
            "cache_write_tokens": 0,
        },
        "output_tokens": chat["completion_tokens"],
        "output_tokens_details": {"reasoning_tokens": chat["completion_tokens_details"]["reasoning_tokens"]},
        "total_tokens": chat["total_tokens"],
    }


def _seed(body: Mapping[str, Any]) -> str:
    return blake2b(repr(body.get("input")).encode(), digest_size=24).hexdigest()


def _head(body: Mapping[str, Any]) -> dict[str, Any]:
    """A Response that has begun."""
    text, reasoning = body.get("text") or {}, body.get("reasoning") or {}
    tier = body.get("service_tier")
    return {
        "id": f"resp_{_seed(body)}",
        "object": "response",
        "created_at": int(time.time()),
        "status": "in_progress",
        "background": False,
        "completed_at": None,
        "error": None,
        "incomplete_details": None,
        "instructions": body.get("instructions"),
        "max_output_tokens": body.get("max_output_tokens"),
        "max_tool_calls": body.get("max_tool_calls"),
        "model": f"{body['model']}-2026-01-01",
        "output": [],
        "parallel_tool_calls": body.get("parallel_tool_calls", True),
        "previous_response_id": None,
        "prompt_cache_key": body.get("prompt_cache_key"),
        "prompt_cache_retention": body.get("prompt_cache_retention"),
        "reasoning": {"effort": reasoning.get("effort"), "summary": reasoning.get("summary")},
        "safety_identifier": body.get("safety_identifier"),
        "service_tier": "default" if tier in (None, "auto") else tier,
        "store": body.get("store", True),
        "temperature": body.get("temperature", 1.0),
        "text": {
            "format": text.get("format") or {"type": "text"},
            "verbosity": text.get("verbosity") or "medium",
        },
        "tool_choice": body.get("tool_choice") or "auto",
        "tools": list(map(_shown_tool, body.get("tools") or ())),
        "top_logprobs": body.get("top_logprobs") or 0,
        "top_p": body.get("top_p", 1.0),
        "truncation": body.get("truncation") or "disabled",
        "usage": None,
        "user": body.get("user"),
        "metadata": body.get("metadata") or {},
    }


def _shown_tool(tool: dict[str, Any]) -> dict[str, Any]:
    if tool["type"] != "function":
        return tool
    return {"description": None, "strict": True, "parameters": None, **tool}


def _ending(asked: Directives, choice: Choice) -> dict[str, Any]:
    if asked.finish == "failed":
        return {
            "status": "failed",
            "error": {"code": "server_error", "message": "The model failed to generate a response."},
        }
    if asked.finish == "content_filter" or choice.finish_reason == "length":
        reason = "content_filter" if asked.finish else "max_output_tokens"
        return {"status": "incomplete", "incomplete_details": {"reason": reason}}
    return {"status": "completed", "completed_at": int(time.time())}


def _output(
    body: Mapping[str, Any], chat: Mapping[str, Any], asked: Directives, choice: Choice
) -> Iterator[dict[str, Any]]:
    seed = _seed(body)
    if asked.reasoning:
        wants_summary = (body.get("reasoning") or {}).get("summary")
        summary = [{"type": "summary_text", "text": "**Thinking** about it"}] if wants_summary else []
        item = {"id": f"rs_{seed}", "type": "reasoning", "summary": summary}
        sealed = "reasoning.encrypted_content" in (body.get("include") or ())
        yield {**item, "encrypted_content": f"gAAAA{seed}"} if sealed else item
    kinds = {tool.get("name"): tool["type"] for tool in body.get("tools") or ()}
    status = "incomplete" if choice.finish_reason == "length" else "completed"
    if choice.tool:
        call = {"call_id": f"call_{seed[:24]}", "name": choice.tool, "status": status}
        if kinds[choice.tool] == "custom":
            text = "".join(PATCH)
            yield {"id": f"ctc_{seed}", "type": "custom_tool_call", "input": text, **call}
        else:
            arguments = "".join(choice.arguments)
            yield {"id": f"fc_{seed}", "type": "function_call", "arguments": arguments, **call}
        return
    found = logprobs_of(choice.tokens, chat)
    yield {
        "id": f"msg_{seed}",
        "type": "message",
        "status": status,
        "content": [
            {
                "type": "output_text",
                "annotations": [],
                "logprobs": _with_bytes(found["content"]) if found else [],
                "text": "".join(choice.tokens),
            }
        ],
        "role": "assistant",
    }


def _with_bytes(logprobs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """As in chat, but that the bytes are never null."""
    return [
        {
            **each,
            "bytes": list(each["token"].encode()),
            **({"top_logprobs": _with_bytes(each["top_logprobs"])} if "top_logprobs" in each else {}),
        }
        for each in logprobs
    ]


def _events(
    body: Mapping[str, Any], head: dict[str, Any], answer: dict[str, Any], choice: Choice
) -> Iterator[Event]:
    yield {"type": "response.created", "response": head}
    yield {"type": "response.in_progress", "response": head}
    is_padded = (body.get("stream_options") or {}).get("include_obfuscation", True)
    for place, item in enumerate(answer["output"]):
        for event in _of_item(item, choice):
            padding = {"obfuscation": OBFUSCATION} if is_padded and event["type"].endswith(".delta") else {}
            yield {**event, "output_index": place, **padding}
    yield {"type": f"response.{answer['status']}", "response": answer}


def _of_item(item: dict[str, Any], choice: Choice) -> Iterator[Event]:
    id, kind = item["id"], item["type"]
    begun: dict[str, Any] = {**item, "status": "in_progress"}
    if kind == "reasoning":
        begun = {**item, "summary": []}
        inner = _of_summary(item, id)
    elif kind == "message":
        begun["content"] = []
        inner = _of_text(item, id, choice)
    elif kind == "custom_tool_call":
        begun["input"] = ""
        inner = _of_call(id, "response.custom_tool_call_input", "input", PATCH)
    else:
        begun["arguments"] = ""
        inner = _of_call(id, "response.function_call_arguments", "arguments", choice.arguments)
    yield {"type": "response.output_item.added", "item": begun}
    yield from inner
    yield {"type": "response.output_item.done", "item": item}


def _of_summary(item: dict[str, Any], id: str) -> Iterator[Event]:
    for number, part in enumerate(item["summary"]):
        where = {"item_id": id, "summary_index": number}
        begins = "response.reasoning_summary"
        yield {"type": f"{begins}_part.added", **where, "part": {**part, "text": ""}}
        yield {"type": f"{begins}_text.delta", **where, "delta": part["text"]}
        yield {"type": f"{begins}_text.done", **where, "text": part["text"]}
        yield {"type": f"{begins}_part.done", **where, "part": part}


def _of_text(item: dict[str, Any], id: str, choice: Choice) -> Iterator[Event]:
    part = item["content"][0]
    where = {"item_id": id, "content_index": 0}
    yield {"type": "response.content_part.added", **where, "part": {**part, "text": "", "logprobs": []}}
    for token, logprob in itertools.zip_longest(choice.tokens, part["logprobs"]):
        logprobs = [_bare(logprob)] if logprob else []
        yield {"type": "response.output_text.delta", **where, "delta": token, "logprobs": logprobs}
    logprobs = [_bare(each) for each in part["logprobs"]]
    yield {"type": "response.output_text.done", **where, "text": part["text"], "logprobs": logprobs}
    yield {"type": "response.content_part.done", **where, "part": part}


def _of_call(id: str, begins: str, field: str, pieces: tuple[str, ...]) -> Iterator[Event]:
    for piece in pieces:
        yield {"type": f"{begins}.delta", "item_id": id, "delta": piece}
    yield {"type": f"{begins}.done", "item_id": id, field: "".join(pieces)}


def _bare(logprob: dict[str, Any]) -> dict[str, Any]:
    others = [{"token": each["token"], "logprob": each["logprob"]} for each in logprob["top_logprobs"]]
    return {"token": logprob["token"], "logprob": logprob["logprob"], "top_logprobs": others}
