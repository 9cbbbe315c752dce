"""One journey of several stages, from an empty page to a live account on its way: by mouse, and by keyboard alone."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.conftest import Company, Desk
from tests.browser.drawing import Keys, begin_by_mouse, board_of, draft, drag, settings_of, way

CRITICAL, HIGH, MEDIUM = "churn.probability >= 0.8 or health.score < 40", "health.score < 55", "health.score < 70"
SPONSOR, DECIDE, CALL = (
    "Reach the sponsor of {{ account.name }} today",
    "{{ account.name }} does not recover: decide what we do",
    "Call {{ account.name }}: find the cause",
)
PLAN = "Approve the recovery plan for {{ account.name }}"


def score(compared: str, value: int) -> dict[str, Any]:
    """A comparison of health as the server keeps it."""
    return {"column": "health.score", "is": compared, "value": value}


DRAWN: dict[str, Any] = {
    "consent": "success",
    "owner": "avery.stone@ridgeline.example.com",
    "entry": [{"manual": True}, {"signal": "health-below-60"}],
    "start": "condition",
    "steps": {
        "condition": {
            "kind": "condition", "name": "How grave is it?",
            "branches": [
                {"if": {"any": [{"column": "churn.probability", "is": "at_least", "value": 0.8}, score("below", 40)]}, "port": "critical"},
                {"if": score("below", 55), "port": "high"}, {"if": score("below", 70), "port": "medium"},
            ],
            "ports": {"critical": "task", "high": "task-3", "medium": "message", "else": "message-2"},
        },
        "task": {
            "kind": "task", "title": SPONSOR, "risk_level": "critical", "escalation": [{"after": {"hours": 4}}],
            "choices": ["reached", "unreachable"], "ports": {"reached": "wait-for", "unreachable": "approval"},
        },
        "approval": {"kind": "approval", "title": PLAN, "ports": {"approved": "wait-for", "rejected": "exit-3"}},
        "task-3": {"kind": "task", "title": CALL, "risk_level": "high", "ports": {"done": "wait-for"}},
        "message": {"kind": "message", "template": "training-offer", "ports": {"next": "wait-for"}},
        "message-2": {"kind": "message", "template": "health-check-in", "ports": {"next": "exit-2"}},
        "wait-for": {
            "kind": "wait_for", "name": "Health recovers", "condition": score("at_least", 70), "timeout": {"days": 14},
            "ports": {"next": "goal", "timeout": "task-2"},
        },
        "task-2": {
            "kind": "task", "title": DECIDE, "risk_level": "critical", "assignee": "manager",
            "choices": ["executive_call", "accept_risk"], "ports": {"executive_call": "goal", "accept_risk": "exit"},
        },
        "goal": {"kind": "goal", "name": "Recovered"}, "exit": {"kind": "exit"}, "exit-2": {"kind": "exit"}, "exit-3": {"kind": "exit"},
    },
}  # fmt: skip


def published(company: Company, key: str) -> dict[str, Any]:
    """What was drawn, apart from its key and name."""
    return {part: value for part, value in draft(company, key).items() if part not in ("key", "name", "format")}


def sickest(company: Company) -> dict[str, Any]:
    """The account that is worst off: it goes the critical way."""
    return dict(company.get("/api/accounts", sort="score", limit=1)["items"][0])


def goes_on(page: Page, company: Company, account: dict[str, Any], key: str) -> None:
    """On the run's own page: it stands at the first task; somebody does that, and it is seen to go on without a reload."""
    expect(page.get_by_role("heading", name=f"Run of {account['name']}")).to_be_visible()
    stands = page.locator("section").filter(has=page.get_by_role("heading", name="Where it stands"))
    expect(stands).to_contain_text("Reach the sponsor")
    (run,) = company.get("/api/runs", journey=key)["items"]
    (task,) = [
        one for one in company.get("/api/tasks", account=account["external_id"])["items"] if one["run_id"] == run["id"]
    ]
    company.post(f"/api/tasks/{task['id']}/complete", {"outcome": "reached"})
    expect(stands).to_contain_text("Health recovers", timeout=30_000)


