"""Pictures of pages by headless Chromium, over its DevTools protocol: nothing but a WebSocket is needed.

    screenshot(url, path, cookies={"_token": token}, dark=True, wait_for="Who agreed to what")
    ground, cut = on_paper(url)
    seen = drawn(url, dark=True)
"""

from __future__ import annotations

import base64
import itertools
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

PROGRAM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
_FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-dev-shm-usage",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars",
    "--disable-extensions", "--no-proxy-server", "--remote-debugging-port=0",
)
_WITHIN = 60.0  # seconds for whatever is waited for
_A4 = 718  # CSS pixels between Chromium's usual margins
_CUT = """
[...document.querySelectorAll("body *")]
  .filter((each) => each.getBoundingClientRect().right > innerWidth + 1
    || (each.clientWidth && each.scrollWidth > each.clientWidth + 1))
  .map((each) => `${each.tagName} ${each.textContent.trim().slice(0, 60)}`)
"""
_DRAWN = {
    "bars": "document.querySelectorAll('.picture .bartext').length",
    "loaded": "performance.getEntriesByType('resource').map((each) => each.name)",
    "ink": "getComputedStyle(document.querySelector('.picture .xtick text')).fill",
    "cut": "document.documentElement.scrollWidth > innerWidth + 1 ? [document.documentElement.scrollWidth] : []",
}

# In the page and in its frames: a CSS selector that matches, or a text that can be read.
_SEEN = """
(function seen(page, what) {
  if (!page || !page.body || page.readyState !== "complete") return false;
  try { if (page.querySelector(what)) return true; } catch { /* it is a text */ }
  if (page.body.innerText.includes(what)) return true;
  return [...page.querySelectorAll("iframe")].some((frame) => seen(frame.contentDocument, what));
})(document, %s)
"""


def screenshot(
    url: str, path: Path, *, cookies: dict[str, str] | None = None, width: int = 1280, height: int = 900,
    dark: bool = False, wait_for: str | None = None, full: bool = False,
) -> None:
    """Write a PNG of what a person sees at this URL, in a browser without a past.

    ``wait_for`` is a CSS selector or a text, in the page or in a frame of its own server; without it
    the picture is taken when the page has loaded. ``dark`` is the wish of a reader's system, and of a
    reader of Airflow. ``full`` takes the whole page, not only the window. Raises TimeoutError, with
    what the page says, when it does not come.
    """
    with _page(width, height) as page:
        page.call("Network.enable")
        for name, value in (cookies or {}).items():
            page.call("Network.setCookie", name=name, value=value, url=url)
        scheme = "dark" if dark else "light"
        page.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        page.call(
            "Page.addScriptToEvaluateOnNewDocument", source=f"try {{ localStorage.theme = {scheme!r} }} catch {{}}"
        )
        page.call("Page.navigate", url=url)
        page.wait_until(_SEEN % json.dumps(wait_for or "body"), wait_for or url)
        # Two frames after the last change, so that what was found is painted too.
        page.value("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))")
        more: dict[str, Any] = {}
        if full:
            size = page.call("Page.getLayoutMetrics")["cssContentSize"]
            more = {"captureBeyondViewport": True, "clip": {**size, "x": 0, "y": 0, "scale": 1}}
        picture = page.call("Page.captureScreenshot", format="png", **more)["data"]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(base64.b64decode(picture))


def on_paper(url: str) -> tuple[str, list[str]]:
    """The page's ground as it is printed on A4 for a reader who likes it dark, and what the sheet's edge would cut."""
    with _page(_A4, 1000) as page:
        dark = {"name": "prefers-color-scheme", "value": "dark"}
        page.call("Emulation.setEmulatedMedia", media="print", features=[dark])
        page.call("Page.navigate", url=url)
        page.wait_until(f"location.href === {json.dumps(url)} && document.readyState === 'complete'", url)
        return page.value("getComputedStyle(document.body).backgroundColor"), page.value(_CUT)


def drawn(url: str, *, width: int = 1280, dark: bool = False) -> dict[str, Any]:
    """What became of a page's pictures: how many ``bars`` have a number, and the ``ink`` of their letters.

    ``loaded`` are the addresses that the page took something from, ``cut`` what its window's edge would cut.
    """
    with _page(width, 1000) as page:
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        page.call("Emulation.setEmulatedMedia", features=[scheme])
        page.call("Page.navigate", url=url)
        page.wait_until(f"location.href === {json.dumps(url)} && document.readyState === 'complete'", url)
        every = "[...document.querySelectorAll('.picture')].every((each) => each.querySelector('.bartext'))"
        page.wait_until(every, url)
        return {name: page.value(expression) for name, expression in _DRAWN.items()}


class _Page:
    """One tab, spoken to call by call."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)
        self._session: str | None = None

    def attach(self) -> None:
        """Make a tab, and speak to it from now on."""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.call("Page.enable")

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        number = next(self._numbers)
        message: dict[str, Any] = {"id": number, "method": method, "params": params}
        self._socket.send(json.dumps(message | ({"sessionId": self._session} if self._session else {})))
        while True:
            answer = json.loads(self._socket.recv(timeout=_WITHIN))
            if answer.get("id") == number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']['message']}")
                result: dict[str, Any] = answer["result"]
                return result

    def value(self, expression: str) -> Any:
        """What an expression gives in the page; a promise is waited for."""
        answer = self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        return answer["result"].get("value")

    def wait_until(self, expression: str, what: str) -> None:
        end = time.monotonic() + _WITHIN
        while not self.value(expression):
            if time.monotonic() > end:
                said = self.value("document.body ? document.body.innerText.slice(0, 1000) : ''")
                raise TimeoutError(f"{what!r} did not appear within {_WITHIN:.0f} s; the page says: {said}")
            time.sleep(0.1)


@contextmanager
def _page(width: int, height: int) -> Iterator[_Page]:
    """A browser with a profile of its own, which goes with it."""
    if PROGRAM is None:
        raise FileNotFoundError("no Chromium on the PATH")
    profile = Path(tempfile.mkdtemp(prefix="golive-chromium-"))
    browser = subprocess.Popen(
        [PROGRAM, *_FLAGS, f"--user-data-dir={profile}", f"--window-size={width},{height}", "about:blank"],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )
    try:
        with connect(_address(browser, profile), max_size=None, proxy=None) as socket:
            page = _Page(socket)
            page.attach()
            page.call(
                "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False
            )
            yield page
    finally:
        os.killpg(browser.pid, signal.SIGKILL)
        browser.wait()
        end = time.monotonic() + _WITHIN
        while profile.exists() and time.monotonic() < end:  # its other processes may still be writing there
            shutil.rmtree(profile, ignore_errors=True)


def _address(browser: subprocess.Popen[bytes], profile: Path) -> str:
    """Where the browser listens: it writes its port and path into its profile."""
    file = profile / "DevToolsActivePort"
    end = time.monotonic() + _WITHIN
    while time.monotonic() < end:
        if browser.poll() is not None:
            raise RuntimeError(f"Chromium ended with exit code {browser.returncode} before it could be used")
        if file.exists() and len(lines := file.read_text().splitlines()) == 2:
            return f"ws://127.0.0.1:{lines[0]}{lines[1]}"
        time.sleep(0.05)
    raise TimeoutError(f"Chromium did not listen within {_WITHIN:.0f} s")
