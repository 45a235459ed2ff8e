"""A real browser at a real desk: Debian's Chromium driven by Playwright.

The desk is `streetlamp run` on the demo's footage. STREETLAMP_BROWSER_DESK=mock takes the
development stand-in (web/dev/mock.py) instead, which needs no model and no footage.
Screenshots are kept in artefacts/ (ignored by git).
"""

from __future__ import annotations

import contextlib
import os
import queue
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, NoReturn

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
SHOTS = ROOT / "artefacts"
MOCK = os.environ.get("STREETLAMP_BROWSER_DESK") == "mock"
STARTS_WITHIN = 120  # seconds
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
NAME, PASSWORD = "Anna", "a lamp at every corner"


def _missing(what: str) -> NoReturn:
    """Skips loudly on a developer's machine; fails where the browser test is what counts."""
    if os.environ.get("CI") == "true":
        pytest.fail(what, pytrace=False)
    pytest.skip(what)


@pytest.fixture(scope="package")
def chromium() -> str:
    """Path of Chromium; Debian's package is installed when we are root and there is none."""
    names = ("chromium", "chromium-browser")
    found = next((path for name in names if (path := shutil.which(name))), None)
    if found is None and os.geteuid() == 0 and shutil.which("apt-get"):
        install = ["apt-get", "install", "-y", "--no-install-recommends", "chromium"]
        for command in (["apt-get", "update"], install):
            subprocess.run(command, check=False, capture_output=True, timeout=280)
        found = shutil.which("chromium")
    if found is None:
        _missing("no Chromium: `apt-get install chromium` (as root) and run the tests again")
    return found


@dataclass
class Desk:
    """A running desk: where it is and how to get in the first time."""

    url: str
    link: str
    process: subprocess.Popen[str]
    lines: list[str] = field(default_factory=list)


def mock(*more: str) -> list[str]:
    """The command of the stand-in."""
    return [sys.executable, str(ROOT / "web/dev/mock.py"), "--port", "0", *more]


def _command(data: Path) -> list[str]:
    if MOCK:
        return mock()
    site = str(ROOT / "demo/site.yaml")
    return [sys.executable, "-m", "streetlamp", "run", site, "--data", str(data), "--port", "0"]


def _pump(stream: IO[str], lines: queue.SimpleQueue[str | None]) -> None:
    for line in stream:
        lines.put(line.rstrip("\n"))
    lines.put(None)


@pytest.fixture(scope="package")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """The desk, started once; stopped with Ctrl-C, which it must survive in good order."""
    data = tmp_path_factory.mktemp("desk")
    with running(_command(data), data, MOCK) as desk:
        yield desk


@contextlib.contextmanager
def running(command: list[str], data: Path, mocked: bool) -> Iterator[Desk]:
    """A desk started with that command; what it logs is kept in `data`."""
    if not (ROOT / "src/streetlamp/desk/page/index.html").is_file():
        _missing("the page is not built: run `make page` (needs Node.js) and the tests again")
    log = (data / "stderr.log").open("w+")
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src"), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
    reader = threading.Thread(target=_pump, args=(process.stdout, lines), daemon=True)
    reader.start()
    seen: list[str] = []
    said: dict[str, str] = {}
    try:
        until = time.monotonic() + STARTS_WITHIN
        while {"Desk", "First login"} - said.keys():
            with contextlib.suppress(queue.Empty):
                line = lines.get(timeout=1)
                if line is None or time.monotonic() > until:
                    log.seek(0)
                    pytest.fail(f"the desk did not start:\n{seen}\n{log.read()[-3000:]}")
                seen.append(line)
                name, colon, value = line.strip().partition(": ")
                if colon and value.strip().startswith("http"):
                    said[name] = value.strip()
        yield Desk(said["Desk"].rstrip("/"), said["First login"], process, seen)
        process.send_signal(signal.SIGINT)
        code = process.wait(timeout=60)
        log.seek(0)
        assert mocked or code == 0, f"Ctrl-C ended the desk with {code}:\n{log.read()[-3000:]}"
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        reader.join(timeout=5)
        process.stdout.close()
        log.close()


@pytest.fixture(scope="package")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield browser
        browser.close()


class Watched:
    """Collects what the browser complains about; any complaint fails the test."""

    def __init__(self) -> None:
        self.complaints: list[str] = []
        self.expected: tuple[str, ...] = ()

    def follow(self, page: Page) -> None:
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.complaints.append(f"uncaught: {error}"))

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            where = message.location.get("url", "")
            self.complaints.append(f"{message.type}: {message.text} ({where})")

    def check(self) -> None:
        left = [line for line in self.complaints if not any(part in line for part in self.expected)]
        assert not left, "the browser complained:\n" + "\n".join(left)


@pytest.fixture
def watched() -> Iterator[Watched]:
    watched = Watched()
    yield watched
    watched.check()


SIZES = {"desktop": (1440, 900), "phone": (390, 844), "narrow": (360, 740)}


def context_of(browser: Browser, size: str, state: str | None) -> BrowserContext:
    width, height = SIZES[size]
    return browser.new_context(
        viewport={"width": width, "height": height},
        storage_state=state,
        has_touch=size != "desktop",
        color_scheme="dark",
    )


@pytest.fixture(scope="package")
def operator(desk: Desk, browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> str:
    return sign_up(desk, browser, tmp_path_factory.mktemp("browser"))


def sign_up(desk: Desk, browser: Browser, folder: Path) -> str:
    """Follows the one-time link, chooses name and password; the logged-in state as a file."""
    context = context_of(browser, "desktop", None)
    page = context.new_page()
    watched = Watched()
    watched.follow(page)
    page.goto(desk.link)
    page.get_by_label("Name").fill(NAME)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password again").fill(PASSWORD)
    assert "token" not in page.url, "the one-time token stays in the address bar"
    SHOTS.mkdir(exist_ok=True)
    page.screenshot(path=SHOTS / "setup-desktop.png")
    page.get_by_role("button", name="Start").click()
    page.get_by_role("navigation", name="Views").wait_for()
    path = folder / "operator.json"
    context.storage_state(path=path)
    context.close()
    watched.check()
    return str(path)


@pytest.fixture
def size() -> str:
    return "desktop"


@pytest.fixture
def page(browser: Browser, operator: str, watched: Watched, size: str) -> Iterator[Page]:
    """A logged-in page of the given size; the browser's complaints fail the test."""
    context = context_of(browser, size, operator)
    page = context.new_page()
    page.set_default_timeout(20_000)
    watched.follow(page)
    yield page
    context.close()


@pytest.fixture
def stranger(browser: Browser, operator: str, watched: Watched) -> Iterator[Page]:
    """A page of somebody who is not logged in (the first login has been chosen already)."""
    context = context_of(browser, "desktop", None)
    page = context.new_page()
    page.set_default_timeout(20_000)
    watched.follow(page)
    yield page
    context.close()
