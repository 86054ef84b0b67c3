"""Answers paths that lead nowhere with 404 in the one shape, and names the path that was meant where it can be told."""

import re

from starlette.requests import Request
from starlette.responses import Response

from gateway_project.http.paths import CHAT, COUNT_TOKENS, EMBEDDINGS, MESSAGES, MODELS, RESPONSES
from metering.errors import NotFound

MEANT = {
    "/chat/completions": CHAT,
    "/completions": CHAT,
    "/responses": RESPONSES,
    "/messages": MESSAGES,
    "/messages/count_tokens": COUNT_TOKENS,
    "/embeddings": EMBEDDINGS,
    "/models": MODELS,
}
"""How the paths of vendors' protocols end, whatever base URL a client has, and which of ours does the same."""
NOT_HERE = {
    f"{RESPONSES}/input_tokens": f"Tokens are counted at {COUNT_TOKENS}, of a request as Anthropic has it.",
    f"{RESPONSES}/compact": "Conversations are not made shorter here.",
    f"{RESPONSES}/": "Answers are not stored here, so there is none to fetch, go on with or cancel.",
    f"{MESSAGES}/batches": "There are no batches here.",
}
"""How paths begin of what a protocol has beside its calls, and what to say of it."""
SHOWN = 200
_SLASHES = re.compile("/{2,}")


async def nothing_here(request: Request) -> Response:
    """Raises NotFound, always."""
    raise NotFound(about(request.scope["path"]))


def about(path: str) -> str:
    """What to say of a path that leads nowhere."""
    sentence = f"There is nothing at {path[:SHOWN]}."
    plain = _SLASHES.sub("/", path).rstrip("/").lower()
    for start, why in NOT_HERE.items():
        if plain.startswith(start):
            return f"{sentence} {why}"
    if not plain.startswith("/api/"):
        for end, ours in MEANT.items():
            if plain.endswith(end):
                return f"{sentence} Ask for {ours}; a client's base URL here ends in /v1."
    return f"{sentence} No path here ends in a slash." if len(path) > 1 and path.endswith("/") else sentence
