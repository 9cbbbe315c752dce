"""Drawing journeys: in another order, from one to another, by two people at once, by one who may not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect

from tests.browser.conftest import ADMIN, Company, Desk
from tests.browser.drawing import Keys, board_of, draft, open_builder, put, settings_of


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


@pytest.fixture
def other(chromium: Browser, company: Company) -> Iterator[Desk]:
    """A second person at a desk of their own."""
    context = chromium.new_context(viewport={"width": 1440, "height": 860}, reduced_motion="reduce", locale="en-GB")
    yield Desk(context.new_page(), company, [])
    context.close()


def test_steps_and_branches_are_ordered_and_switched_off_by_keys_and_stand_in_the_address(admin: Desk) -> None:
    page, company = admin.page, admin.company
    branches = [{"if": "health.score < 40", "port": "low"}, {"if": "health.score < 70", "port": "middle"}]
    document = small("in-order", 2)
    document["steps"]["w1"]["ports"]["next"] = "which"
    document["steps"]["which"] = {
        "kind": "condition",
        "branches": branches,
        "ports": {"low": "end", "middle": "call", "else": "end"},
    }
    document["steps"]["call"] = {"kind": "task", "title": "Call", "ports": {"done": "end"}}
    put(company, document)
    admin.open("/journeys/in-order?step=call")  # a link to a step
    board = board_of(page)
    expect(settings_of(page).get_by_role("heading", name="Task")).to_be_visible()
    hands = Keys(page)
    page.locator("body").press("ArrowDown")
    hands.on(board, "call")
    hands.press("Alt+Shift+ArrowLeft")
    hands.on(board, "call")
    expect(page.get_by_text("Call comes earlier.")).to_be_visible()
    hands.press("d")
    expect(board.locator("[data-step='call']")).to_contain_text("off")
    hands.press("ArrowUp", "ArrowUp", "Alt+ArrowUp")
    hands.on(board, "w1")
    expect(page).to_have_url(re.compile("step=w1"))
    hands.press("p")
    page.get_by_role("list", name="Problems").get_by_role("button", name=re.compile("switched off")).click()
    expect(page).to_have_url(re.compile("step=call"))
    page.go_back()  # to where one was before the jump
    expect(page).to_have_url(re.compile("step=w1"))
    expect(settings_of(page).get_by_role("heading", name="Wait")).to_be_visible()
    hands.press("?")
    listed = page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(listed).to_contain_text("Switch the step off or on")
    expect(listed).to_contain_text("Commands")
    hands.press("Escape", "o")
    tree = page.get_by_role("tree")
    tree.get_by_role("treeitem", name=re.compile("Wait: ")).first.press("Alt+ArrowDown")
    page.keyboard.press("Control+s")
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    kept = draft(company, "in-order")
    assert [one["port"] for one in kept["steps"]["which"]["branches"]] == ["middle", "low"]
    assert kept["steps"]["call"]["disabled"] is True
    assert (kept["start"], kept["steps"]["w0"]["ports"]["next"]) == ("w0", "w1")


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
