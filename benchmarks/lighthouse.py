"""What Lighthouse says of the workspace's main pages, in a signed-in Chromium: desktop and mobile, score 0-100.

    python -m benchmarks.lighthouse URL PASSWORD [--page inbox ...] [--form desktop|mobile] [--save]

Against a running demo. Lighthouse is fetched by npm for the run and is no part of the product. `performance` depends on
the machine and what else it does; LCP is as Lighthouse simulates it (desktop: 10 Mbit/s and 40 ms).
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from hatch_build import npm
from playwright.sync_api import sync_playwright
from tests.browser.finding import find_browser
from tests.browser.screens import sign_in
from tests.running import free_port

from benchmarks.report import Report

LIGHTHOUSE = "lighthouse@12.8.2"
PAGES = {
    "inbox": "/inbox?whose=all",
    "accounts": "/accounts",
    "account": "/accounts/acc-00010",
    "journey": "/journeys/churn-prevention",
}
LEAST = {
    "desktop": {"performance": 95, "accessibility": 95, "best-practices": 95},
    "mobile": {"performance": 90, "accessibility": 100, "best-practices": 0},
}


def main() -> None:
    """Sign in, look at each page in each form, print and save."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("password")
    parser.add_argument("--page", action="append", choices=PAGES)
    parser.add_argument("--form", action="append", choices=LEAST)
    parser.add_argument("--save", action="store_true")
    options = parser.parse_args()
    report, port = Report("lighthouse", {"lighthouse": LIGHTHOUSE}), free_port()
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch_persistent_context(
            folder, executable_path=find_browser(), args=[f"--remote-debugging-port={port}", *sandbox]
        )
        sign_in(browser.new_page(), options.url, options.password)
        for form in options.form or LEAST:
            for page in options.page or PAGES:
                add(report, page, form, judged(options.url + PAGES[page], port, form))
        browser.close()
    report.show(save=options.save)


def judged(url: str, port: int, form: str) -> dict[str, Any]:
    """Lighthouse's own report of one page."""
    command, environment = npm()
    with tempfile.TemporaryDirectory() as folder:
        said = Path(folder) / "report.json"
        preset = ["--preset=desktop"] if form == "desktop" else []
        subprocess.run(
            [*command, "exec", "--yes", "--package", LIGHTHOUSE, "--", "lighthouse", url, f"--port={port}", *preset,
             "--quiet", "--disable-storage-reset", "--output=json", f"--output-path={said}",
             "--only-categories=performance,accessibility,best-practices"],
            check=True, env=environment,
        )  # fmt: skip
        found: dict[str, Any] = json.loads(said.read_text())
    return found


def add(report: Report, page: str, form: str, found: dict[str, Any]) -> None:
    """The scores, the times behind them, and what cost points in accessibility and best practices."""
    for category, least in LEAST[form].items():
        score = found["categories"][category]["score"]
        report.add(f"{page}, {form}: {category}", round(100 * (score or 0)), "", target=f">= {least}" if least else "")
    for audit in ("largest-contentful-paint", "total-blocking-time", "cumulative-layout-shift"):
        value = found["audits"][audit]["numericValue"]
        report.add(f"{page}, {form}: {audit}", value, "" if audit.endswith("shift") else "ms")
    for category in ("accessibility", "best-practices"):
        for one in found["categories"][category]["auditRefs"]:
            if found["audits"][one["id"]]["score"] == 0 and one["weight"]:
                print(f"{page}, {form}: {one['id']}: {found['audits'][one['id']]['title']}")


if __name__ == "__main__":
    main()
