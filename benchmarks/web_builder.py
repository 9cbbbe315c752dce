"""How long the builder takes to answer with a journey of 200 steps: the longest event of each kind of interaction.

Run   : python -m benchmarks.web_builder http://127.0.0.1:8400 fsk_... (a running Forestay, a management key)
Source: UX.md, budgets: an interaction answers within 200 ms at worst. Event Timing of a real Chromium, rounded by it to 8 ms.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Page, sync_playwright
from tests.browser.conftest import QUIET
from tests.browser.finding import find_browser

STEPS = 200
RESULTS = Path(__file__).parent / "results"
_WATCH = """() => { window.worst = 0; new PerformanceObserver((list) => { for (const one of list.getEntries())
window.worst = Math.max(window.worst, one.duration) }).observe({type: 'event', durationThreshold: 16, buffered: false}) }"""


def long_journey(key: str) -> dict[str, Any]:
    """Forty blocks of a branch, three waits and a wait where they meet: 200 steps with the exit."""
    steps: dict[str, Any] = {}
    blocks = (STEPS - 1) // 5
    for block in range(blocks):
        following = f"b{block + 1}" if block + 1 < blocks else "end"
        branches = [{"if": "health.score < 40", "port": "low"}, {"if": "health.score < 70", "port": "middle"}]
        steps[f"b{block}"] = {
            "kind": "condition", "branches": branches, "ports": {"low": f"w{block}-0", "middle": f"w{block}-1", "else": f"w{block}-2"},
        }  # fmt: skip
        for side in range(3):
            steps[f"w{block}-{side}"] = {"kind": "wait", "for": {"days": side + 1}, "ports": {"next": f"m{block}"}}
        steps[f"m{block}"] = {"kind": "wait", "for": {"days": 1}, "ports": {"next": following}}
    steps["end"] = {"kind": "exit"}
    return {
        "key": key,
        "name": "Two hundred steps",
        "consent": "success",
        "entry": [{"manual": True}],
        "start": "b0",
        "steps": steps,
    }


def measure(page: Page, name: str, act: str, times: int = 5) -> tuple[str, float]:
    """The longest event in milliseconds while a key is pressed some times."""
    page.evaluate("window.worst = 0")
    for _ in range(times):
        page.keyboard.press(act)
        page.wait_for_timeout(250)
    return name, float(page.evaluate("window.worst"))


def main(url: str, key: str) -> None:
    """Draw, walk, change, and keep what it took."""
    proof = {"Authorization": f"Bearer {key}", "If-Match": "*"}
    document = {"document": long_journey("two-hundred")}
    httpx.put(f"{url}/api/journeys/two-hundred/draft", json=document, headers=proof, trust_env=False).raise_for_status()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=["--no-sandbox", *QUIET])
        context = browser.new_context(viewport={"width": 1440, "height": 860}, reduced_motion="reduce")
        context.add_init_script(f"sessionStorage.setItem('forestay.key', '{key}')")
        page = context.new_page()
        page.goto(f"{url}/journeys/two-hundred")
        page.locator("[data-ready] [data-step='b0']").click()
        page.evaluate(_WATCH)
        found = dict(
            [
                measure(page, "walk", "ArrowDown"), measure(page, "add", "4"), measure(page, "remove", "Delete", 2),
                measure(page, "undo", "Control+z"), measure(page, "redo", "Control+Shift+z", 3), measure(page, "duplicate", "Control+d", 1),
                measure(page, "outline", "o", 2), measure(page, "whole", "0", 2),
            ]
        )  # fmt: skip
        browser.close()
    told = {
        "steps": len(document["document"]["steps"]),
        "worst_event_ms": found,
        "budget_ms": 200,
        "url": url.split("//")[1].split(":")[0],
    }
    (RESULTS / f"web_builder-{datetime.now(UTC):%Y-%m-%d}.json").write_text(json.dumps(told, indent=1) + "\n")
    print(json.dumps(told, indent=1))


if __name__ == "__main__":
    main(*sys.argv[1:3])
