"""A fake of the Gemini API: its paths, headers, errors, events and the rules that it refuses by."""

import json
from typing import Any

from aiohttp import web

from tests.vendors.directives import Directives
from tests.vendors.wire_app import MAX_BODY_BYTES, WORDS, FakeWire, Wired, case, json_body, peer_of

API_KEY = "AIzaSyCanary-0123456789abcdefghijklmno"
"""The one key that it accepts."""
STATUSES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    409: "ABORTED",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
WORDS_OF = {
    404: "models/gemini-none is not found for API version v1beta, or is not supported for generateContent.",
    429: "Resource has been exhausted (e.g. check quota).",
}
FIELDS = frozenset(
    {"contents", "systemInstruction", "tools", "toolConfig", "generationConfig", "serviceTier"}
)
CONFIG = frozenset(
    {"maxOutputTokens", "temperature", "topP", "topK", "candidateCount", "stopSequences", "seed"}
    | {"presencePenalty", "frequencyPenalty", "responseMimeType", "responseJsonSchema", "thinkingConfig"}
)
PARTS = {"text", "inlineData", "fileData", "functionCall", "functionResponse"}


class FakeGemini(FakeWire):
    api_key = API_KEY

    def application(self) -> web.Application:
        app = web.Application(client_max_size=MAX_BODY_BYTES)
        app.add_routes(
            [web.post("/v1beta/models/{call}", self._call), web.get("/v1beta/models", self._models)]
        )
        return app

    async def _call(self, request: web.Request) -> web.StreamResponse:
        model, _, method = request.match_info["call"].partition(":")
        if method == "batchEmbedContents":
            return await self._embed(request, model)
        if method not in ("generateContent", "streamGenerateContent"):
            return self.error(404)
        streamed = method == "streamGenerateContent"
        if streamed and request.query.get("alt") != "sse":
            return self.error(400, "The fake streams as server-sent events only.")
        return await self.chat(request, model=model, streamed=streamed)

    async def _embed(self, request: web.Request, model: str) -> web.Response:
        body = await json_body(request) or {}
        call = self.log.begin(request.path, peer_of(request), request.headers, body)
        try:
            asked = body.get("requests")
            if (wrong := self._wrong_key(request)) is not None:
                return wrong
            if not asked or any(each.get("model") != f"models/{model}" for each in asked):
                return self.error(400, "BatchEmbedContentsRequest.requests: a model is not the path's")
            count = sum(len(part["text"].split()) for each in asked for part in each["content"]["parts"])
            call.usage = {"promptTokenCount": count, "totalTokenCount": count}
            vectors = [[0.5] * each.get("outputDimensionality", 2) for each in asked]
            call.whole, call.status = True, 200
            return web.json_response(
                {"embeddings": [{"values": vector} for vector in vectors], "usageMetadata": call.usage}
            )
        finally:
            self.log.end(call)

    async def _models(self, request: web.Request) -> web.Response:
        shown = {"models": [{"name": "models/gemini-2.5-pro", "displayName": "Gemini"}]}
        return self._wrong_key(request) or web.json_response(shown)

    def error(
        self, status: int, message: str | None = None, *, retry_after: int = -1, param: str | None = None
    ) -> web.Response:
        said = message or WORDS_OF.get(status, f"A {status} for the key {self.api_key}.")
        error: dict[str, Any] = {"code": status, "message": said, "status": STATUSES.get(status, "UNKNOWN")}
        if status == 429:
            if retry_after >= 0:  # a rate and a quota that is spent are one word to Google
                error["message"] = (
                    "You exceeded your current quota, please check your plan and billing details."
                )
            failure = {"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": []}
            error["details"] = [failure]
            if retry_after >= 0:
                delay = f"{retry_after}s"
                error["details"].append(
                    {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": delay}
                )
        return web.json_response({"error": error}, status=status)

    def refusal(self, request: web.Request, body: dict[str, Any] | None) -> web.Response | None:
        if wrong := self._wrong_key(request):
            return wrong
        if body is None:
            return self.error(400, "Invalid JSON payload received.")
        problem = problem_of(body)
        return self.error(400, problem) if problem else None

    def _wrong_key(self, request: web.Request) -> web.Response | None:
        if "key" in request.query:
            return self.error(400, "The fake takes no key in a URL, where logs would show it.")
        if request.headers.get("x-goog-api-key") == self.api_key:
            return None
        return self.error(400, "API key not valid. Please pass a valid API key.")

    def wired(self, body: dict[str, Any], model: str, asked: Directives) -> Wired:
        if asked.case:
            found = case("gemini", asked.case)
            usage = found["answer"]["usageMetadata"]
            return Wired(answer=found["answer"], events=found["events"], usage=usage)
        config = body.get("generationConfig", {})
        words = WORDS[: min(asked.words, config.get("maxOutputTokens", 99))]
        text = "".join(words) + "x" * asked.big
        finish = "MAX_TOKENS" if len(words) < asked.words else "STOP"
        given = max(
            sum(len(str(message["content"]).split()) for message in self.messages(body)), 1 + asked.cached
        )
        made = len(words) + asked.more + asked.big // 4
        thoughts = asked.reasoning
        usage = {"promptTokenCount": given, "candidatesTokenCount": made}
        if asked.cached:
            usage["cachedContentTokenCount"] = asked.cached
        if thoughts:
            usage["thoughtsTokenCount"] = thoughts
        usage["totalTokenCount"] = given + made + thoughts
        pieces = [*words, "x" * asked.big] if asked.big else list(words)
        events = [
            _answer(model, piece, {**usage, "candidatesTokenCount": place + 1, "totalTokenCount": 0}, None)
            for place, piece in enumerate(pieces)
        ]
        for event in events:
            figures = event["usageMetadata"]
            figures["totalTokenCount"] = given + figures["candidatesTokenCount"] + thoughts
        events.append(_answer(model, "", usage, finish))
        return Wired(answer=_answer(model, text, usage, finish), events=events, usage=usage)

    def framed(self, event: dict[str, Any]) -> str:
        return f"data: {json.dumps(event, ensure_ascii=False)}"

    def without_usage(self, wired: Wired) -> Wired:
        answer, *events = [
            {name: value for name, value in each.items() if name != "usageMetadata"}
            for each in (wired.answer, *wired.events)
        ]
        return Wired(answer=answer, events=events, usage=wired.usage)

    def error_event(self) -> dict[str, Any]:
        return {"error": {"code": 503, "message": "The model is overloaded.", "status": "UNAVAILABLE"}}

    def messages(self, body: dict[str, Any]) -> list[dict[str, Any]]:
        return [
            {"content": " ".join(str(part.get("text", "")) for part in content["parts"])}
            for content in body.get("contents", [])
        ]


def _answer(model: str, text: str, usage: dict[str, int], finish: str | None) -> dict[str, Any]:
    candidate: dict[str, Any] = {"content": {"parts": [{"text": text}], "role": "model"}}
    if finish:
        candidate["finishReason"] = finish
    return {
        "candidates": [candidate],
        "usageMetadata": dict(usage),
        "modelVersion": model.split()[0],
        "responseId": "resp-fake",
    }


def problem_of(body: dict[str, Any]) -> str | None:
    """What the vendor says of a request that is wrong, in its words."""
    for field in body:
        if field not in FIELDS:
            return f'Invalid JSON payload received. Unknown name "{field}": Cannot find field.'
    for field in body.get("generationConfig", {}):
        if field not in CONFIG:
            return f"Invalid JSON payload received. Unknown name \"{field}\" at 'generation_config'"
    contents = body.get("contents")
    if not contents:
        return "* GenerateContentRequest.contents: contents is not specified"
    if contents[0]["role"] != "user":
        return "Please ensure that the first turn is of the user."
    called: list[dict[str, Any]] = []
    for content in contents:
        if content["role"] not in ("user", "model"):
            return "Please use a valid role: user, model."
        for part in content["parts"]:
            if len(PARTS & part.keys()) != 1:
                return "required oneof field 'data' must have one initialized field"
        results = [part["functionResponse"] for part in content["parts"] if "functionResponse" in part]
        if [each["name"] for each in results] != [each["name"] for each in called]:
            return "Please ensure that function response parts are equal in number to function call parts"
        if [each.get("id") for each in results] != [each.get("id") for each in called]:
            return "The ids of function responses are not those of their calls."
        called = [part["functionCall"] for part in content["parts"] if "functionCall" in part]
    return None


def lacks_signature(body: dict[str, Any]) -> bool:
    """Whether a model from 3 on would refuse it: the first call of each set has to be signed."""
    for content in body["contents"]:
        calls = [part for part in content["parts"] if "functionCall" in part]
        if calls and "thoughtSignature" not in calls[0]:
            return True
    return False
