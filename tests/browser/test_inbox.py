"""A CSM works off the queue."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Company, Desk


@pytest.fixture
def task(company: Company) -> dict[str, Any]:
    """The most urgent task that nobody has taken up, that a signal asked for, at an account that was not written to so
    often that its cap holds every message."""
    items = company.get("/api/tasks", status="open", limit=200)["items"]
    asked = (one for one in items if one["owner"] and one["signal_id"] is not None)
    return next(
        one for one in asked if len(company.get("/api/messages", account=one["account"], limit=200)["items"]) < 30
    )


def test_a_csm_works_off_a_critical_task_from_evidence_to_outcome(desk: Desk, task: dict[str, Any]) -> None:
    page = desk.page
    desk.sign_in(task["owner"])
    page.get_by_role("link", name="Inbox").first.click()
    desk.open(f"/inbox?task={task['id']}")
    shown = page.get_by_role("article")
    expect(shown.get_by_role("heading", name=task["title"])).to_be_visible()
    expect(shown.get_by_role("listitem").filter(has_text=task["evidence"][0]["sentence"])).to_be_visible()
    shown.get_by_role("button", name="Take it up").click()
    expect(shown.get_by_text("Taken up")).to_be_visible()
    expect(shown.get_by_text("Why it stands here")).to_be_visible()
    shown.get_by_label("To", exact=True).select_option(index=1)
    shown.get_by_label("Subject").fill("A short call?")
    shown.get_by_label("Message").fill("Hello, have you half an hour this week?")
    expect(shown.get_by_text("Checking what would become of it")).to_have_count(0)
    shown.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_text("Message sent")).to_be_visible()
    expect(shown.get_by_text("Sent in the course of this task")).to_be_visible()
    page.locator("h1").click()
    page.keyboard.press("e")
    page.get_by_label("Note (optional)").fill("They will talk to their board.")
    page.get_by_role("button", name="Recovery agreed").click()
    expect(page.get_by_text("Done").last).to_be_visible()
    kept = desk.company.get(f"/api/tasks/{task['id']}")
    assert (kept["status"], kept["outcome"], kept["outcome_note"]) == (
        "done", "recovery_agreed", "They will talk to their board.",
    )  # fmt: skip
    page.locator("[data-sonner-toast]", has_text="Done").get_by_role("button", name="Undo").click()
    desk.open(f"/inbox?task={task['id']}")
    expect(shown.get_by_text("Taken up")).to_be_visible()


def test_a_task_that_somebody_else_took_meanwhile_is_shown_as_it_is_now(desk: Desk, task: dict[str, Any]) -> None:
    desk.sign_in(task["owner"])
    desk.open(f"/inbox?task={task['id']}")
    take = desk.page.get_by_role("button", name="Take it up")
    expect(take).to_be_visible()
    other = next(one for one in desk.company.get("/api/members")["items"] if one["email"] != task["owner"])
    desk.company.post(f"/api/tasks/{task['id']}/claim", {"member_id": other["id"]})
    take.click()
    expect(desk.page.get_by_text("Somebody else changed this task meanwhile")).to_be_visible()
    expect(desk.page.get_by_role("article").get_by_text(other["name"]).first).to_be_visible()
    desk.errors.clear()  # the browser itself tells of the 409


def test_the_queue_goes_by_what_is_at_stake_when_asked_and_the_address_says_so(admin: Desk, company: Company) -> None:
    page = admin.page
    admin.open("/inbox?whose=all")
    page.get_by_label("Order").select_option(label="ARR at stake first")
    page.wait_for_url(lambda url: "order=stake" in url)
    worth = company.get("/api/tasks", status=["open", "claimed"], order="stake", limit=1)["items"][0]
    first = page.get_by_role("region", name="Inbox").get_by_role("listitem").first
    expect(first).to_contain_text(worth["account_name"])
    expect(first).to_contain_text("at stake")
    first.get_by_role("button").click()
    expect(page.get_by_text("The queue goes by ARR at stake")).to_be_visible()
    page.reload()
    expect(page.get_by_label("Order")).to_have_value("stake")


def test_a_verdict_reaches_the_signal(admin: Desk, task: dict[str, Any]) -> None:
    admin.open(f"/inbox?task={task['id']}&whose=all")
    admin.page.get_by_role("button", name="Already known").click()
    expect(admin.page.get_by_text("this tunes the trigger")).to_be_visible()
    verdicts = admin.company.get(f"/api/signals/{task['signal_id']}/feedback")["items"]
    assert verdicts[-1]["verdict"] == "already_known"


def test_the_queue_is_walked_by_keys_unless_they_are_switched_off(admin: Desk) -> None:
    page = admin.page
    admin.open("/inbox?whose=all")
    expect(page.get_by_role("button", name="Open").first).to_be_visible()
    page.keyboard.press("j")
    expect(page.get_by_role("article")).to_be_visible()
    first = page.url
    page.keyboard.press("j")
    page.wait_for_url(lambda url: url != first)
    page.keyboard.press("Escape")
    expect(page.get_by_text("Choose a task")).to_be_visible()
    page.keyboard.press("?")
    page.get_by_label("Single-key shortcuts").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    expect(page.get_by_text("Choose a task")).to_be_visible()


def test_a_task_is_written_laid_aside_with_others_and_brought_back(admin: Desk, company: Company) -> None:
    page, account = admin.page, company.get("/api/accounts", limit=1)["items"][0]
    admin.open("/inbox?whose=all")
    expect(page.get_by_role("button", name="Open").first).to_be_visible()
    page.keyboard.press("c")
    page.get_by_role("combobox", name="Account").fill(account["name"][:-1])
    page.get_by_role("option", name=account["external_id"]).click()
    page.get_by_label("What to do").fill("Ask for a reference")
    page.get_by_label("Urgency").select_option("critical")
    page.get_by_role("button", name="Make task").click()
    expect(page.get_by_text("Task made")).to_be_visible()
    box = page.get_by_label("Select the task Ask for a reference")
    box.check()
    page.get_by_label("Snooze 1").select_option("3")
    expect(box).to_have_count(0)
    page.get_by_role("listitem").filter(has_text="1 snoozed").get_by_role("button", name="Undo").click()
    expect(box).to_be_visible()
