"""The door of the workspace."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.conftest import Desk


def test_a_member_comes_in_and_leaves(admin: Desk) -> None:
    expect(admin.page.get_by_text("Avery Stone")).to_be_visible()
    admin.page.get_by_role("button", name="Sign out").click()
    expect(admin.page.get_by_label("Password")).to_be_visible()


def test_a_reload_keeps_the_session(admin: Desk) -> None:
    admin.page.reload()
    expect(admin.page.get_by_role("heading", name="Today")).to_be_visible()


def test_a_wrong_password_is_refused_with_words(desk: Desk) -> None:
    desk.sign_in(password="not the password")
    expect(desk.page.get_by_role("alert")).to_contain_text("password")
    desk.errors.clear()  # the browser itself tells of the 401


def test_a_management_key_opens_the_workspace_for_the_first_setup(desk: Desk) -> None:
    desk.open("/")
    desk.page.get_by_role("button", name="Use a management key instead").click()
    desk.page.get_by_label("Management key").fill("fsw_a_write_key")
    desk.page.get_by_role("button", name="Sign in").click()
    expect(desk.page.get_by_role("alert")).to_contain_text("begins with fsk_")
    desk.page.get_by_label("Management key").fill(desk.company.key)
    desk.page.get_by_role("button", name="Sign in").click()
    expect(desk.page.get_by_role("heading", name="Today")).to_be_visible()
