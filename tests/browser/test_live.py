"""What happens elsewhere is seen without a reload; the network drops and comes back; eight windows share one stream."""

from __future__ import annotations

import re
import uuid

import httpx
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import Company, Desk
from tests.running import eventually


def listeners(company: Company) -> int:
    """Browsers that listen, as the server counts them."""
    text = httpx.get(f"{company.url}/metrics", timeout=30, trust_env=False).text
    found = re.search(r"^forestay_stream_clients\{.*\} (\S+)", text, re.MULTILINE)
    return int(float(found[1])) if found else 0


def rename(company: Company, external_id: str) -> str:
    """Let an account be called otherwise by its own system; gives the new name."""
    name = f"Renamed {uuid.uuid4().hex[:6]}"
    send_group(company, external_id, name)
    eventually(lambda: company.get(f"/api/accounts/{external_id}")["name"] == name)
    return name


def send_group(company: Company, external_id: str, name: str) -> None:
    key = company.post("/api/keys", {"kind": "write", "name": "test", "scopes": []})["secret"]
    body = {"userId": "somebody", "groupId": external_id, "traits": {"name": name}}
    httpx.post(f"{company.url}/v1/group", json=body, auth=(key, ""), timeout=30, trust_env=False).raise_for_status()


def first_account(company: Company) -> str:
    return str(company.get("/api/accounts", limit=1)["items"][0]["external_id"])


@pytest.fixture
def live(admin: Desk) -> Page:
    """A page that says it is live."""
    expect(admin.page.get_by_text(re.compile("Live · updated"))).to_be_visible()
    return admin.page


def test_what_one_person_does_another_sees_without_a_reload(live: Page, admin: Desk, company: Company) -> None:
    admin.open(f"/accounts/{first_account(company)}")
    name = rename(company, first_account(company))
    expect(live.get_by_role("heading", name=name)).to_be_visible()


def test_a_task_taken_up_in_one_window_is_taken_up_in_the_other(
    live: Page, admin: Desk, window: BrowserContext, company: Company
) -> None:
    task = next(one for one in company.get("/api/tasks", limit=50)["items"] if one["status"] == "open")
    admin.open(f"/inbox?task={task['id']}")
    other = window.new_page()
    other.goto(f"{company.url}/inbox?task={task['id']}")
    expect(other.get_by_text(task["title"]).first).to_be_visible()
    company.post(f"/api/tasks/{task['id']}/claim", {"member_id": company.get("/api/members")["items"][0]["id"]})
    for page in (live, other):
        expect(page.get_by_text("Taken up").first).to_be_visible()


def test_the_network_drops_and_comes_back_and_the_page_catches_up(
    live: Page, admin: Desk, window: BrowserContext, company: Company
) -> None:
    account = first_account(company)
    admin.open(f"/accounts/{account}")
    expect(live.get_by_text(re.compile("Live · updated"))).to_be_visible()
    window.set_offline(True)
    expect(live.get_by_text(re.compile("No connection to the server since"))).to_be_visible()
    expect(live.get_by_role("button", name="Try now")).to_be_visible()
    name = rename(company, account)
    expect(live.get_by_role("heading", name=name)).not_to_be_visible()
    window.set_offline(False)
    expect(live.get_by_role("heading", name=name)).to_be_visible()
    expect(live.get_by_text(re.compile("No connection to the server since"))).not_to_be_visible()
    admin.errors.clear()  # the browser writes each failed request into the console


def test_eight_windows_share_one_stream_and_the_next_takes_over(
    live: Page, window: BrowserContext, company: Company
) -> None:
    before = listeners(company)
    more = [window.new_page() for _ in range(7)]
    for page in more:
        page.goto(f"{company.url}/accounts/{first_account(company)}")
        expect(page.get_by_text(re.compile("Live · updated"))).to_be_visible()
    assert listeners(company) == before
    live.close()
    name = rename(company, first_account(company))
    for page in more:
        expect(page.get_by_role("heading", name=name)).to_be_visible()
    assert eventually(lambda: listeners(company), until=lambda now: now == before) == before


def test_a_window_without_locks_listens_for_itself(live: Page, window: BrowserContext, company: Company) -> None:
    """As in a page over plain http on another machine, where browsers have no locks."""
    before = listeners(company)
    page = window.new_page()
    page.add_init_script("Object.defineProperty(navigator, 'locks', { value: undefined })")
    page.goto(company.url)
    expect(page.get_by_text(re.compile("Live · updated"))).to_be_visible()
    assert listeners(company) == before + 1
    page.close()
    eventually(lambda: listeners(company) == before)
