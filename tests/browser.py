"""A real browser (Chromium, if this machine has one), asked in its own protocol: no driver is needed."""

import asyncio
import base64
import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import aiohttp
import pytest

PATIENCE_S = 60.0
REQUIRED = "REQUIRE_BROWSER"
"""The variable by which .ci/run says that no test may be skipped for want of a browser."""
NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
    "--disable-background-networking", "--window-size=1400,1000", "--remote-debugging-port=0",
)  # fmt: skip


class Browser:
    """One page. `troubles` collects what no page should do: errors, and anything asked of another host."""

    def __init__(self, runner: asyncio.Runner, socket: aiohttp.ClientWebSocketResponse, home: str) -> None:
        self.troubles: list[str] = []
        self._runner, self._socket, self._home = runner, socket, home
        self._last = 0
        for domain in ("Page", "Network", "Runtime", "Log"):
            self._ask(f"{domain}.enable")

    def open(self, path: str) -> None:
        self._ask("Page.navigate", url=f"{self._home}{path}")
        self.wait_for(f"location.href.startsWith({self._home!r})")

    def run(self, script: str) -> Any:
        """What an expression is worth on the page; of a promise, what it becomes."""
        asked = {"expression": script, "returnByValue": True, "awaitPromise": True}
        return self._ask("Runtime.evaluate", **asked)["result"].get("value")

    def resize(self, width: int, height: int = 1000) -> None:
        """As if the window, or the telephone, were so large."""
        self._ask(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )

    def download_into(self, folder: Path) -> None:
        """Keep there what pages offer to take along."""
        self._ask("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(folder))

    def carry_cookie(self, name: str, value: str) -> None:
        """With every request from now on."""
        self._ask("Network.setCookie", name=name, value=value, url=self._home)

    def fill(self, selector: str, value: str) -> None:
        self.run(f"document.querySelector({selector!r}).value = {value!r}")

    def click(self, selector: str) -> None:
        self.run(f"document.querySelector({selector!r}).click()")

    def wait_for(self, condition: str) -> None:
        """Until an expression is true on a page that has loaded."""
        deadline = time.monotonic() + PATIENCE_S
        while not self.run(f"document.readyState == 'complete' && Boolean({condition})"):
            assert time.monotonic() < deadline, f"never true: {condition}\n{self.text[:2000]}"
            time.sleep(0.05)

    @property
    def text(self) -> str:
        """What a person reads."""
        return str(self.run("document.body.innerText"))

    def screenshot(self, path: Path, *, whole: bool = False) -> None:
        """What is in view, or the `whole` page."""
        clip: dict[str, Any] = {}
        if whole:
            size = self._ask("Page.getLayoutMetrics")["cssContentSize"]
            clip = {"clip": {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}}
        shot = self._ask("Page.captureScreenshot", captureBeyondViewport=whole, **clip)
        path.write_bytes(base64.b64decode(shot["data"]))

    def _ask(self, method: str, **params: Any) -> dict[str, Any]:
        return self._runner.run(asyncio.wait_for(self._answer(method, params), PATIENCE_S))

    async def _answer(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        self._last += 1
        await self._socket.send_json({"id": self._last, "method": method, "params": params})
        while True:
            message = await self._socket.receive_json()
            if message.get("id") == self._last:
                assert "error" not in message, message
                answer: dict[str, Any] = message["result"]
                return answer
            self._note(message.get("method", ""), message.get("params", {}))

    def _note(self, event: str, facts: dict[str, Any]) -> None:
        if event == "Runtime.exceptionThrown":
            thrown = facts["exceptionDetails"]
            what = thrown.get("exception", {}).get("description", thrown.get("text"))
            self.troubles.append(f"script at {thrown.get('url')}: {what}")
        elif event == "Log.entryAdded" and facts["entry"]["level"] == "error":
            self.troubles.append(f"console: {facts['entry']['text']} {facts['entry'].get('url', '')}")
        elif event == "Network.requestWillBeSent":
            url = facts["request"]["url"]
            if not url.startswith((self._home, "data:", "blob:")):
                self.troubles.append(f"another host: {url}")
        elif event == "Network.responseReceived" and facts["response"]["status"] >= 400:
            self.troubles.append(f"{facts['response']['status']}: {facts['response']['url']}")


@contextmanager
def running_browser(home: str, folder: Path, *, trusted_key: str = "") -> Iterator[Browser]:
    """Skips the test where there is no browser, unless one is required. `folder` becomes its profile.

    A certificate of `trusted_key` (the hash of a public key) is believed, whoever has signed it.
    """
    program = browser_program()
    log = (folder / "browser.log").open("wb")
    trust = [f"--ignore-certificate-errors-spki-list={trusted_key}"] if trusted_key else []
    process = subprocess.Popen(
        [program, *FLAGS, *trust, f"--user-data-dir={folder / 'profile'}", "about:blank"],
        stdout=log,
        stderr=log,
    )
    try:
        with asyncio.Runner() as runner:
            session, socket = runner.run(_connect(folder / "profile", process))
            try:
                yield Browser(runner, socket, home)
            finally:
                runner.run(session.close())
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(20)
        process.kill()
        process.wait()
        log.close()


def browser_program() -> str:
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if program is None and os.environ.get(REQUIRED):
        pytest.fail(f"this machine has no Chromium, and {REQUIRED} is set")
    return program or pytest.skip("this machine has no Chromium")


async def _connect(
    profile: Path, process: subprocess.Popen[bytes]
) -> tuple[aiohttp.ClientSession, aiohttp.ClientWebSocketResponse]:
    """To the browser's one page, as soon as it says on which port it listens."""
    deadline = time.monotonic() + PATIENCE_S
    file = profile / "DevToolsActivePort"
    while not file.exists() or not file.read_text().strip():
        assert process.poll() is None, "the browser did not start"
        assert time.monotonic() < deadline, "the browser took too long to start"
        await asyncio.sleep(0.05)
    session = aiohttp.ClientSession()
    async with session.get(f"http://127.0.0.1:{file.read_text().split()[0]}/json/list") as answer:
        pages = [page for page in json.loads(await answer.text()) if page["type"] == "page"]
    return session, await session.ws_connect(pages[0]["webSocketDebuggerUrl"], max_msg_size=0)
