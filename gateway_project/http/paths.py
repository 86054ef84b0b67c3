"""Tells which paths are Django's, and under which label a path is counted."""

OPERATIONS = frozenset({"/health", "/health/live", "/health/ready", "/metrics"})
"""The paths that operators and their monitoring ask."""
_DJANGOS = ("/admin/", "/api/", "/static/")
_ROUTES = frozenset({"/v1/chat/completions", "/v1/models"}) | OPERATIONS
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
