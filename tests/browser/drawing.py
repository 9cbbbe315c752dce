"""Hands at the builder: journeys put there, the mouse that drags, and keys alone.

Gives: draft(), put(), open_builder(), begin_by_mouse(), drag(), way(), settings_of(), Keys
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Company, Desk

FOCUSED = "one => one === document.activeElement"
MICE = """() => { window.mice = 0; for (const kind of ['pointerdown', 'pointermove', 'mousedown', 'wheel', 'touchstart'])
window.addEventListener(kind, () => { window.mice += 1 }, {capture: true, passive: true}) }"""


def draft(company: Company, key: str) -> dict[str, Any]:
    """The newest document of a journey."""
    found = company.get(f"/api/journeys/{key}")
    return dict((found["draft"] or found["live"])["body"]["document"])


def put(company: Company, document: dict[str, Any]) -> None:
    """Keep a draft, whatever is there."""
    answer = httpx.put(
        f"{company.url}/api/journeys/{document['key']}/draft", json={"document": document}, timeout=30, trust_env=False,
        headers={"Authorization": f"Bearer {company.key}", "If-Match": "*"},
    )  # fmt: skip
    assert answer.status_code == 200, answer.text


def board_of(page: Page) -> Locator:
    """The drawing, when it stands."""
    board = page.get_by_role("group", name="Drawing of the journey")
    expect(board).to_have_attribute("data-ready", "yes")
    expect(board.locator("[data-step='@start']")).to_be_visible()
    return board


def open_builder(desk: Desk, key: str) -> Locator:
    """The drawing of a journey that is there."""
    desk.open(f"/journeys/{key}")
    return board_of(desk.page)


def begin_by_mouse(desk: Desk, name: str) -> Locator:
    """A new journey from the list, on an empty page."""
    page = desk.page
    desk.open("/journeys")
    page.get_by_role("button", name="New journey").click()
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_role("button", name="Create the draft").click()
    return board_of(page)


def settings_of(page: Page) -> Locator:
    """The form of what is chosen."""
    return page.get_by_role("complementary")


def way(board: Locator, key: str) -> Locator:
    """The pill of a way out, 'step:port'."""
    return board.locator(f"[data-way='{key}']")


def drag(page: Page, what: Locator, onto: Locator) -> None:
    """By the mouse: press, move in steps, let go over the way."""
    start, end = what.bounding_box(), onto.bounding_box()
    assert start
    assert end
    page.mouse.move(start["x"] + 20, start["y"] + start["height"] / 2)
    page.mouse.down()
    page.mouse.move(end["x"] + end["width"] / 2 + 30, end["y"] + 30, steps=4)
    page.mouse.move(end["x"] + end["width"] / 2, end["y"] + end["height"] / 2, steps=3)
    page.mouse.up()


@dataclass
class Keys:
    """A person without a mouse; whatever a pointer does is counted from the beginning."""

    page: Page

    def __post_init__(self) -> None:
        self.page.evaluate(MICE)

    def press(self, *keys: str) -> None:
        """One after the other."""
        for key in keys:
            self.page.keyboard.press(key)

    def to(self, wanted: Locator, by: str = "Tab", most: int = 40) -> None:
        """Walk with Tab until the focus is there; farther than `most` stops away is too far."""
        wanted.wait_for(state="attached")
        steps = 0
        while not wanted.evaluate(FOCUSED):
            steps += 1
            assert steps <= most, f"not reached with {most} x {by}: {wanted}"
            self.page.keyboard.press(by)

    def write(self, where: Locator, text: str, by: str = "Tab") -> None:
        """Go to a field and say this instead of what is there."""
        self.to(where, by)
        self.press("Control+a")
        self.page.keyboard.type(text)

    def choose(self, where: Locator, label: str) -> None:
        """Walk a list of choices with the arrows from its top until this one is taken."""
        self.to(where)
        self.press("Home")
        for _ in range(where.locator("option").count()):
            if where.evaluate("one => one.selectedOptions[0].textContent") == label:
                break
            self.press("ArrowDown")
        expect(where.locator("option:checked")).to_have_text(label)

    def on(self, board: Locator, step: str) -> None:
        """It is this step that has the focus."""
        expect(board.locator(f"[data-step='{step}']")).to_be_focused()

    def edit(self) -> Locator:
        """Into the form of the step that has the focus."""
        self.press("Enter")
        form = settings_of(self.page)
        expect(form.locator(":focus")).to_have_count(1)
        return form

    def find(self, board: Locator, words: str, step: str) -> None:
        """To a step by its name, wherever one is."""
        self.press("f")
        expect(self.page.get_by_placeholder("Search")).to_be_focused()
        self.page.keyboard.type(words)
        self.press("Enter")
        self.on(board, step)

    def lead(self, board: Locator, way_key: str, words: str) -> None:
        """Let a way out of the chosen step lead to one that is there."""
        self.to(way(board, way_key), most=12)
        self.press("Enter")
        expect(self.page.get_by_placeholder("Search")).to_be_focused()
        self.page.keyboard.type(words)
        self.press("Enter")
        expect(self.page.get_by_placeholder("Search")).to_have_count(0)

    def used_no_mouse(self) -> bool:
        """Since the beginning."""
        return bool(self.page.evaluate("window.mice === 0"))
