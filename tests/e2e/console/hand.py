"""A person at the console: clicks on what is read, types into what is labelled, and counts the clicks."""

import json
import os
from pathlib import Path
from typing import Any

from tests.browser import Browser

PICTURES = os.environ.get("PICTURES")
"""A folder in which each job leaves the picture that docs/console.md shows."""
MOST_CLICKS = 5
FIND = """
((words, region) => {
    const seen = each => each.offsetParent !== null && !each.closest('[inert]');
    const said = each => {
        if (each.getAttribute('aria-label')) return each.getAttribute('aria-label').trim();
        const copy = each.cloneNode(true);
        copy.querySelectorAll('[aria-hidden], .material-symbols-outlined').forEach(icon => icon.remove());
        return (copy.textContent || each.value || '').replace(/\\s+/g, ' ').trim();
    };
    const main = document.querySelector('#main') || document.body;
    const clickable = 'a[href], button, summary, [role=button], input[type=submit]';
    for (const place of region ? document.querySelectorAll(region) : [main, document.body]) {
        const all = [...place.querySelectorAll(clickable)].filter(seen);
        const found = all.find(each => said(each) === words) || all.find(each => said(each).startsWith(words));
        if (found) return found;
    }
    return null;
})
"""
FIELD = """
(label => {
    const named = [...document.querySelectorAll('label')].filter(each => each.offsetParent !== null)
        .find(each => each.innerText.trim().startsWith(label));
    if (!named) return document.querySelector(`[name="${label}"]`);
    return named.htmlFor ? document.getElementById(named.htmlFor) : named.querySelector('input, select, textarea');
})
"""


class Hand:
    """One person, who begins at the overview."""

    def __init__(self, browser: Browser) -> None:
        self.browser = browser
        self.clicks = 0

    def begin(self) -> None:
        """At the overview, with no click made."""
        self.browser.open("/admin/")
        self._wait()
        self.clicks = 0

    def click(self, words: str, *, within: str = "", stays: bool = False) -> None:
        """On the link or button that says so; waits for the next page, unless it `stays` on this one."""
        found = f"{FIND}({json.dumps(words)}, {json.dumps(within)})"
        self.browser.wait_for(found)
        self.browser.run("window.isOld = true")
        self.browser.run(f"{found}.click()")
        self.clicks += 1
        if not stays:
            self.browser.wait_for("!window.isOld")
            self._wait()

    def unfold(self, title: str, *, within: str) -> None:
        """Click on the title of what is folded; the page stays."""
        heading = f"""[...document.querySelectorAll({json.dumps(f"{within} h2")})]
            .find(each => each.innerText.trim().startsWith({json.dumps(title)}))"""
        self.browser.wait_for(heading)
        self.browser.run(f"({heading}).click()")
        self.clicks += 1

    def fill(self, label: str, value: str) -> None:
        """Type into the field, or choose what the list calls so."""
        field = f"{FIELD}({json.dumps(label)})"
        self.browser.wait_for(field)
        self.browser.run(
            f"""(field => {{
                const value = {json.dumps(value)};
                const is = each => each.text.trim() === value || each.value === value;
                const option = field.options && [...field.options].find(is);
                field.value = option ? option.value : value;
                field.dispatchEvent(new Event('input', {{bubbles: true}}));
                field.dispatchEvent(new Event('change', {{bubbles: true}}));
            }})({field})"""
        )

    def click_radio(self, name: str, value: str) -> None:
        """One choice of several."""
        self.browser.wait_for(f"document.querySelector('[name={name}][value={value}]')")
        self.browser.click(f"[name={name}][value={value}]")
        self.clicks += 1

    def reads(self, *words: str) -> None:
        """Each of these is on the page."""
        for each in words:
            self.browser.wait_for(
                f"document.body.innerText.replace(/\\s+/g, ' ').includes({json.dumps(each)})"
            )

    def run(self, script: str) -> Any:
        return self.browser.run(script)

    def is_done(self, name: str) -> None:
        """The job took few clicks, and left no error. Keeps its picture."""
        assert self.clicks <= MOST_CLICKS, f"{self.clicks} clicks"
        self.keep_picture(name)
        assert self.browser.troubles == []

    def keep_picture(self, name: str) -> None:
        """Of what is in view, where pictures are wanted."""
        if PICTURES:
            self.browser.screenshot(Path(PICTURES) / f"{name}.png")

    def _wait(self) -> None:
        self.browser.wait_for("document.querySelector('#main') && window.Alpine")
