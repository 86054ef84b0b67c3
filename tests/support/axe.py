"""What axe finds on the page that a browser shows: faults that keep people from using it."""

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from tests.browser import Browser

SCRIPT = Path(__file__).parents[2] / ".venv/node/node_modules/axe-core/axe.min.js"
"""Pinned with the other packages of Node (requirements/node)."""
SERIOUS = ("serious", "critical")
LOOK = """
(async () => {
    if (!window.axe) { (0, eval)(%(script)s); }
    const found = await axe.run(document, %(options)s);
    return JSON.stringify(found.violations.filter(each => %(impacts)s.includes(each.impact)).map(each => ({
        rule: each.id, help: each.help, nodes: each.nodes.slice(0, 4).map(node => node.html.slice(0, 180)),
    })));
})()
"""


def faults(browser: Browser) -> list[str]:
    """Each serious or critical violation as a line: the rule, and where it is broken."""
    options = json.dumps({"resultTypes": ["violations"], "elementRef": False})
    asked = {"script": json.dumps(_script()), "options": options, "impacts": json.dumps(SERIOUS)}
    found: list[dict[str, Any]] = json.loads(browser.run(LOOK % asked))
    return [f"{each['rule']}: {node}" for each in found for node in each["nodes"]]


@lru_cache(maxsize=1)
def _script() -> str:
    return SCRIPT.read_text()
