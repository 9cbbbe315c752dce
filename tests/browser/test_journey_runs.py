"""Journeys at work: simulated, published, entered, looked at, operated, compared, moved on; a viewer is told why not."""

from __future__ import annotations

import time
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Company, Desk

VIEWER = "vera.quiet@ridgeline.example.com"
LONG = 90_000


@pytest.fixture(scope="module")
def rescue(company: Company) -> dict[str, Any]:
    """A draft like the playbook that the demo runs, which may be entered by hand, and that nobody leaves early."""
    document = company.get("/api/journeys/low-usage-rescue")["live"]["body"]["document"]
    entry = [*document["entry"], {"manual": True}]
    without_end = {name: part for name, part in document.items() if name not in ("goal", "exit")}
    made = {**without_end, "key": "second-rescue", "name": "Second rescue", "entry": entry, "holdout_share": 0}
    draft(company, made)
    return made


def draft(company: Company, document: dict[str, Any]) -> None:
    headers = {"Authorization": f"Bearer {company.key}", "If-Match": "*"}
    url = f"{company.url}/api/journeys/{document['key']}/draft"
    httpx.put(url, json={"document": document}, headers=headers, trust_env=False, timeout=30).raise_for_status()


def drawn(page: Page, step: str) -> Any:
    return page.locator(f'[data-step="{step}"]')


def enter_and_wait(company: Company, key: str, account: str) -> dict[str, Any]:
    company.post(f"/api/journeys/{key}/enter", {"account": account})
    deadline = time.monotonic() + 30
    while not (found := company.get("/api/runs", journey=key, account=account)["items"]):
        assert time.monotonic() < deadline, "the worker lets in within a second or so"
    run: dict[str, Any] = found[0]
    return run


def test_a_journey_is_simulated_walked_published_entered_and_a_step_is_skipped(
    admin: Desk, rescue: dict[str, Any]
) -> None:
    page = admin.page
    admin.open("/journeys/second-rescue")
    page.get_by_role("button", name="Simulate 90 days").click()
    panel = page.get_by_role("region", name="Simulation", exact=True)
    expect(panel.get_by_text("answered in")).to_be_visible(timeout=LONG)
    expect(panel.get_by_text("What was assumed")).to_be_visible()
    expect(drawn(page, "@start")).to_contain_text("entered")
    drawn(page, rescue["start"]).click()
    panel.get_by_text("by ‘else’").click()
    panel.get_by_role("button", name="Walk this account:").first.click()
    expect(panel.get_by_role("heading", name="walked through")).to_be_visible(timeout=LONG)
    expect(panel.get_by_text("why: none of:").first).to_be_visible()
    expect(drawn(page, rescue["start"])).to_contain_text("✓")
    panel.get_by_role("button", name="Close the simulation").click()

    page.get_by_role("button", name="Publish", exact=True).click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("It is published for the first time.")).to_be_visible()
    dialog.get_by_label("Why (stays with the version)").fill("Tried out on the last 90 days")
    dialog.get_by_role("button", name="Publish").click()
    expect(page.get_by_text("Version 1 is live.").first).to_be_visible()

    page.get_by_role("link", name="Runs", exact=True).click()
    page.get_by_role("button", name="Let accounts in").click()
    dialog.get_by_role("button", name="Count").click()
    expect(dialog.get_by_text("match now")).to_be_visible()
    dialog.get_by_role("textbox", name="Account").fill("acc-00002")
    dialog.get_by_role("button", name="acc-00002").click()
    dialog.get_by_role("button", name="Let it in").click()
    expect(page.get_by_text("is on its way in.")).to_be_visible()
    page.keyboard.press("Escape")
    row = page.get_by_role("region", name="All runs").get_by_role("row").nth(1)
    expect(row).to_be_visible(timeout=30_000)
    expect(page.get_by_role("link", name="1 On track")).to_be_visible()
    row.get_by_role("link").first.click()

    expect(page.get_by_role("heading", name="Run of")).to_be_visible()
    expect(page.get_by_text("is here").first).to_be_visible()
    page.get_by_role("button", name="Skip this step").click()
    expect(dialog.get_by_text("What would come of it")).to_be_visible()
    dialog.get_by_role("button", name="Skip this step").click()
    expect(page.get_by_role("region", name="What happened").get_by_text("was skipped by a person")).to_be_visible()


def test_versions_are_compared_in_colour_and_words_and_runs_are_moved_on(admin: Desk, company: Company) -> None:
    head = {"key": "two-versions", "name": "Two versions", "owner": "avery.stone@ridgeline.example.com",
            "consent": "success", "entry": [{"manual": True}], "start": "rest"}  # fmt: skip
    end = {"kind": "exit", "reason": "done"}
    draft(company, {**head, "steps": {"rest": {"kind": "wait", "for": {"days": 3}, "next": "end"}, "end": end}})
    company.post("/api/journeys/two-versions/publish")
    run = enter_and_wait(company, "two-versions", "acc-00002")
    steps = {
        "think": {"kind": "wait", "name": "Think", "for": {"days": 9}, "next": "end"},
        "end": {**end, "reason": "over"},
    }
    draft(company, {**head, "start": "think", "steps": steps})
    company.post("/api/journeys/two-versions/publish")

    page = admin.page
    admin.open("/journeys/two-versions?tab=versions&old=1&new=2")
    expect(drawn(page, "think")).to_contain_text("new")
    expect(drawn(page, "end")).to_contain_text("changed")
    expect(page.get_by_text("gone", exact=True)).to_be_visible()
    expect(page.get_by_role("list", name="What changed").get_by_role("listitem").first).to_be_visible()
    page.get_by_role("button", name="Move its runs: v1").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("unclear: say where they go")).to_be_visible()
    expect(dialog.get_by_role("button", name="Move 1 run")).to_be_disabled()
    dialog.get_by_role("combobox").select_option("think")
    dialog.get_by_role("button", name="Move 1 run").click()
    expect(page.get_by_text("1 run moved.")).to_be_visible()
    assert company.get(f"/api/runs/{run['id']}")["version"] == 2


def test_a_viewer_sees_everything_and_is_told_what_is_missing(desk: Desk, company: Company) -> None:
    company.post(
        "/api/members", {"email": VIEWER, "name": "Vera Quiet", "role": "viewer", "password": company.password}
    )
    desk.sign_in(VIEWER)
    page = desk.page
    desk.open("/journeys?sort=live")
    pause = page.get_by_role("button", name="Pause:").first
    expect(pause).to_be_disabled()
    expect(pause).to_have_attribute("title", "You may not do this: it needs the permission journeys:publish.")
    run = company.get("/api/runs", status="running")["items"][0]
    desk.open(f"/runs/{run['id']}")
    skip = page.get_by_role("button", name="Skip this step")
    expect(skip).to_be_disabled()
    expect(skip).to_have_attribute("title", "You may not do this: it needs the permission journeys:operate.")
    expect(page.get_by_role("heading", name="What happened")).to_be_visible()
