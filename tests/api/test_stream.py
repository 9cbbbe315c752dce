"""What browsers hear, and who does not."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from sqlalchemy import insert, select, text, update

from forestay.api import stream_hub
from forestay.customers.words import Role
from forestay.governance import members
from forestay.store.changes import about, tell_accounts
from forestay.store.tables.customers import accounts
from forestay.store.tables.governance import member_sessions
from forestay.store.tables.governance import members as member_rows
from tests.api.conftest import House
from tests.api.listening import listening, served
from tests.running import eventually


@pytest.fixture
def url(house: House) -> Iterator[str]:
    with served(house.deps) as address:
        yield address


@pytest.fixture
def ears_open(house: House, url: str) -> Iterator[str]:
    """A server that has been listening to the store for a moment."""
    with listening(url, house.bearer()) as first:
        first.wait("resync")
        yield url


def add_account(house: House, external_id: str, workspace_id: int | None = None) -> None:
    at = workspace_id or house.workspace_id
    with house.store.api.begin(at) as conn:
        conn.execute(insert(accounts).values(workspace_id=at, external_id=external_id, name="Acme"))


def test_a_new_account_is_heard_by_who_may_see_accounts(house: House, ears_open: str) -> None:
    with listening(ears_open, house.bearer("accounts:read")) as ear:
        add_account(house, "acme-1")
        heard = ear.wait_topic("accounts")
    assert heard.id is not None
    assert set(heard.topics) == {"accounts", "account"}
    assert ear.answer.headers["content-type"].startswith("text/event-stream")
    assert ear.answer.headers["x-accel-buffering"] == "no"
    assert "content-encoding" not in ear.answer.headers


def test_another_workspace_hears_nothing_of_it(house: House, ears_open: str, other_workspace: int) -> None:
    theirs = house.bearer(workspace_id=other_workspace)
    with listening(ears_open, theirs) as ear, listening(ears_open, house.bearer()) as ours:
        add_account(house, "acme-1")
        ours.wait_topic("accounts")
        add_account(house, "bolt-1", other_workspace)
        ear.wait_topic("accounts")
        assert len([one for one in ear.named("change") if "accounts" in one.topics]) == 1


def test_who_may_not_read_a_thing_is_not_told_that_it_changed(house: House, ears_open: str) -> None:
    with listening(ears_open, house.bearer("tasks:read")) as ear, listening(ears_open, house.bearer()) as other:
        add_account(house, "acme-1")
        other.wait_topic("accounts")
        assert ear.wait("hello").said["topics"] == ["tasks"]
        assert ear.topics() == set()


def test_a_tick_names_the_accounts_that_it_was_about(house: House, ears_open: str) -> None:
    add_account(house, "acme-1")
    with listening(ears_open, house.bearer()) as ear:
        with house.store.worker.begin_worker() as conn:
            about(conn, (house.workspace_id,))
            tell_accounts(conn, house.workspace_id, ["acme-1"])
            conn.execute(update(accounts).where(accounts.c.external_id == "acme-1").values(name="Acme Two"))
        eventually(lambda: ["acme-1"] in [one.topics.get("account") for one in ear.named("change")], seconds=20)


def test_what_is_rolled_back_is_never_told(house: House, ears_open: str) -> None:
    def fails() -> None:
        with house.store.api.begin(house.workspace_id) as conn:
            conn.execute(update(member_rows).values(name="Nobody"))
            conn.execute(insert(accounts).values(workspace_id=house.workspace_id, external_id="acme-1"))
            raise RuntimeError("on purpose")

    with listening(ears_open, house.bearer()) as ear:
        with pytest.raises(RuntimeError):
            fails()
        house.member(Role.VIEWER)
        ear.wait_topic("members")
        assert "accounts" not in ear.topics()


def test_who_comes_back_is_told_what_was_missed(house: House, ears_open: str) -> None:
    key = house.bearer()
    with listening(ears_open, key) as ear:
        add_account(house, "acme-1")
        last = ear.wait_topic("accounts").id
    house.member(Role.VIEWER)
    with listening(ears_open, key) as other:
        eventually(lambda: other.named("change") or other.wait("hello").said["recent_ms"].get("members"), seconds=20)
    with listening(ears_open, {**key, "Last-Event-ID": str(last)}) as again:
        assert "members" in again.wait("change").topics
        assert again.named("resync") == []


def test_who_comes_back_after_too_long_asks_for_everything(house: House, ears_open: str) -> None:
    with listening(ears_open, {**house.bearer(), "Last-Event-ID": "0a1b2c3d-7"}) as ear:
        assert ear.wait("resync").said == {"why": "unknown_id"}


def test_a_disabled_member_hears_no_more(house: House, ears_open: str) -> None:
    cookie = cookie_of(house, Role.CSM)
    with listening(ears_open, cookie) as ear:
        with house.store.api.begin(house.workspace_id) as conn:
            csm = conn.execute(select(member_rows.c.id).where(member_rows.c.role == Role.CSM.value)).scalar_one()
            members.disable(conn, house.workspace_id, csm, house.clock.now())
        assert ear.wait("ended").said == {"why": "signed_out"}
        eventually(lambda: ear.is_over)


def test_a_session_that_ended_hears_no_more(house: House, ears_open: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even where nobody tells us that it ended: its time is over."""
    monkeypatch.setattr(stream_hub, "WATCH_SECONDS", 0.1)
    cookie = cookie_of(house, Role.CSM)
    with listening(ears_open, cookie) as ear:
        with house.store.owner.begin_worker() as conn:
            conn.execute(update(member_sessions).values(expires_at=house.clock.now()))
        ear.wait("ended")


