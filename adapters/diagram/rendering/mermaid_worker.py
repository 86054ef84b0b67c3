"""Draws Mermaid, a line of JSON in and a line of JSON out. Executed by its path, imports nothing of the project.

In: {"source", "patent"}. Out: {"svg"} or {"error", "line"}. The first line out is {"ready": true}.
"""

import json
import re
import sys
from hashlib import blake2b
from typing import Any

import merman

FONTS = "Arial, Helvetica, Liberation Sans, DejaVu Sans Condensed, sans-serif"
"""Fonts of about the widths that the labels are measured by."""
BLACK_ON_WHITE = {
    "primaryColor": "#ffffff",
    "secondaryColor": "#ffffff",
    "tertiaryColor": "#ffffff",
    "primaryTextColor": "#000000",
    "primaryBorderColor": "#000000",
    "secondaryBorderColor": "#000000",
    "tertiaryBorderColor": "#000000",
    "lineColor": "#000000",
    "noteBkgColor": "#ffffff",
    "noteTextColor": "#000000",
    "noteBorderColor": "#000000",
}
LOOKS: dict[bool, dict[str, Any]] = {
    False: {"theme": "default"},
    True: {"theme": "base", "themeVariables": BLACK_ON_WHITE},
}
MAX_ERROR = 500
TOO_LARGE = "resource limit"
"""How merman's refusal of a diagram begins that it would take too long to lay out."""
_LINE = re.compile(r"\bline (\d+)")


def main() -> None:
    engines = {patent: engine(look) for patent, look in LOOKS.items()}
    for patent in engines:
        draw(engines, {"source": "flowchart TD\nA --> B", "patent": patent})
    say({"ready": True})
    for line in sys.stdin.buffer:
        say(draw(engines, json.loads(line)))


def engine(look: dict[str, Any]) -> merman.MermanEngine:
    options = {
        "resources": {"profile": "interactive"},
        "site_config": look | {"look": "classic", "fontFamily": FONTS},
    }
    return merman.MermanEngine(options_json=json.dumps(options), services=None)


def draw(engines: dict[bool, merman.MermanEngine], wanted: dict[str, Any]) -> dict[str, Any]:
    source = wanted["source"]
    # The name is part of every rule of the picture's style sheet, so that two pictures on a page do not mix.
    name = f"diagram-{blake2b(source.encode(), digest_size=6).hexdigest()}"
    options = json.dumps({"svg": {"diagram_id": name}})
    try:
        return {"svg": engines[wanted["patent"]].render_svg(source, options)}
    except merman.MermanError as error:
        message = str(getattr(error, "message", error))[:MAX_ERROR]
        if message.startswith(TOO_LARGE):
            message = f"The diagram is too large: draw fewer parts and lines ({message})."
        line = _LINE.search(message)
        return {"error": message, "line": int(line[1]) if line else None}


def say(answer: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