def test_ops_draws_churn_prevention_by_mouse_and_a_live_account_walks_through_it(admin: Desk) -> None:
    page, company, key = admin.page, admin.company, "drawn-by-mouse"
    board = begin_by_mouse(admin, "Drawn by mouse")
    palette, form = page.get_by_role("region", name="Add a step"), settings_of(page)

    def carry(kind: str, onto: str) -> None:
        page.get_by_role("button", name="Whole journey").click()
        drag(page, palette.locator(f"[data-kind='{kind}']"), way(board, onto))

    def leads(onto: str, name: str) -> None:
        page.get_by_role("button", name="Whole journey").click()
        way(board, onto).click()
        page.get_by_role("option", name=name).last.click()

    def says(label: str, text: str, number: int = 0) -> None:
        form.get_by_label(re.compile(f"^{re.escape(label)}( ?\\(required\\))?$")).nth(number).fill(text)

    def chooses(*choices: str) -> None:
        form.get_by_text("More settings").click()
        for number, choice in enumerate(choices, 1):
            form.get_by_role("button", name="Add Outcomes").click()
            says(f"Outcomes {number}", choice)
        form.get_by_role("heading", name="Ways out").click()

    for number, entry in enumerate(("By hand", "A trigger fires"), 1):
        form.get_by_role("button", name="Add Entries").click()
        form.get_by_label(f"Kind of Entries {number}").select_option(label=entry)
    says("Signal of the trigger", "health-below-60")

    carry("condition", "@start")
    says("Name", "How grave is it?")
    for number, (condition, port) in enumerate(((CRITICAL, "critical"), (HIGH, "high"), (MEDIUM, "medium"))):
        if number:
            form.get_by_role("button", name="Add Branch").click()
        form.get_by_role("textbox", name="If", exact=True).nth(number).fill(condition)
        says("Port", port, number)
    form.get_by_role("heading", name="Ways out").click()
    carry("task", "condition:critical")
    says("Title", SPONSOR)
    form.get_by_label("Urgency").select_option("critical")
    chooses("reached", "unreachable")
    form.get_by_role("button", name="Add Rung").click()
    says("Days", "")
    says("Hours", "4")
    carry("wait_for", "task:reached")
    says("Name", "Health recovers")
    form.get_by_role("textbox", name="Condition", exact=True).fill("health.score >= 70")
    carry("goal", "wait-for:next")
    says("Name", "Recovered")
    carry("task", "wait-for:timeout")
    says("Title", DECIDE)
    form.get_by_label("Urgency").select_option("critical")
    says("For", "manager")
    chooses("executive_call", "accept_risk")
    leads("task-2:executive_call", "Recovered")
    carry("exit", "task-2:accept_risk")
    carry("task", "condition:high")
    says("Title", CALL)
    form.get_by_label("Urgency").select_option("high")
    leads("task-3:done", "Health recovers")
    carry("message", "condition:medium")
    says("Template", "training-offer")
    leads("message:next", "Health recovers")
    carry("message", "condition:else")
    says("Template", "health-check-in")
    carry("exit", "message-2:next")
    carry("approval", "task:unreachable")
    says("Question", PLAN)
    leads("approval:approved", "Health recovers")
    carry("exit", "approval:rejected")

    page.get_by_role("button", name="Simulate 90 days").click()
    told = page.get_by_role("region", name="Simulation")
    expect(told.get_by_text(re.compile("answered in"))).to_be_visible(timeout=60_000)
    expect(told.get_by_role("term").filter(has_text="entered").first).to_be_visible()
    told.get_by_role("button", name="Close the simulation").click()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    page.get_by_role("button", name="Publish", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Publish", exact=True).click()
    expect(page.get_by_text("Version 1 is live.")).to_be_visible()
    assert published(company, key) == DRAWN

    account = sickest(company)
    page.get_by_role("link", name="Runs").click()
    page.get_by_role("button", name="Let accounts in").click()
    page.get_by_label("Account", exact=True).fill(account["name"])
    page.get_by_role("dialog").get_by_role("button", name=re.compile(re.escape(account["external_id"]))).click()
    page.get_by_role("dialog").get_by_role("button", name="Let it in").click()
    page.get_by_role("dialog").get_by_role("button", name="Close", exact=True).click()
    page.get_by_role("main").get_by_role("link", name=account["name"]).first.click(timeout=30_000)
    goes_on(page, company, account, key)


def test_the_same_is_drawn_by_keyboard_alone_and_an_account_walks_through_it(admin: Desk) -> None:
    page, company, key = admin.page, admin.company, "drawn-by-keys"
    hands = Keys(page)
    hands.press("g", "j")
    expect(page.get_by_role("heading", name="Journeys")).to_be_focused()
    hands.to(page.get_by_role("button", name="New journey"))
    hands.press("Enter")
    expect(page.get_by_label("Name", exact=True)).to_be_focused()
    page.keyboard.type("Drawn by keys")
    hands.press("Enter")
    board = board_of(page)
    expect(page.get_by_role("heading", name="Drawn by keys")).to_be_focused()
    hands.press("ArrowDown")
    hands.on(board, "@start")

    form = hands.edit()
    for number, entry in enumerate(("By hand", "A trigger fires"), 1):
        hands.to(form.get_by_role("button", name="Add Entries"))
        hands.press("Enter")
        expect(form.get_by_label(f"Kind of Entries {number}")).to_be_focused()
        hands.choose(form.get_by_label(f"Kind of Entries {number}"), entry)
    hands.write(form.get_by_label(re.compile("^Signal of the trigger")), "health-below-60")
    hands.press("Escape")
    hands.on(board, "@start")

    hands.press("1")
    hands.on(board, "condition")
    hands.edit()
    for number, (condition, port) in enumerate(((CRITICAL, "critical"), (HIGH, "high"), (MEDIUM, "medium"))):
        if number:
            hands.to(form.get_by_role("button", name="Add Branch"))
            hands.press("Enter")
        hands.write(form.get_by_role("textbox", name="If", exact=True).nth(number), condition)
        hands.write(form.get_by_label(re.compile("^Port")).nth(number), port)
    hands.press("Escape", "F2")
    page.keyboard.type("How grave is it?")
    hands.press("Escape")
    hands.on(board, "condition")

    hands.press("3")
    hands.on(board, "task")
    task(hands, SPONSOR, "critical", "reached", "unreachable")
    hands.to(form.get_by_role("button", name="Add Rung"))
    hands.press("Enter")
    hands.write(form.get_by_label("Hours", exact=True), "4")
    hands.to(form.get_by_label("Days", exact=True), by="Shift+Tab")
    hands.press("Control+a", "Delete")
    hands.press("Escape", "5")
    hands.on(board, "wait-for")
    hands.edit()
    hands.write(form.get_by_role("textbox", name="Condition", exact=True), "health.score >= 70")
    named(hands, "Health recovers")
    hands.press("8")
    hands.on(board, "goal")
    hands.press("F2")
    page.keyboard.type("Recovered")
    hands.press("Escape", "ArrowUp", "3")
    hands.on(board, "task-2")
    task(hands, DECIDE, "critical", "executive_call", "accept_risk")
    hands.write(form.get_by_label(re.compile("^For")), "manager", by="Shift+Tab")
    hands.press("Escape")
    hands.on(board, "task-2")
    hands.lead(board, "task-2:executive_call", "Recovered")
    hands.find(board, "Decide what", "task-2")
    hands.press("9")
    hands.on(board, "exit")
    for kind, step, text in (
        ("3", "task-3", CALL),
        ("2", "message", "training-offer"),
        ("2", "message-2", "health-check-in"),
    ):
        hands.find(board, "How grave", "condition")
        hands.press(kind)
        hands.on(board, step)
        hands.edit()
        page.keyboard.type(text)
        hands.press("Escape")
        hands.on(board, step)
    hands.press("9")
    hands.on(board, "exit-2")
    hands.find(board, "training-offer", "message")
    hands.lead(board, "message:next", "Health recovers")
    hands.find(board, "find the cause", "task-3")
    hands.edit()
    hands.choose(form.get_by_label("Urgency"), "high")
    hands.press("Escape")
    hands.lead(board, "task-3:done", "Health recovers")
    hands.find(board, "Reach the sponsor", "task")
    hands.press("7")
    hands.on(board, "approval")
    hands.edit()
    page.keyboard.type(PLAN)
    hands.press("Escape")
    hands.lead(board, "approval:approved", "Health recovers")
    hands.find(board, "Approve the", "approval")
    hands.press("9")
    hands.on(board, "exit-3")

    hands.press("s")
    told = page.get_by_role("region", name="Simulation")
    expect(told.get_by_text(re.compile("answered in"))).to_be_visible(timeout=60_000)
    expect(told.get_by_role("term").filter(has_text="entered").first).to_be_visible()
    hands.press("s", "Control+s")
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    hands.press("Control+Enter")
    hands.to(page.get_by_role("dialog").get_by_role("button", name="Publish", exact=True))
    hands.press("Enter")
    expect(page.get_by_text("Version 1 is live.")).to_be_visible()
    assert published(company, key) == DRAWN

    account = sickest(company)
    hands.to(page.get_by_role("link", name="Runs"), by="Shift+Tab", most=60)
    hands.press("Enter")
    hands.to(page.get_by_role("button", name="Let accounts in"))
    hands.press("Enter")
    hands.write(page.get_by_label("Account", exact=True), account["name"])
    hands.to(page.get_by_role("dialog").get_by_role("button", name=re.compile(re.escape(account["external_id"]))))
    hands.press("Enter")
    hands.to(page.get_by_role("dialog").get_by_role("button", name="Let it in"))
    hands.press("Enter", "Escape")
    hands.to(page.get_by_role("main").get_by_role("link", name=account["name"]).first, most=80)
    hands.press("Enter")
    goes_on(page, company, account, key)
    assert hands.used_no_mouse()


def task(hands: Keys, title: str, urgency: str, *choices: str) -> None:
    """The form of a task: the focus begins where something is missing."""
    form = hands.edit()
    hands.page.keyboard.type(title)
    hands.choose(form.get_by_label("Urgency"), urgency)
    hands.to(form.get_by_text("More settings"))
    hands.press("Enter")
    for number, choice in enumerate(choices, 1):
        hands.to(form.get_by_role("button", name="Add Outcomes"))
        hands.press("Enter")
        hands.write(form.get_by_label(re.compile(f"^Outcomes {number}")), choice)


def named(hands: Keys, name: str) -> None:
    """Out of the form, and a name for the step."""
    hands.press("Escape", "F2")
    hands.page.keyboard.type(name)
    hands.press("Escape")
