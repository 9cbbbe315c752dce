"""A made-up company behind the real product, a real Chromium before it; an error in the console fails the test."""

from __future__ import annotations

import fcntl
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.browser.finding import find_browser
from tests.running import free_port

ROOT = Path(__file__).parents[2]
ADMIN = "avery.stone@ridgeline.example.com"
QUIET = ("--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync")  # fmt: skip
expect.set_options(timeout=15_000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/browser/" in item.nodeid:
            item.add_marker(pytest.mark.browser)


@dataclass(frozen=True)
class Company:
    """A running demo: where it is, its key, and the password of all its members."""

    url: str
    key: str
    password: str

    def get(self, path: str, **query: Any) -> Any:
        answer = httpx.get(f"{self.url}{path}", params=query, headers=self._proof(), timeout=30, trust_env=False)
        return answer.raise_for_status().json()

    def post(self, path: str, body: Any = None) -> Any:
        answer = httpx.post(f"{self.url}{path}", json=body, headers=self._proof(), timeout=30, trust_env=False)
        return answer.raise_for_status().json()

    def _proof(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"}


@pytest.fixture(scope="session", autouse=True)
def built_workspace() -> None:
    """The workspace as its sources are now; built by whichever test process comes first."""
    with (Path(tempfile.gettempdir()) / f"forestay-build-{os.geteuid()}.lock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        subprocess.run([sys.executable, "hatch_build.py"], cwd=ROOT, check=True)


@pytest.fixture(scope="session")
def company(built_workspace: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    port, data = free_port(), tmp_path_factory.mktemp("company") / "data"
    command = [sys.executable, "-m", "forestay.app", "demo", "--accounts", "60", "--months", "5", "--no-live",
               "--port", str(port), "--data", str(data)]  # fmt: skip
    environment = {**os.environ, "COLUMNS": "200"}
    demo = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment)
    assert demo.stdout is not None
    said = ""
    for line in demo.stdout:
        said += line
        if "./run status" in line:
            break
    try:
        key, password = re.search(r"ADMIN_KEY=(\S+)", said), re.search(r"password (\S+)", said)
        assert key, said
        assert password, said
        yield Company(f"http://127.0.0.1:{port}", key[1], password[1])
    finally:
        demo.terminate()
        demo.wait(30)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    root = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=[*QUIET, *root])
        yield browser
        browser.close()


@dataclass
class Desk:
    """A browser window of one person. errors: what its console complained of."""

    page: Page
    company: Company
    errors: list[str]

    def sign_in(self, email: str = ADMIN, password: str | None = None) -> None:
        self.page.goto(self.company.url)
        self.page.get_by_label("E-mail").fill(email)
        self.page.get_by_label("Password").fill(password or self.company.password)
        self.page.get_by_role("button", name="Sign in").click()
        if password is None:
            expect(self.page.get_by_role("heading", name="Today")).to_be_visible()

    def open(self, path: str) -> None:
        self.page.goto(self.company.url + path)


@pytest.fixture
def window(chromium: Browser) -> Iterator[BrowserContext]:
    context = chromium.new_context(viewport={"width": 1440, "height": 860}, reduced_motion="reduce", locale="en-GB")
    yield context
    context.close()


@pytest.fixture
def desk(window: BrowserContext, company: Company) -> Iterator[Desk]:
    """Signed out; what the console complains of fails the test unless the test empties `errors`."""
    page, errors = window.new_page(), list[str]()
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda told: errors.append(told.text) if told.type == "error" else None)
    yield Desk(page, company, errors)
    assert not errors


@pytest.fixture
def admin(desk: Desk) -> Desk:
    desk.sign_in()
    expect(desk.page.get_by_role("heading", name="Today")).to_be_visible()
    return desk
