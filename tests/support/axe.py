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
    const light = axe._audit.rules.filter(each => each.impact && !%(impacts)s.includes(each.impact));
    const found = await axe.run(document, {
        resultTypes: ["violations"], elementRef: false, preload: false,
        rules: Object.fromEntries(light.map(each => [each.id, {enabled: false}])),
    });
    return JSON.stringify(found.violations.filter(each => %(impacts)s.includes(each.impact)).map(each => ({
        rule: each.id, help: each.help, nodes: each.nodes.slice(0, 4).map(node => node.html.slice(0, 180)),
    })));
})()
"""
"""Rules whose violations are never serious are not asked, nor are style sheets read again for a rule that is not."""


def faults(browser: Browser) -> list[str]:
    """Each serious or critical violation as a line: the rule, and where it is broken."""
    if not browser.run("Boolean(window.axe)"):
        browser.run(f"(0, eval)({json.dumps(_script())}), true")
    found: list[dict[str, Any]] = json.loads(browser.run(LOOK % {"impacts": json.dumps(SERIOUS)}))
    return [f"{each['rule']}: {node}" for each in found for node in each["nodes"]]


@lru_cache(maxsize=1)
def _script() -> str:
    return SCRIPT.read_text()
