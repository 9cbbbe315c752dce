"""An administrator sets the workspace up, and a viewer is told why they may not."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.conftest import Desk

PASSWORD = "a long enough password"


def test_an_admin_adds_a_viewer_who_then_reads_and_is_refused_with_words(admin: Desk) -> None:
    page = admin.page
    admin.open("/settings")
    page.get_by_role("button", name="Add a member").click()
    form = page.get_by_role("dialog")
    form.get_by_label("E-mail").fill("vi@ridgeline.example.com")
    form.get_by_label("Name").fill("Vi Ewer")
    form.get_by_label("Role").select_option("viewer")
    form.get_by_label("First password").fill(PASSWORD)
    form.get_by_role("button", name="Add a member").click()
    expect(page.get_by_text("Shown this once")).to_be_visible()
    expect(page.get_by_role("dialog").get_by_text(PASSWORD)).to_be_visible()
    page.get_by_role("button", name="Done").click()
    expect(page.get_by_role("row", name=re.compile("vi@ridgeline"))).to_contain_text("can sign in")
    page.get_by_role("button", name="Sign out").click()
    admin.sign_in("vi@ridgeline.example.com", PASSWORD)
    expect(page.get_by_role("heading", name="Today")).to_be_visible()
    admin.errors.clear()  # what was asked for while signing out is refused, and the browser tells of it
    admin.open("/settings")
    expect(page.get_by_role("note")).to_contain_text("members:admin")
    expect(page.get_by_role("note")).to_contain_text("Admin")
    expect(page.get_by_role("button", name="Add a member")).to_be_disabled()
    admin.open("/audit")
    expect(page.get_by_role("note")).to_contain_text("audit:read")


def test_the_last_admin_cannot_shut_themselves_out(admin: Desk) -> None:
    admin.open("/settings")
    admin.page.get_by_role("button", name="Disable: Avery Stone").click()
    admin.page.get_by_role("dialog").get_by_role("button", name="Disable").click()
    expect(admin.page.get_by_role("alert")).to_contain_text("last admin")
    admin.errors.clear()  # the browser itself tells of the 409


def test_a_key_is_shown_once_and_revoked(admin: Desk) -> None:
    page = admin.page
    admin.open("/settings?tab=keys")
    page.get_by_role("button", name="Make a key").click()
    page.get_by_label("Name").fill("Website")
    page.get_by_role("dialog").get_by_role("button", name="Make a key").click()
    expect(page.get_by_role("dialog").get_by_text(re.compile("^fsw_"))).to_be_visible()
    page.get_by_role("button", name="Done").click()
    page.get_by_role("button", name="Revoke: Website").click()
    page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    expect(page.get_by_text("Website is revoked")).to_be_visible()
    assert admin.company.get("/api/keys")["items"][0]["revoked_at"] is not None


def test_a_calendar_shows_its_next_openings_while_it_is_changed(admin: Desk) -> None:
    page = admin.page
    admin.open("/settings?tab=calendars")
    expect(page.get_by_text("Next openings")).to_be_visible()
    for day in ("Tuesday", "Wednesday", "Thursday", "Friday"):
        page.get_by_role("button", name=f"Take away hours: {day}").click()
    openings = page.locator("section", has_text="Next openings").get_by_role("listitem")
    expect(openings.nth(1)).to_contain_text("Mon")
    expect(openings.nth(2)).to_contain_text("Mon")


def test_a_file_is_understood_tried_and_imported(admin: Desk) -> None:
    page = admin.page
    admin.open("/settings?tab=sources")
    page.get_by_role("button", name="Import a file").click()
    content = b"Customer No;Customer;Region\nnew-1;Larch Works;NO\n;Nameless;SE\n"
    page.get_by_label("File", exact=True).set_input_files(
        {"name": "crm.csv", "mimeType": "text/csv", "buffer": content}
    )
    expect(page.get_by_label("name", exact=True)).to_have_value("Customer")
    page.get_by_label("account_id", exact=True).select_option("Customer No")
    page.get_by_role("button", name="Dry run").click()
    expect(page.get_by_text("nothing was kept")).to_be_visible(timeout=60_000)
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_role("dialog").get_by_text("2 rows: 1 taken, 1 rejected", exact=False)).to_be_visible(
        timeout=60_000
    )
    with page.expect_download() as download:
        page.get_by_role("dialog").get_by_role("button", name="Download rejects").first.click()
    assert "Nameless" in download.value.path().read_text()


def test_what_was_done_is_found_in_the_audit_trail_and_its_chain_holds(admin: Desk) -> None:
    page = admin.page
    admin.open("/audit?kind=member")
    expect(page.get_by_role("row").nth(1)).to_be_visible()
    page.get_by_role("button", name="Verify the chain").click()
    expect(page.get_by_text("entries are as they were written")).to_be_visible()
    page.get_by_role("button", name=re.compile("^#")).first.click()
    expect(page.get_by_role("dialog")).to_contain_text("member")
    page.keyboard.press("Escape")
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV").click()
    assert download.value.path().read_text().startswith("seq,at,actor,action,subject")


def test_a_page_that_an_upgrade_took_away_offers_to_load_the_new_version(admin: Desk) -> None:
    page = admin.page
    page.route(re.compile(r"/assets/Audit-.*\.js"), lambda route: route.abort())
    page.get_by_role("link", name="Audit").click()
    expect(page.get_by_role("heading", name="A new version is there")).to_be_visible()
    page.unroute_all()
    page.get_by_role("button", name="Load anew").click()
    expect(page.get_by_role("heading", name="Audit")).to_be_visible()
    admin.errors.clear()  # the browser itself tells of what it could not load


def test_going_to_a_page_brings_the_focus_to_its_heading_and_the_palette_finds_everything(admin: Desk) -> None:
    page = admin.page
    page.get_by_role("link", name="Accounts").first.click()
    expect(page.get_by_role("heading", name="Accounts")).to_be_focused()
    for typed, found in (("webhooks", "Settings: Webhooks"), ("health-below-60", "Health"), ("dark", "Switch to")):
        page.keyboard.press("Control+k")
        page.keyboard.type(typed)
        expect(page.get_by_role("option", name=re.compile(found)).first).to_be_visible()
        page.keyboard.press("Escape")


def test_the_menu_reaches_every_page_on_a_narrow_screen(admin: Desk) -> None:
    page = admin.page
    page.set_viewport_size({"width": 390, "height": 844})
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("dialog").get_by_role("link", name="Audit").click()
    expect(page.get_by_role("heading", name="Audit")).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)
