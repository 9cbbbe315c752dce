"""What holds for every page: accessible, no wider than the screen, and honest when the network is gone."""

from __future__ import annotations

import json

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect

from tests.browser.conftest import Company, Desk

PAGES = (
    "/",
    "/inbox?whose=all",
    "/accounts",
    "/accounts/acc-00001",
    "/accounts?group=owner&band=%5B%22yellow%22%5D",
    "/accounts/acc-00001?tab=health",
    "/accounts/acc-00001?tab=usage",
    "/accounts/acc-00001?tab=billing",
    "/accounts/acc-00001?tab=people",
    "/accounts/acc-00001?tab=notes",
    "/journeys",
    "/journeys/low-usage-rescue",
    "/journeys/low-usage-rescue?tab=settings",
    "/journeys/low-usage-rescue?tab=runs",
    "/journeys/low-usage-rescue?tab=versions",
    "/runs/1",
    "/triggers",
    "/triggers/churn-80-executive-turnover",
    "/triggers/health-below-60?tab=backtest",
    "/triggers/health-below-60?tab=learning",
    "/triggers/health-below-60?tab=heldout",
    "/segments",
    "/segments/renewal-in-half-a-year",
    "/insights",
    "/insights?kpi=time_to_intervention",
    "/insights?tab=interventions",
    "/insights?tab=team",
    "/insights?tab=pipeline",
    "/insights?tab=audit&days=365",
    "/health",
    "/health/default",
    "/health/default?tab=who",
    "/models",
    "/messages",
    "/messages?tab=log",
    "/messages?tab=stops",
    "/settings",
    "/settings?tab=keys",
    "/settings?tab=calendars",
    "/settings?tab=sources",
    "/settings?tab=me",
    "/audit",
    "/setup",
)


WITHOUT_DATA = ("/settings?tab=me", "/setup")
"""Pages that show something without an answer of the server."""


@pytest.mark.parametrize("width", [1440, 390])
def test_pages_pass_axe_in_light_and_dark_and_fit_the_screen(chromium: Browser, company: Company, width: int) -> None:
    desk, found = looking(chromium, company, width), dict[str, list[str]]()
    for path in PAGES:
        desk.open(path)
        expect(desk.page.get_by_role("heading").first).to_be_visible()
        expect(desk.page.get_by_role("main").get_by_role("status", name="Loading…")).to_have_count(0)
        found[path] = judged(desk)
    desk.page.context.close()
    assert found == {path: [] for path in PAGES}


def test_pages_say_what_is_wrong_when_the_server_fails_and_pass_axe_then(chromium: Browser, company: Company) -> None:
    desk, found = looking(chromium, company, 1440), dict[str, list[str]]()
    told = json.dumps({"title": "Bad", "status": 400, "code": "invalid", "detail": "The database is away."})
    desk.page.route(
        lambda url: "/api/" in url and "/api/sessions" not in url and "/api/stream" not in url,
        lambda route: route.fulfill(status=400, content_type="application/problem+json", body=told),
    )
    for path in PAGES:
        desk.open(path)
        expect(desk.page.get_by_role("main").get_by_role("heading").first).to_be_visible()
        if path not in WITHOUT_DATA:
            expect(desk.page.get_by_role("main").get_by_role("alert").first).to_contain_text("The database is away.")
        found[path] = judged(desk)
    desk.page.context.close()
    assert found == {path: [] for path in PAGES}


def looking(chromium: Browser, company: Company, width: int) -> Desk:
    """A signed-in window of that width, in the light theme."""
    context = chromium.new_context(
        viewport={"width": width, "height": 860}, reduced_motion="reduce", color_scheme="light"
    )
    desk = Desk(context.new_page(), company, [])
    desk.sign_in()
    expect(desk.page.get_by_role("heading", name="Today")).to_be_visible()
    return desk


def judged(desk: Desk) -> list[str]:
    """What axe finds on the page as it is, and of its colours in the dark; whether it is wider than the screen."""
    contrast = {"runOnly": {"type": "rule", "values": ["color-contrast"]}}
    light = Axe().run(desk.page, options={"resultTypes": ["violations"]})
    desk.page.evaluate("document.documentElement.dataset.theme = 'dark'")
    dark = Axe().run(desk.page, options={"resultTypes": ["violations"], **contrast})
    desk.page.evaluate("document.documentElement.dataset.theme = 'light'")
    broken = [
        f"{one['id']}: {one['nodes'][0]['html'][:160]}" for said in (light, dark) for one in said.response["violations"]
    ]
    too_wide = desk.page.evaluate("document.documentElement.scrollWidth > innerWidth")
    return [*broken, "wider than the screen"] if too_wide else broken


def test_a_lost_network_is_said_and_mends_by_itself(admin: Desk) -> None:
    page = admin.page
    expect(page.get_by_text("Live")).to_be_visible()
    page.context.set_offline(True)
    expect(page.get_by_text("Offline")).to_be_visible(timeout=30_000)
    page.context.set_offline(False)
    expect(page.get_by_text("Live")).to_be_visible(timeout=30_000)
    admin.errors.clear()  # the browser itself tells of what it could not reach


def test_an_unknown_address_leads_back(admin: Desk) -> None:
    admin.open("/no/such/page")
    admin.page.get_by_role("link", name="Go to Today").click()
    expect(admin.page.get_by_role("heading", name="Today")).to_be_visible()
