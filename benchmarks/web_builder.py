"""How long the builder takes to answer with a journey of 200 steps: the longest event of each kind of interaction, and the
work of the page's main thread for each key, which other work on the machine does not move.

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
from playwright.sync_api import CDPSession, Page, sync_playwright
from tests.browser.conftest import QUIET
from tests.browser.finding import find_browser

STEPS = 200
RESULTS = Path(__file__).parent / "results"
_WATCH = """() => { window.worst = 0; new PerformanceObserver((list) => { for (const one of list.getEntries())
window.worst = Math.max(window.worst, one.duration) }).observe({type: 'event', durationThreshold: 16, buffered: false}) }"""


def long_journey(key: str) -> dict[str, Any]:
    """Blocks of a branch, three waits and a wait where they meet: 191 steps with the exit, so that some can be added."""
    steps: dict[str, Any] = {}
    blocks = (STEPS - 6) // 5
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


def busy(told: CDPSession) -> float:
    """Milliseconds for which the page's main thread has worked so far."""
    found = told.send("Performance.getMetrics")["metrics"]
    return float(next(one["value"] for one in found if one["name"] == "TaskDuration")) * 1000


def measure(page: Page, told: CDPSession, keys: list[str]) -> dict[str, float]:
    """The longest event, and the main thread's work for each of some keys, in milliseconds."""
    page.evaluate("window.worst = 0")
    before = busy(told)
    for key in keys:
        page.keyboard.press(key)
        page.wait_for_timeout(700)
    worked = (busy(told) - before) / len(keys)
    return {"worst_event_ms": float(page.evaluate("window.worst")), "work_ms": round(worked, 1)}


KEYS: dict[str, list[str]] = {
    "walk": ["ArrowDown"] * 5, "add": ["4"] * 3, "move": ["Alt+ArrowDown", "Alt+ArrowUp"], "switch off": ["d", "d"],
    "remove": ["Delete"] * 2, "undo": ["Control+z"] * 4, "redo": ["Control+Shift+z"] * 3, "duplicate": ["Control+d"],
    "type a name": ["F2", *"slow", "Escape"], "type a setting": ["Enter", "Tab", *"12", "Escape"],
    "outline": ["o"], "walk the outline": ["ArrowDown"] * 3, "drawing": ["o"], "whole": ["0", "z"],
}  # fmt: skip


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
        page.get_by_role("complementary").get_by_role("heading", name="Branch").wait_for()
        page.wait_for_timeout(2000)
        page.evaluate(_WATCH)
        session = context.new_cdp_session(page)
        session.send("Performance.enable", {"timeDomain": "threadTicks"})
        found = {name: measure(page, session, keys) for name, keys in KEYS.items()}
        browser.close()
    told = {
        "steps": len(document["document"]["steps"]),
        "interactions": found,
        "budget_ms": 200,
        "url": url.split("//")[1].split(":")[0],
    }
    (RESULTS / f"web_builder-{datetime.now(UTC):%Y-%m-%d}.json").write_text(json.dumps(told, indent=1) + "\n")
    print(json.dumps(told, indent=1))


if __name__ == "__main__":
    main(*sys.argv[1:3])
