"""What holds for every page, with data, without, and when the server refuses: accessible in light and dark, no wider than
a desktop or a phone, and honest.

One window walks through all pages by the address, as links do; each page is judged once it has come to rest: on a desktop in light, its
colours in dark, and on a phone.
"""

from __future__ import annotations

import json
import re
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import axe_playwright_python
import pytest
from playwright.sync_api import Browser, Page, Request, expect

from tests.browser.conftest import ADMIN, Company, Desk
from tests.running import ADMIN_KEY, running_forestay

AXE = Path(axe_playwright_python.__file__).parent / "axe.min.js"
WIDE, NARROW = {"width": 1440, "height": 860}, {"width": 390, "height": 844}
REST_SECONDS = 30.0
FRAME = "() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))"
PAGES = (
    "/",
    "/inbox?whose=all",
    "/accounts",
    "/accounts/acc-00001",
    "/accounts?group=owner&band=%5B%22yellow%22%5D",
    "/accounts/acc-00001?tab=timeline",
    "/accounts/acc-00001?tab=health",
    "/accounts/acc-00001?tab=usage",
    "/accounts/acc-00001?tab=billing",
    "/accounts/acc-00001?tab=people",
    "/accounts/acc-00001?tab=outlook",
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
    "/settings?tab=jobs",
    "/settings?tab=quarantine",
    "/settings?tab=me",
    "/audit",
    "/setup",
)
CONTRAST = """async () => {
  const seen = (window.judgedColours ??= new Set()), grounds = new Map();
  const groundOf = (element) => {
    if (!element) return "";
    if (!grounds.has(element)) {
      const { backgroundColor: ground, backgroundImage: image, opacity } = getComputedStyle(element);
      const own = /, 0\\)$|^transparent$/.test(ground) && image === "none" ? "" : `${ground} ${image}`;
      const isWhole = own && !ground.startsWith("rgba") && image === "none" && opacity === "1";
      grounds.set(element, isWhole ? own : `${own} ${opacity} < ${groundOf(element.parentElement)}`);
    }
    return grounds.get(element);
  };
  const speaks = (element) => element.matches("input, select, textarea")
    || [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
  const fresh = [...document.body.querySelectorAll("*")].filter((element) => {
    if (!speaks(element) || !element.checkVisibility({ visibilityProperty: true })) return false;
    const { color, fontSize, fontWeight } = getComputedStyle(element);
    const look = [color, fontSize, fontWeight, element.matches(":disabled, [aria-disabled=true]"), groundOf(element)].join();
    return !seen.has(look) && seen.add(look);
  });
  const options = { resultTypes: ["violations"], preload: false, runOnly: { type: "rule", values: ["color-contrast"] } };
  return fresh.length ? (await axe.run({ include: fresh }, options)).violations : [];
}"""
"""What axe says of colours: asked of the first text of each look (its colour, size, weight and every ground below it), since
asking it of each text of each page takes nine tenths of the time and can only say the same again."""
ALL_ELSE = """() => axe.run(document, { resultTypes: ["violations"], preload: false, rules: { "color-contrast": { enabled: false } } })
  .then((found) => found.violations)"""
WITHOUT_DATA = ("/settings?tab=me", "/setup")
"""Pages that show something without an answer of the server."""
NEXT_STEPS = {
    "/": "Connect or import",
    "/inbox?whose=all": "Tasks come here by themselves",
    "/accounts": "Connect or import",
    "/accounts?group=owner&band=%5B%22yellow%22%5D": "Connect or import",
    "/journeys/low-usage-rescue?tab=runs": "never published",
    "/triggers/health-below-60?tab=backtest": "No backtest yet",
    "/segments": "New segment",
    "/insights": "Numbers come by themselves",
    "/insights?tab=team": "Add members under Settings",
    "/insights?tab=pipeline": "come with the import of accounts",
    "/health": "Scores come within seconds of the first data",
    "/models": "Train now",
    "/messages?tab=log": "Messages leave when a journey",
    "/settings?tab=sources": "Import a file",
    "/settings?tab=jobs": "Nothing has run yet",
}
"""What a page says of what to do next, before there are customers."""


