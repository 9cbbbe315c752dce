"""Triggers and segments from copy to roll-back: conditions with live counts, a backtest, publishing, and who may not."""

from __future__ import annotations

import re
from typing import Any

import httpx
from playwright.sync_api import Page, expect

from tests.browser.conftest import Company, Desk


def count(page: Page) -> int:
    """For how many accounts the condition on the screen holds."""
    return int(re.sub(r"\D", "", page.get_by_test_id("matching").inner_text()))


def publish(page: Page, version: int, note: str) -> None:
    page.get_by_role("button", name="Review and publish").click()
    review = page.get_by_role("dialog", name="Publish this?")
    expect(review.get_by_text("The server finds nothing wrong with it.")).to_be_visible()
    review.get_by_label("Why (stays with the version)").fill(note)
    review.get_by_role("button", name="Publish", exact=True).click()
    expect(page.get_by_text(f"Version {version} is live")).to_be_visible()


def test_ops_copies_a_trigger_changes_it_backtests_publishes_and_rolls_back(admin: Desk) -> None:
    page = admin.page
    admin.open("/triggers")
    page.get_by_role("button", name="New trigger").click()
    page.get_by_label("Start from").select_option(label="Health below 60")
    page.get_by_label("Name", exact=True).fill("Large and sliding")
    page.get_by_role("button", name="Start", exact=True).click()

    fires = page.get_by_role("group", name="When it fires", exact=True)
    expect(page.get_by_test_id("matching")).to_be_visible()
    few = count(page)
    fires.get_by_label("Value (of 100)").fill("101")
    expect(page.get_by_test_id("matching")).not_to_have_text(str(few))
    everybody = count(page)
    assert everybody > few

    fires.get_by_role("button", name="Add a condition").click()
    page.get_by_placeholder("Type to find…").fill("arr")
    page.keyboard.press("Enter")
    arr = fires.get_by_role("group", name="Condition: ARR")
    arr.get_by_label("Comparison").select_option("at_least")
    arr.get_by_label(re.compile("^Value")).fill("20000")
    expect(page.get_by_test_id("matching")).not_to_have_text(str(everybody))
    assert few < everybody > count(page)
    expect(page.get_by_role("list", name="Largest accounts that match").get_by_text("ARR:").first).to_be_visible()

    fires.get_by_role("button", name="Text").click()
    words = fires.get_by_role("textbox", name="When it fires")
    expect(words).to_have_value("health.score < 101 and account.arr >= 20000")
    words.fill("health.score < 70 an account.arr >= 20000")
    expect(fires.get_by_role("alert")).to_contain_text("character 19")
    words.fill("health.score < 70 and account.arr >= 20000")
    expect(fires.get_by_role("alert")).to_have_count(0)
    fires.get_by_role("button", name="Rows").click()
    expect(fires.get_by_label("Value (of 100)")).to_have_value("70")
    admin.errors.clear()  # the browser itself tells of the refusal

    page.get_by_role("link", name="Backtest").click()
    page.get_by_role("button", name="Run the backtest").click()
    expect(page.get_by_role("cell", name="Foreseen (recall)")).to_be_visible(timeout=90_000)
    expect(page.get_by_role("heading", name="Work for each CSM by week")).to_be_visible()
    page.get_by_role("button", name="Show as table").first.click()
    expect(page.get_by_role("region", name="Firings by week").get_by_role("row").nth(20)).to_be_visible()

    publish(page, 1, "Copied to try")
    page.get_by_role("link", name="Condition", exact=True).click()
    fires.get_by_label("Value (of 100)").fill("65")
    expect(page.get_by_text("unsaved changes")).to_be_visible()
    publish(page, 2, "Earlier was too early")
    page.get_by_role("button", name="Versions").click()
    versions = page.get_by_role("dialog", name="Versions")
    expect(versions.get_by_text("health.score < 70 and account.arr >= 20000 → health.score < 65")).to_be_visible()
    versions.get_by_role("button", name="Bring back").click()
    page.get_by_role("dialog").get_by_role("button", name="Bring back").click()
    expect(page.get_by_text("Published again as version 3")).to_be_visible()
    expect(fires.get_by_label("Value (of 100)")).to_have_value("70")


