"""A new installation, from the printed link to the first score."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest
from playwright.sync_api import Browser, expect

from tests.running import free_port


@dataclass(frozen=True)
class Fresh:
    """An empty installation: where it is, and the link that it printed."""

    url: str
    link: str


@pytest.fixture(scope="module")
def fresh(built_workspace: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fresh]:
    port, data = free_port(), tmp_path_factory.mktemp("fresh") / "data"
    command = [sys.executable, "-m", "forestay.app", "up", "--port", str(port), "--data", str(data), "--no-browser"]
    up = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env={**os.environ})
    assert up.stdout is not None
    said = ""
    for line in up.stdout:
        said += line
        if "first set-up" in line:
            break
    try:
        link = re.search(r"http\S+#link=\S+", said)
        assert link, said
        yield Fresh(f"http://127.0.0.1:{port}", link[0])
    finally:
        up.send_signal(signal.SIGTERM)
        up.wait(60)


def test_from_the_printed_link_to_the_first_score(fresh: Fresh, chromium: Browser) -> None:
    context = chromium.new_context(viewport={"width": 1440, "height": 860}, reduced_motion="reduce", locale="en-GB")
    page, errors = context.new_page(), list[str]()
    page.on("console", lambda told: errors.append(told.text) if told.type == "error" else None)
    page.goto(f"{fresh.url}/accounts")
    expect(page.get_by_label("Admin key")).to_be_visible()  # a stranger gets no further
    page.goto("about:blank")
    page.goto(fresh.link)
    page.get_by_label("Your name").fill("Ana Brandt")
    assert "#" not in page.url
    page.get_by_label("Your company").fill("Larch Analytics")
    page.get_by_label("E-mail").fill("ana@larch.example.com")
    page.get_by_label("Password").fill("a long enough password")
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_text("Waiting for the first data")).to_be_visible()
    page.get_by_role("link", name="Inbox").click()  # it can be left…
    page.get_by_role("link", name="Go on with it").click()  # …and resumed
    page.get_by_role("button", name="Make a write key").click()
    secret = page.get_by_role("status").locator("code").inner_text()
    expect(page.get_by_role("region", name="curl")).to_contain_text(secret)
    group = {"type": "group", "userId": "u-1", "groupId": "harbour", "traits": {"name": "Harbour Freight", "seats": 4}}
    calls = [group, *({"type": "track", "userId": "u-1", "event": "Report Exported"} for _ in range(30))]
    sent = httpx.post(f"{fresh.url}/v1/batch", json={"batch": calls}, auth=(secret, ""), timeout=30, trust_env=False)
    assert sent.status_code == 200
    expect(page.get_by_text("The first scores are there")).to_be_visible(timeout=60_000)
    expect(page.get_by_role("link", name="Harbour Freight")).to_be_visible()
    page.get_by_role("link", name="Go to Today").click()
    expect(page.get_by_role("heading", name="Today")).to_be_visible()
    expect(page.get_by_text("Set-up is not finished")).to_have_count(0)
    context.close()
    assert [text for text in errors if "401" not in text] == []
