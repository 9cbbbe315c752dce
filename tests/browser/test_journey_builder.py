"""Drawing journeys: by mouse and by keyboard alone, by two people at once, by one who may not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.conftest import ADMIN, Company, Desk


def draft(company: Company, key: str) -> dict[str, Any]:
    found = company.get(f"/api/journeys/{key}")
    return dict((found["draft"] or found["live"])["body"]["document"])


def put(company: Company, document: dict[str, Any]) -> None:
    """Keep a draft, whatever is there."""
    answer = httpx.put(
        f"{company.url}/api/journeys/{document['key']}/draft", json={"document": document}, timeout=30, trust_env=False,
        headers={"Authorization": f"Bearer {company.key}", "If-Match": "*"},
    )  # fmt: skip
    assert answer.status_code == 200, answer.text


def small(key: str, steps: int = 2) -> dict[str, Any]:
    """Waits one after another, then an exit."""
    waits = {
        f"w{n}": {"kind": "wait", "for": {"days": n + 1}, "ports": {"next": f"w{n + 1}" if n < steps - 1 else "end"}}
        for n in range(steps)
    }
    return {
        "key": key, "name": f"Journey {key}", "owner": ADMIN, "consent": "success", "entry": [{"manual": True}],
        "start": "w0", "steps": {**waits, "end": {"kind": "exit"}},
    }  # fmt: skip


def open_builder(desk: Desk, key: str) -> Locator:
    desk.open(f"/journeys/{key}")
    board = desk.page.get_by_role("group", name="Drawing of the journey")
    expect(board).to_have_attribute("data-ready", "yes")
    expect(board.locator("[data-step='@start']")).to_be_visible()
    return board


def begin(desk: Desk, name: str) -> Locator:
    """A new journey from the list, on an empty page."""
    page = desk.page
    desk.open("/journeys")
    page.get_by_role("button", name="New journey").click()
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_role("button", name="Create the draft").click()
    board = page.get_by_role("group", name="Drawing of the journey")
    expect(board).to_have_attribute("data-ready", "yes")
    return board


def enters_by_hand(page: Page) -> None:
    page.get_by_role("button", name="Add Entries").click()
    page.get_by_label("Kind of Entries 1").select_option(label="By hand")


def settings_of(page: Page) -> Locator:
    return page.get_by_role("complementary")


def drag(page: Page, what: Locator, way: Locator) -> None:
    """By the mouse: press, move in steps, let go over the way."""
    start, end = what.bounding_box(), way.bounding_box()
    assert start
    assert end
    page.mouse.move(start["x"] + 20, start["y"] + start["height"] / 2)
    page.mouse.down()
    page.mouse.move(end["x"] + end["width"] / 2 + 30, end["y"] + 30, steps=4)
    page.mouse.move(end["x"] + end["width"] / 2, end["y"] + end["height"] / 2, steps=3)
    page.mouse.up()


def way(board: Locator, key: str) -> Locator:
    return board.locator(f"[data-way='{key}']")


@pytest.fixture
def other(chromium: Browser, company: Company) -> Iterator[Desk]:
    """A second person at a desk of their own."""
    context = chromium.new_context(viewport={"width": 1440, "height": 860}, reduced_motion="reduce", locale="en-GB")
    yield Desk(context.new_page(), company, [])
    context.close()


def publish(page: Page) -> None:
    page.keyboard.press("Control+s")
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Publish", exact=True)).to_be_enabled()
    page.get_by_role("button", name="Publish", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Publish", exact=True).click()
    expect(page.get_by_text("Version 1 is live.")).to_be_visible()


def walks_through(desk: Desk, key: str, account: str) -> None:
    """An account is put in by hand, and its run is seen among those of the journey."""
    desk.company.post(f"/api/journeys/{key}/enter", {"account": account})
    name = desk.company.get(f"/api/accounts/{account}")["name"]
    desk.page.get_by_role("link", name="Runs").click()
    expect(desk.page.get_by_role("main").get_by_text(name).first).to_be_visible(timeout=30_000)


def test_ops_draws_churn_prevention_by_mouse_and_an_account_walks_through_it(admin: Desk) -> None:
    page, company = admin.page, admin.company
    board = begin(admin, "Save them with a mouse")
    enters_by_hand(page)
    palette = page.get_by_role("region", name="Add a step")
    drag(page, palette.get_by_role("button", name="Branch"), way(board, "@start"))
    settings_of(page).get_by_role("textbox", name="If", exact=True).fill("health.score < 60")
    way(board, "condition:else").click()
    page.get_by_role("option", name=re.compile("^Exit")).click()
    drag(page, palette.get_by_role("button", name="Task"), way(board, "condition:yes"))
    settings_of(page).get_by_role("textbox", name=re.compile("^Title")).fill("Call {{ account.name }}")
    settings_of(page).get_by_text("More settings").click()
    page.get_by_role("button", name="Add Rung").click()
    settings_of(page).get_by_label("Hours", exact=True).last.fill("4")
    drag(page, palette.get_by_role("button", name="Wait for"), way(board, "task:done"))
    settings_of(page).get_by_role("textbox", name="Condition", exact=True).fill("health.score >= 70")
    drag(page, palette.get_by_role("button", name="Message"), way(board, "wait-for:timeout"))
    settings_of(page).get_by_label(re.compile("^Template")).first.fill("health-check-in")
    way(board, "wait-for:next").click()
    page.get_by_role("option", name=re.compile("^Goal")).click()
    way(board, "message:next").click()
    page.get_by_role("option", name=re.compile("^Exit")).first.click()
    publish(page)
    kinds = sorted(one["kind"] for one in draft(company, "save-them-with-a-mouse")["steps"].values())
    assert kinds == ["condition", "exit", "exit", "goal", "message", "task", "wait_for"]
    account = company.get("/api/accounts", sort="score", limit=1)["items"][0]["external_id"]
    walks_through(admin, "save-them-with-a-mouse", account)


def test_the_same_is_drawn_by_keyboard_alone(admin: Desk) -> None:
    page, company = admin.page, admin.company
    put(
        company,
        {
            "key": "by-keys",
            "name": "By keys",
            "owner": ADMIN,
            "consent": "success",
            "entry": [{"manual": True}],
            "steps": {},
        },
    )
    board = open_builder(admin, "by-keys")
    board.locator("[data-step='@start']").focus()
    page.keyboard.press("1")  # a branch
    expect(board.locator("[data-step='condition']")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    page.keyboard.press("3")  # a task on the way 'yes'
    expect(board.locator("[data-step='task']")).to_be_focused()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("9")  # an exit on the way 'else'
    expect(board.locator("[data-step='exit']")).to_be_focused()
    page.keyboard.press("ArrowLeft")
    expect(board.locator("[data-step='task']")).to_be_focused()
    page.keyboard.press("F2")
    page.keyboard.type("Call them")
    page.keyboard.press("Escape")
    expect(board.locator("[data-step='task']")).to_be_focused()
    page.keyboard.press("8")  # a goal behind it
    expect(board.locator("[data-step='goal']")).to_be_focused()
    page.keyboard.press("Control+s")
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    steps = draft(company, "by-keys")["steps"]
    assert steps["task"]["name"] == "Call them"
    assert steps["condition"]["ports"] == {"yes": "task", "else": "exit"}
    assert steps["task"]["ports"] == {"done": "goal"}


def test_undo_redo_copy_and_paste_between_journeys(admin: Desk) -> None:
    page, company = admin.page, admin.company
    put(company, small("from-here", 3))
    put(company, small("to-there", 1))
    board = open_builder(admin, "from-here")
    board.locator("[data-step='w1']").click()
    page.keyboard.press("Delete")
    expect(board.locator("[data-step='w1']")).to_have_count(0)
    page.keyboard.press("Control+z")
    expect(board.locator("[data-step='w1']")).to_be_visible()
    page.keyboard.press("Control+Shift+z")
    expect(board.locator("[data-step='w1']")).to_have_count(0)
    page.keyboard.press("Control+z")
    board.locator("[data-step='w0']").click()
    board.locator("[data-step='w1']").click(modifiers=["Shift"])
    page.keyboard.press("Control+c")
    expect(page.get_by_text("2 steps copied.")).to_be_visible()
    board = open_builder(admin, "to-there")
    board.locator("[data-step='w0']").click()
    page.keyboard.press("Control+v")
    expect(board.locator("[data-step]")).to_have_count(5)
    page.keyboard.press("Control+s")
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    kept = draft(company, "to-there")
    assert len(kept["steps"]) == 4
    assert [one["for"] for one in kept["steps"].values() if one["kind"] == "wait"].count({"days": 2}) == 1


def test_two_people_draw_the_same_journey_and_the_second_is_told(admin: Desk, other: Desk) -> None:
    page = admin.page
    put(admin.company, small("shared"))
    other.sign_in()
    mine = open_builder(admin, "shared")
    theirs = open_builder(other, "shared")
    mine.locator("[data-step='w0']").click()
    page.keyboard.press("F2")
    page.keyboard.type("Mine")
    theirs.locator("[data-step='w1']").click()
    other.page.keyboard.press("F2")
    other.page.keyboard.type("Theirs")
    other.page.keyboard.press("Control+s")
    expect(other.page.get_by_text("Saved", exact=True)).to_be_visible()
    page.keyboard.press("Control+s")
    told = page.get_by_role("dialog", name="Somebody else saved this journey meanwhile")
    expect(told).to_contain_text("Theirs")
    expect(told.get_by_role("button", name="Copy mine")).to_be_visible()
    told.get_by_role("button", name="Keep mine").click()
    expect(told).to_have_count(0)
    expect(page.get_by_text("Unsaved changes")).to_have_count(0)
    steps = draft(admin.company, "shared")["steps"]
    assert (steps["w0"]["name"], steps["w1"].get("name")) == ("Mine", None)
    expect(theirs.locator("[data-step='w0']")).to_contain_text("Mine")  # nothing was changed there: it follows
    admin.errors.clear()  # the browser itself tells of the 412


def test_a_viewer_looks_and_is_refused_with_words(desk: Desk) -> None:
    company = desk.company
    put(company, small("looked-at"))
    viewer = {"email": "view@ridgeline.example.com", "name": "Vi Ewer", "role": "viewer", "password": company.password}
    company.post("/api/members", viewer)
    desk.sign_in("view@ridgeline.example.com")
    board = open_builder(desk, "looked-at")
    expect(desk.page.get_by_text("You may not publish: it needs the permission journeys:publish.")).to_be_visible()
    expect(desk.page.get_by_role("button", name="Save")).to_be_disabled()
    expect(desk.page.get_by_role("button", name="Save")).to_have_attribute("title", re.compile("journeys:write"))
    board.locator("[data-step='w0']").click()
    desk.page.keyboard.press("3")
    expect(desk.page.get_by_text("You may look, and not change.")).to_be_visible()
    expect(board.locator("[data-step]")).to_have_count(4)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_builder_passes_axe(chromium: Browser, company: Company, theme: Any) -> None:
    put(company, small("for-axe"))
    context = chromium.new_context(viewport={"width": 1440, "height": 860}, reduced_motion="reduce", color_scheme=theme)
    desk = Desk(context.new_page(), company, [])
    desk.sign_in()
    board = open_builder(desk, "for-axe")
    board.locator("[data-step='w0']").click()
    drawn = Axe().run(desk.page, options={"resultTypes": ["violations"]}).response["violations"]
    desk.page.get_by_role("button", name="Outline").click()
    expect(desk.page.get_by_role("tree")).to_be_visible()
    listed = Axe().run(desk.page, options={"resultTypes": ["violations"]}).response["violations"]
    context.close()
    assert [f"{one['id']}: {one['nodes'][0]['html'][:160]}" for one in [*drawn, *listed]] == []
