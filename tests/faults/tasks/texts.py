"""What the tasks' tests ask for, and one small request of each task."""

from typing import Any

DISCLOSURE = (
    "A battery pack (10) comprises a cell (12), a heat pipe (14) and a controller (16). The heat pipe (14) is coupled "
    "to the cell (12). The controller (16) measures the temperature of the cell (12) and opens a valve (18) when the "
    "temperature exceeds a threshold. The valve (18) lets a coolant flow through the heat pipe (14)."
)
Json = dict[str, Any]


def prior_art(text: str = DISCLOSURE, **more: Any) -> Json:
    return {"disclosure": text, "top_k": 3, **more}


def drafting(text: str = DISCLOSURE, **more: Any) -> Json:
    return {"disclosure": text, "sections": ["title", "abstract"], **more}


def diagrams(text: str = DISCLOSURE, **more: Any) -> Json:
    return {"description": text, "kind": "block", **more}


ASKED = {"prior-art": prior_art, "drafting": drafting, "diagrams": diagrams}
