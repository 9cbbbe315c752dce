"""Pictures of every screen for docs/screens/, from a running demo.

    python -m tests.browser.screens URL PASSWORD [NAME ...]

Each page at 1440 px in light and at 390 px in dark; the names are those of SCREENS. A page that complains in its console
ends it with an error: a picture is a look at the page, too.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser.conftest import ADMIN, QUIET
from tests.browser.finding import find_browser

FOLDER = Path(__file__).parents[2] / "docs" / "screens"
LOOKS = (("light", 1440, 900), ("dark", 390, 844))
SCREENS = {
    "today": "/",
    "inbox": "/inbox?whose=all",
    "accounts": "/accounts",
    "accounts-grouped": "/accounts?group=owner",
    "account": "/accounts/acc-00010",
    "account-health": "/accounts/acc-00010?tab=health",
    "account-usage": "/accounts/acc-00010?tab=usage",
    "account-timeline": "/accounts/acc-00010?tab=timeline",
    "account-people": "/accounts/acc-00010?tab=people",
    "account-billing": "/accounts/acc-00010?tab=billing",
    "account-tickets": "/accounts/acc-00010?tab=tickets",
    "account-notes": "/accounts/acc-00010?tab=notes",
    "account-journeys": "/accounts/acc-00010?tab=journeys",
    "journeys": "/journeys",
    "journey": "/journeys/churn-prevention",
    "journey-runs": "/journeys/feature-adoption?tab=runs",
    "journey-versions": "/journeys/feature-adoption?tab=versions",
    "journey-settings": "/journeys/churn-prevention?tab=settings",
    "triggers": "/triggers",
    "trigger": "/triggers/churn-80-executive-turnover",
    "trigger-backtest": "/triggers/health-below-60?tab=backtest",
    "trigger-learning": "/triggers/health-below-60?tab=learning",
    "segments": "/segments",
    "segment": "/segments/renewal-in-half-a-year",
    "messages": "/messages",
    "messages-log": "/messages?tab=log",
    "messages-stops": "/messages?tab=stops",
    "template": "/messages/beta-invitation",
    "insights": "/insights",
    "health": "/health",
    "scorecard": "/health/default",
    "models": "/models",
    "settings": "/settings",
    "settings-keys": "/settings?tab=keys",
    "settings-sources": "/settings?tab=sources",
    "settings-calendars": "/settings?tab=calendars",
    "audit": "/audit",
    "setup": "/setup",
}


def take(browser: Browser, url: str, password: str, wanted: list[str]) -> list[str]:
    """Take the pictures; what consoles complained of."""
    told: list[str] = []
    for theme, width, height in LOOKS:
        context = browser.new_context(viewport={"width": width, "height": height}, reduced_motion="reduce",
                                      color_scheme="dark" if theme == "dark" else "light", locale="en-GB")  # fmt: skip
        page = context.new_page()
        page.on("pageerror", lambda error: told.append(str(error)))
        page.on("console", lambda said: told.append(said.text) if said.type == "error" else None)
        sign_in(page, url, password)
        for name, path in SCREENS.items():
            if not wanted or name in wanted:
                page.goto(url + path)
                expect(page.get_by_role("heading").first).to_be_visible()
                expect(page.get_by_role("main").get_by_role("status", name="Loading")).to_have_count(0, timeout=30_000)
                page.wait_for_timeout(700)  # charts and pictures come a frame or two after their data
                page.screenshot(path=FOLDER / f"{name}-{width}.jpg", type="jpeg", quality=72)
        context.close()
    return told


def sign_in(page: Page, url: str, password: str) -> None:
    page.goto(url)
    page.get_by_label("E-mail").fill(ADMIN)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Today")).to_be_visible()


def main(url: str, password: str, *wanted: str) -> None:
    FOLDER.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        root = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=find_browser(), args=[*QUIET, *root])
        told = take(browser, url.rstrip("/"), password, list(wanted))
        browser.close()
    if told:
        raise SystemExit("\n".join(told))


if __name__ == "__main__":
    main(*sys.argv[1:])