def test_a_revoked_key_hears_no_more(house: House, ears_open: str, admin: dict[str, str]) -> None:
    made = httpx.post(
        f"{ears_open}/api/keys", headers=admin, json={"kind": "management", "name": "kiosk", "scopes": ["tasks:read"]}
    )
    with listening(ears_open, {"Authorization": f"Bearer {made.json()['secret']}"}) as ear:
        httpx.delete(f"{ears_open}/api/keys/{made.json()['id']}", headers=admin).raise_for_status()
        ear.wait("ended")


def test_a_member_whose_role_changes_hears_what_the_new_one_may(house: House, ears_open: str) -> None:
    cookie = cookie_of(house, Role.VIEWER)
    with listening(ears_open, cookie) as ear:
        assert "audit" not in ear.wait("hello").said["topics"]
        with house.store.owner.begin_worker() as conn:
            about(conn, (house.workspace_id,))
            conn.execute(update(member_rows).values(role=Role.ADMIN.value))
        assert "audit" in ear.wait("rights").said["topics"]


def test_a_stream_without_news_gives_signs_of_life(house: House, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream_hub, "PING_SECONDS", 0.1)
    with listening(url, house.bearer()) as ear:
        ear.wait("")


def test_browsers_that_listen_are_counted(house: House, ears_open: str, admin: dict[str, str]) -> None:
    with listening(ears_open, admin):
        assert hub_of(house) == 2
    eventually(lambda: hub_of(house) == 1)


def test_a_server_ends_though_browsers_listen(house: House) -> None:
    """`served` says so when it does not."""
    with served(house.deps) as address:
        listeners = listening(address, house.bearer())
        ear = listeners.__enter__()
    eventually(lambda: ear.is_over)
    listeners.__exit__(None, None, None)


def hub_of(house: House) -> int:
    return int(house.deps.at_end[-1].__self__.listening)  # type: ignore[attr-defined]


def cookie_of(house: House, role: Role) -> dict[str, str]:
    house.browser(role)
    return {"Cookie": f"forestay_session={house.client.cookies['forestay_session']}"}


def test_when_listening_broke_off_everybody_asks_again_and_hears_what_comes_then(house: House, ears_open: str) -> None:
    with listening(ears_open, house.bearer()) as ear:
        with house.store.owner.begin_worker() as conn:
            conn.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'forestay_stream'"
                )
            )
        assert ear.wait("resync").said == {"why": "not_listening"}
        add_account(house, "acme-1")
        ear.wait_topic("accounts")
