"""A text is written with a customer's values, tried on its author and published; the log says why others were not sent."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.conftest import Desk


def test_a_text_is_written_seen_as_a_customer_sent_to_its_author_and_published(admin: Desk) -> None:
    page = admin.page
    one = admin.company.get("/api/accounts", limit=1)["items"][0]
    admin.open("/messages")
    page.get_by_role("button", name="New text").click()
    page.get_by_label("Key", exact=True).fill("autumn-note")
    page.get_by_role("dialog").get_by_role("button", name="New text").click()
    page.get_by_label("Subject", exact=True).fill("News for ")
    page.get_by_label("Subject", exact=True).press("End")
    page.get_by_label("Put in a value").select_option("account.name")
    expect(page.get_by_label("Subject", exact=True)).to_have_value("News for {{ account.name }}")
    page.get_by_label("Body", exact=True).fill("Hello {{ contact.first_name }}, {{ account.nickname }}!")
    expect(page.get_by_text(f"News for {one['name']}")).to_be_visible()
    expect(page.get_by_text("No value for this customer:")).to_contain_text("account.nickname")
    page.get_by_role("button", name="Send it to myself").click()
    expect(page.get_by_text("On its way to avery.stone@")).to_be_visible()
    page.get_by_role("button", name="Save draft").click()
    expect(page.get_by_text("Draft saved")).to_be_visible()
    page.get_by_role("button", name="Review and publish").click()
    page.get_by_role("dialog").get_by_role("button", name="Publish").click()
    expect(page.get_by_text("Version 1 is live")).to_be_visible()
    assert admin.company.get("/api/templates/autumn-note")["live"]["version"] == 1
    admin.open("/messages?tab=log&channel=email")
    expect(page.get_by_role("row", name=re.compile("avery.stone@.*|Sent.*avery.stone@")).first).to_contain_text("Sent")
    admin.errors.clear()  # the browser itself tells of the 404 of a text that is not there yet


def test_the_log_says_why_something_was_not_sent(admin: Desk) -> None:
    page = admin.page
    reasons = admin.company.get("/api/effects/reasons", status="skipped")["items"]
    admin.open("/messages?tab=log&status=skipped")
    expect(page.get_by_role("heading", name="Why")).to_be_visible()
    page.locator("section", has=page.get_by_role("heading", name="Why")).get_by_role("button").first.click()
    page.wait_for_url(re.compile("reason="))
    page.get_by_role("button", name=re.compile("^#")).first.click()
    expect(page.get_by_role("dialog")).to_contain_text("Not sent")
    assert reasons[0]["effects"] > 0


def test_an_answer_of_a_contact_is_kept_with_where_it_came_from(admin: Desk) -> None:
    page = admin.page
    one = next(one for one in admin.company.get("/api/contacts")["items"] if one["name"])
    admin.open("/messages?tab=stops")
    page.get_by_label("Find a contact").fill(one["external_id"])
    page.get_by_role("button", name=re.compile(re.escape(one["name"]))).first.click()
    refuse = page.get_by_role("button", name="Refuse: E-mail, success")
    expect(refuse).to_be_disabled()
    page.get_by_role("heading", name=one["external_id"]).locator("..").get_by_label("Reason").fill(
        "said so on the phone"
    )
    refuse.click()
    expect(page.get_by_role("row", name=re.compile("E-mail, success"))).to_contain_text("said so on the phone")


def test_an_address_is_shut_and_allowed_again(admin: Desk) -> None:
    page = admin.page
    admin.open("/messages?tab=stops")
    page.get_by_label("Address", exact=True).fill("gone@customer.example.com")
    page.get_by_label("Reason", exact=True).first.fill("asked us to")
    page.get_by_role("button", name="Shut").click()
    expect(page.get_by_role("row", name=re.compile("gone@customer"))).to_contain_text("asked us to")
    page.get_by_role("button", name="Allow again: gone@customer.example.com").click()
    page.get_by_role("dialog").get_by_role("button", name="Allow again").click()
    expect(page.get_by_role("row", name=re.compile("gone@customer"))).to_have_count(0)