def test_a_segment_is_made_by_keyboard_and_filters_accounts(admin: Desk, company: Company) -> None:
    page = admin.page
    admin.open("/segments")
    page.get_by_role("button", name="New segment").click()
    page.get_by_label("Name", exact=True).fill("Needs a look")
    page.keyboard.press("Enter")
    rule = page.get_by_role("group", name="Who belongs to it", exact=True)
    rule.get_by_role("button", name="Add a condition").focus()
    page.keyboard.press("Enter")
    page.keyboard.type("health score")
    page.keyboard.press("Enter")
    rule.get_by_label("Value (of 100)").focus()
    page.keyboard.type("75")
    page.keyboard.press("Alt+ArrowRight")
    expect(rule.get_by_role("group", name="Any of these")).to_be_visible()
    page.keyboard.press("Alt+Enter")
    expect(rule.get_by_role("group", name="Condition: Health score")).to_have_count(2)
    page.keyboard.press("Alt+Backspace")
    expect(rule.get_by_role("group", name="Condition: Health score")).to_have_count(1)
    expect(page.get_by_test_id("matching")).to_be_visible()
    publish(page, 1, "To look at on Mondays")
    page.get_by_role("link", name="Show all in Accounts").click()
    expect(page).to_have_url(re.compile("segment=needs-a-look"))
    found: list[Any] = company.get("/api/accounts", segment="needs-a-look", sort="score", limit=200)["items"]
    expect(page.get_by_text(found[0]["name"]).first).to_be_visible()
    assert all(one["health"]["score"] < 75 for one in found)


def test_a_viewer_is_told_in_words_what_they_may_not(desk: Desk, company: Company) -> None:
    company.post(
        "/api/members", {"email": "vera@example.com", "name": "Vera", "role": "viewer", "password": "long enough 1"}
    )
    desk.sign_in("vera@example.com", "long enough 1")
    expect(desk.page.get_by_role("heading", name="Today")).to_be_visible()
    desk.open("/triggers/health-below-60")
    page = desk.page
    expect(page.get_by_text("You may not do this: it needs the permission triggers:write.")).to_be_visible()
    expect(page.get_by_role("button", name="Review and publish")).to_be_disabled()
    expect(page.get_by_label("Value (of 100)").first).to_be_disabled()
    expect(page.get_by_test_id("matching")).to_be_visible()


def test_two_who_edit_the_same_trigger_see_both_changes_and_one_keeps_theirs(admin: Desk, company: Company) -> None:
    page, path = admin.page, "/api/triggers/health-below-60"
    admin.open("/triggers/health-below-60")
    value = page.get_by_role("group", name="When it fires", exact=True).get_by_label("Value (of 100)")
    value.fill("58")
    proof = {"Authorization": f"Bearer {company.key}"}
    seen = httpx.get(company.url + path, headers=proof, timeout=30, trust_env=False)
    theirs = {**seen.json()["live"]["body"], "cooldown_days": 21}
    httpx.put(
        f"{company.url}{path}/draft", json=theirs, headers={**proof, "If-Match": seen.headers["etag"]}, timeout=30, trust_env=False
    ).raise_for_status()  # fmt: skip
    conflict = page.get_by_role("alert").filter(has_text="Somebody else saved it meanwhile")
    expect(conflict.get_by_text("Cool-down in days: 14 → 21")).to_be_visible()
    expect(conflict.get_by_text("health.score < 60 → health.score < 58")).to_be_visible()
    expect(page.get_by_role("button", name="Save draft")).to_be_disabled()
    conflict.get_by_role("button", name="Keep mine").click()
    page.get_by_role("button", name="Save draft").click()
    expect(page.get_by_text("Draft saved")).to_be_visible()
    page.get_by_role("button", name="Discard draft").click()
    expect(page.get_by_text("Draft discarded")).to_be_visible()
    expect(value).to_have_value("60")
