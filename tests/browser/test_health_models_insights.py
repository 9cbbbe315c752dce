"""Operations change how health is made, let a model go live and take it back, and look behind a number."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from playwright.sync_api import expect

from tests.browser.conftest import ADMIN, Company, Desk

OPS = "rowan.pike@ridgeline.example.com"
PASSWORD = "a long enough password"


def test_a_scorecard_change_is_previewed_published_and_rolled_back(admin: Desk) -> None:
    page = admin.page
    page.get_by_role("link", name="Health", exact=True).first.click()
    page.get_by_role("link", name="Default scorecard").click()
    page.get_by_label("Red below (Points)").fill("90")
    page.get_by_label("Red below (Points)").press("Enter")
    expect(page.get_by_label("Green from (Points)")).to_have_value("90")
    expect(page.get_by_text("accounts would change band")).to_be_visible()
    first = page.get_by_role("region", name="Who changes band").get_by_role("listitem").first
    expect(first).to_contain_text("At risk")
    expect(first).to_contain_text("the line of the band moved")
    assert admin.company.get("/api/scorecards/default")["draft"] is None

    page.get_by_role("button", name="Open tickets").click()
    point = page.get_by_role("slider", name="Point 1 of Open tickets")
    point.focus()
    for _ in range(5):
        page.keyboard.press("ArrowDown")
    expect(point).to_have_attribute("aria-valuenow", "95")
    page.get_by_role("button", name="Review and publish").click()
    page.get_by_label("Why").last.fill("Everybody below ninety needs a call.")
    page.get_by_role("button", name="Publish", exact=True).click()
    expect(page.get_by_text("Published · version 2")).to_be_visible()
    live = admin.company.get("/api/scorecards/default")["live"]["body"]
    assert live["bands"]["red_below"] == 90
    assert live["dimensions"]["support"]["factors"][0]["curve"][0] == [0, 95]

    page.get_by_role("button", name="Versions").click()
    page.get_by_role("button", name="Bring back").first.click()
    expect(page.get_by_role("heading", name="Bring back version 1?")).to_be_visible()
    page.get_by_role("button", name="Bring back").click()
    expect(page.get_by_text("Published · version 3")).to_be_visible()
    assert admin.company.get("/api/scorecards/default")["live"]["body"]["bands"]["red_below"] == 60


@pytest.fixture
def ops(company: Company) -> str:
    """A member who may train and ask for a promotion, in a workspace where an admin has to agree."""
    if OPS not in {one["email"] for one in company.get("/api/members")["items"]}:
        company.post("/api/members", {"email": OPS, "name": "Rowan Pike", "role": "ops", "password": PASSWORD})
    silent = {"approval": "admin", "labels": {"early_warning": {"label": "silent", "days": 2}}}
    answer = httpx.patch(
        f"{company.url}/api/workspace", json={"settings": {"models": silent}}, timeout=30, trust_env=False,
        headers={"Authorization": f"Bearer {company.key}"},
    )  # fmt: skip
    answer.raise_for_status()
    return OPS


def as_member(desk: Desk, email: str, password: str | None = None) -> None:
    desk.page.context.clear_cookies()
    desk.page.goto(desk.company.url)
    desk.page.evaluate("localStorage.clear()")
    desk.sign_in(email, password)
    expect(desk.page.get_by_role("heading", name="Today")).to_be_visible()


def early_warnings(company: Company) -> dict[int, Any]:
    return {one["version"]: one for one in company.get("/api/models", purpose="early_warning")["items"]}


def test_a_model_is_trained_promoted_with_approval_and_rolled_back(desk: Desk, ops: str) -> None:
    page = desk.page
    as_member(desk, ops, PASSWORD)
    desk.open("/models?tab=early_warning")
    page.get_by_role("button", name="Train now").click()
    page.get_by_role("dialog").get_by_role("button", name="Train now").click()
    expect(page.get_by_text("Trained: version")).to_be_visible(timeout=90_000)
    page.get_by_role("status").get_by_role("link", name="v1").click()
    expect(page.get_by_role("img", name="Foreseen and seen")).to_be_visible()
    expect(page.get_by_role("heading", name="What weighs most")).to_be_visible()
    page.get_by_role("button", name="Promote").click()
    expect(page.get_by_role("dialog")).to_contain_text("another member with the role admin")
    page.get_by_role("dialog").get_by_role("button", name="Promote").click()
    expect(page.get_by_text("Waits for approval by another")).to_be_visible()
    page.get_by_role("button", name="Approve").click()
    page.get_by_role("dialog").get_by_role("button", name="Approve").click()
    expect(page.get_by_text("let another member do so")).to_be_visible()
    assert early_warnings(desk.company)[1]["status"] == "draft"

    as_member(desk, ADMIN)
    desk.open("/models?tab=early_warning")
    page.get_by_role("button", name="Approve").click()
    page.get_by_label("Why (optional)").fill("It sees silence two days earlier.")
    page.get_by_role("dialog").get_by_role("button", name="Approve").click()
    expect(page.get_by_text("Approved: it answers now.")).to_be_visible()
    assert early_warnings(desk.company)[1]["status"] == "live"
    page.get_by_role("button", name="Roll back").click()
    page.get_by_label("Why (optional)").fill("It alerted on everybody.")
    page.get_by_role("dialog").get_by_role("button", name="Roll back").click()
    expect(page.get_by_text("The rule score answers again.")).to_be_visible()
    history = page.locator("section", has=page.get_by_role("heading", name="Who decided what")).get_by_role("listitem")
    expect(history.nth(0)).to_contain_text("Avery Stone rolled back from v1 to the rule score")
    expect(history.nth(0)).to_contain_text("It alerted on everybody.")
    expect(history.nth(1)).to_contain_text("It sees silence two days earlier.")
    expect(history.nth(2)).to_contain_text("Rowan Pike asked to promote v1")
    assert early_warnings(desk.company)[1]["status"] == "retired"
    desk.errors[:] = [
        one for one in desk.errors if "403" not in one and "401" not in one
    ]  # the browser tells of refusals


def test_who_may_not_change_models_or_health_is_told_why(desk: Desk, company: Company) -> None:
    csm = next(one["email"] for one in company.get("/api/members")["items"] if one["role"] == "csm")
    page = desk.page
    desk.sign_in(csm)
    desk.open("/models")
    expect(page.get_by_role("button", name="Promote")).to_be_disabled()
    expect(page.get_by_text("it needs the permission models:publish")).to_be_visible()
    expect(page.get_by_text("Not enough data", exact=True).first).to_be_visible()
    desk.open("/health/default")
    expect(page.get_by_text("it needs the permission scorecards:write")).to_be_visible()
    expect(page.get_by_label("Red below (Points)")).to_be_disabled()


def test_a_number_leads_to_what_is_behind_it(admin: Desk) -> None:
    page = admin.page
    page.get_by_role("link", name="Insights").first.click()
    page.get_by_label("Period").select_option("365")
    page.get_by_role("link", name="What is behind: Time to intervention").click()
    told = admin.company.get("/api/kpis/time_to_intervention/rows", side="others", limit=1)["items"][0]
    page.get_by_role("link", name="The others").click()
    rows = page.get_by_role("region", name="What is behind").get_by_role("row")
    expect(rows.filter(has_text=told["account_name"]).filter(has_text=told["trigger"]).first).to_be_visible()
    with page.expect_download() as saved:
        page.get_by_role("button", name="Export CSV").click()
    head, *lines = saved.value.path().read_text().splitlines()
    assert head.startswith("kind,account,account_name")
    assert any(told["trigger"] in line for line in lines)
    assert "days=365" in page.url
    page.get_by_role("link", name="Renewals and growth").click()
    expect(page.get_by_role("img", name="ARR up for renewal")).to_be_visible()
    page.get_by_role("button", name="Show as table").first.click()
    expect(page.get_by_role("region", name="ARR up for renewal")).to_contain_text("Expected to be lost")
