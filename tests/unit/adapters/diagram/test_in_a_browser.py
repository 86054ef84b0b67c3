"""What is sanitised does nothing in a real browser, where the same pictures do harm as they came."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.diagram.svg.sanitise import sanitise
from tests.browser import Browser, running_browser
from tests.unit.adapters.diagram.hostile import SVGS

DRAWING = "console: Error: <path> attribute d:"
"""What a browser says of a path that is none; it draws nothing then."""
PAGE = '<!doctype html><meta charset="utf-8"><title>page</title><p>words</p>{}'


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pages")
    (folder / "raw.html").write_text(PAGE.format("".join(SVGS.values())))
    (folder / "clean.html").write_text(PAGE.format("".join(map(sanitise, SVGS.values()))))
    return folder


@pytest.fixture(scope="module")
def browser(pages: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with running_browser(pages.as_uri(), tmp_path_factory.mktemp("browser")) as browser:
        yield browser


def test_a_hostile_picture_runs_no_script_and_loads_nothing(browser: Browser) -> None:
    browser.open("/clean.html")
    browser.wait_for("document.querySelectorAll('svg').length > 20")
    browser.run(
        "document.querySelectorAll('svg *').forEach(e => e.dispatchEvent(new MouseEvent('click', {bubbles: true})))"
    )
    browser.run("setTimeout(() => { window.waited = true }, 100)")
    browser.wait_for("window.waited")
    assert browser.run("window.hit ?? 'nothing'") == "nothing"
    assert [trouble for trouble in browser.troubles if not trouble.startswith(DRAWING)] == []
    assert browser.run("getComputedStyle(document.querySelector('p')).display") == "block"
    assert browser.run("document.scripts.length") == 0


def test_the_same_pictures_do_harm_as_they_came(browser: Browser) -> None:
    browser.open("/raw.html")
    browser.wait_for("window.hit")
    assert any("away.invalid" in trouble for trouble in browser.troubles)
    browser.troubles.clear()