@dataclass
class Walk:
    """A signed-in window that goes through pages and keeps what is wrong with each."""

    page: Page
    found: dict[str, list[str]] = field(default_factory=dict)
    asking: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.page.on("request", lambda asked: self._asks(asked, 1))
        self.page.on("requestfinished", lambda asked: self._asks(asked, -1))
        self.page.on("requestfailed", lambda asked: self._asks(asked, -1))

    def _asks(self, asked: Request, change: int) -> None:
        if "/api/stream" not in asked.url:
            self.asking[asked.url] += change

    def go(self, path: str) -> None:
        """Follow an address as a link of the workspace would, until nothing more is asked for or loading."""
        self.page.evaluate("path => history.pushState(null, '', path)", path)
        loading = self.page.get_by_role("main").get_by_role("status", name="Loading…")
        deadline = time.monotonic() + REST_SECONDS
        at_rest = 0
        while at_rest < 2:
            self.page.evaluate(FRAME)
            at_rest = 0 if any(self.asking.values()) or loading.count() else at_rest + 1
            assert time.monotonic() < deadline, (
                f"{path} does not come to rest: {[url for url, many in self.asking.items() if many]}"
            )
        expect(self.page.get_by_role("main").get_by_role("heading").first).to_be_visible()

    def judge(self, path: str) -> None:
        """All that axe finds on a desktop and on a phone, of colours in both themes, and whether it is too wide."""
        wrong: list[str] = []
        for size in (NARROW, WIDE):
            self.page.set_viewport_size(size)  # type: ignore[arg-type]
            wrong += [*self._too_wide(), *self._broken(ALL_ELSE)]
            for theme in ("dark", "light"):
                self.page.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)
                wrong += self._broken(CONTRAST)
        self.found[path] = wrong

    def _broken(self, question: str) -> list[str]:
        return [f"{one['id']}: {one['nodes'][0]['html'][:160]}" for one in self.page.evaluate(question)]

    def _too_wide(self) -> list[str]:
        deadline = time.monotonic() + 5.0
        while self.page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            if time.monotonic() > deadline:
                return [f"wider than {self.page.evaluate('innerWidth')}"]
            self.page.evaluate(FRAME)  # charts follow a new width a frame later
        return []


@contextmanager
def walking(chromium: Browser, company: Company) -> Iterator[Walk]:
    context = chromium.new_context(viewport=WIDE, reduced_motion="reduce", color_scheme="light")  # type: ignore[arg-type]
    context.add_init_script(path=AXE)
    walk = Walk(context.new_page())
    Desk(walk.page, company, []).sign_in(ADMIN)
    try:
        yield walk
    finally:
        context.close()
    assert walk.found == {path: [] for path in PAGES}


def test_pages_pass_axe_in_light_and_dark_and_fit_desktop_and_phone(chromium: Browser, company: Company) -> None:
    with walking(chromium, company) as walk:
        for path in PAGES:
            walk.go(path)
            walk.judge(path)


def test_pages_say_what_is_wrong_when_the_server_fails_and_pass_axe_then(chromium: Browser, company: Company) -> None:
    told = json.dumps({"title": "Bad", "status": 400, "code": "invalid", "detail": "The database is away."})
    api = re.compile(r"/api/(?!sessions|stream)")
    with walking(chromium, company) as walk:
        walk.page.route(
            api, lambda route: route.fulfill(status=400, content_type="application/problem+json", body=told)
        )
        walk.page.reload()  # what was answered before is forgotten
        for path in PAGES:
            walk.go(path)
            alert = walk.page.get_by_role("main").get_by_role("alert").filter(has_text="The database is away.").first
            expect(walk.page.get_by_role("main") if path in WITHOUT_DATA else alert).to_be_visible()
            walk.judge(path)


@pytest.fixture
def nobody(built_workspace: None, tmp_path: Path) -> Iterator[Company]:
    """A new installation with its administrator and nothing else."""
    with running_forestay(tmp_path / "data") as product:
        company = Company(product.url, ADMIN_KEY, "a long enough password")
        company.post(
            "/api/members", {"email": ADMIN, "name": "Avery Stone", "role": "admin", "password": company.password}
        )
        yield company


def test_pages_say_what_to_do_next_before_there_are_customers_and_pass_axe_then(
    chromium: Browser, nobody: Company
) -> None:
    with walking(chromium, nobody) as walk:
        for path in PAGES:
            walk.go(path)
            expect(walk.page.get_by_role("main")).to_contain_text(NEXT_STEPS.get(path, ""))
            walk.judge(path)


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
