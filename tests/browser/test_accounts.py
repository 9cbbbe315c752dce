"""Finding customers and looking at one."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.conftest import Desk


def test_the_address_holds_filter_sort_and_view(admin: Desk) -> None:
    page = admin.page
    admin.open("/accounts")
    page.get_by_role("button", name="ARR").click()
    page.wait_for_url(re.compile("sort=arr"))
    page.get_by_role("button", name="ARR").click()
    expect(page.get_by_role("columnheader", name="ARR")).to_have_attribute("aria-sort", "descending")
    richest = admin.company.get("/api/accounts", sort="-arr", limit=1)["items"][0]
    expect(page.get_by_role("row").nth(1)).to_contain_text(richest["name"])
    page.keyboard.press("/")
    page.keyboard.type(richest["external_id"])
    page.wait_for_url(re.compile(f"q={richest['external_id']}"))
    expect(page.get_by_role("row")).to_have_count(2)
    page.reload()
    expect(page.get_by_role("row")).to_have_count(2)


def test_no_match_says_so_and_offers_the_way_back(admin: Desk) -> None:
    admin.open("/accounts?q=nobody-is-called-this")
    expect(admin.page.get_by_text("No account matches.")).to_be_visible()
    admin.page.get_by_role("link", name="Clear filters").click()
    expect(admin.page.get_by_role("row").nth(1)).to_be_visible()


def test_an_account_tells_its_health_with_reasons_and_every_tab_opens(admin: Desk) -> None:
    page = admin.page
    worst = admin.company.get("/api/accounts", sort="score", limit=1)["items"][0]
    admin.open(f"/accounts/{worst['external_id']}")
    expect(page.get_by_role("heading", name=worst["name"])).to_be_visible()
    expect(page.get_by_text("Why this score")).to_be_visible()
    expect(page.get_by_role("img", name="Health, last 90 days")).to_be_visible()
    page.get_by_role("button", name="Show as table").click()
    expect(page.get_by_role("region", name="Health, last 90 days").get_by_role("row").nth(1)).to_be_visible()
    for tab in ("Timeline", "Health", "Usage", "People", "Billing", "Tasks and signals", "Journeys"):
        page.get_by_role("navigation", name=worst["name"]).get_by_role("link", name=tab).click()
        expect(page.get_by_role("main").get_by_role("status")).to_have_count(0)
        expect(page.get_by_role("alert")).to_have_count(0)


def test_an_unknown_account_is_told_as_such(admin: Desk) -> None:
    admin.open("/accounts/no-such-account")
    expect(admin.page.get_by_text("There is no account with this id.")).to_be_visible()
    admin.errors.clear()  # the browser itself tells of the 404


def test_the_palette_finds_an_account_by_what_is_typed(admin: Desk) -> None:
    one = admin.company.get("/api/accounts", limit=1)["items"][0]
    admin.page.keyboard.press("Control+k")
    admin.page.keyboard.type(one["name"])
    admin.page.get_by_role("option", name=one["name"]).click()
    expect(admin.page.get_by_role("heading", name=one["name"])).to_be_visible()


def test_all_rows_of_the_filter_are_exported(admin: Desk) -> None:
    admin.open("/accounts")
    with admin.page.expect_download() as download:
        admin.page.get_by_role("button", name="Export CSV").click()
    lines = download.value.path().read_text().splitlines()
    assert len(lines) == 1 + len(admin.company.get("/api/accounts", limit=200)["items"])
