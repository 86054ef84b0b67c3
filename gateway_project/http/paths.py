"""Tells which paths are Django's, and under which label a path is counted."""

OPERATIONS = frozenset({"/health", "/health/live", "/health/ready", "/metrics"})
"""The paths that operators and their monitoring ask."""
CHAT, MESSAGES, RESPONSES = "/v1/chat/completions", "/v1/messages", "/v1/responses"
EMBEDDINGS, MODELS, LEGACY = "/v1/embeddings", "/v1/models", "/v1/completions"
COUNT_TOKENS = f"{MESSAGES}/count_tokens"
TEAMS, INTERNAL = "/llm/", "/internal/llm/"
TEAMS_CHAT, TEAMS_STREAM, LABELLED_MODELS = f"{TEAMS}chat", f"{TEAMS}stream", f"{TEAMS}models"
TEAMS_BUDGET, TEAMS_USAGE = f"{TEAMS}budget", f"{TEAMS}usage"
INTERNAL_CALL, INTERNAL_MODELS = f"{INTERNAL}proxy", f"{INTERNAL}models"
INTERNAL_USAGE = f"{INTERNAL}usage"
WIRE = (
    *(CHAT, MESSAGES, COUNT_TOKENS, RESPONSES, EMBEDDINGS, MODELS, LEGACY),
    *(TEAMS_CHAT, TEAMS_STREAM, LABELLED_MODELS, TEAMS_BUDGET, TEAMS_USAGE),
    *(INTERNAL_CALL, INTERNAL_MODELS, INTERNAL_USAGE),
)
"""The exact paths of the wire protocols."""
_DJANGOS = ("/admin/", "/api/", "/static/")
_ROUTES = frozenset(WIRE) | OPERATIONS
_ROOTS = frozenset({"v1", "api", "llm", "internal", "admin", "static"})


def is_djangos(path: str) -> bool:
    """Whether Django answers: the API, the console and its files."""
    return path.startswith(_DJANGOS) or path == "/admin"


def route_of(path: str) -> str:
    """The label of a path in metrics. Callers choose paths, so all unknown ones share a label."""
    if path in _ROUTES:
        return path
    if path.startswith("/v1/models/"):
        return "/v1/models/{id}"
    root = path.partition("/")[2].partition("/")[0]
    return f"/{root}/*" if root in _ROOTS else "other"
