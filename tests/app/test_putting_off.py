"""What a large import says is scored when it is all there; what happens meanwhile is scored at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from forestay.app.ahead import Ahead
from forestay.app.putting_off import LONGEST_MICROS
from forestay.app.rollover import note_stale
from forestay.customers.kinds import ImportKind
from forestay.events.log import Codec
from tests.app import remembered
from tests.app.histories import cut_short
from tests.app.worker_house import NOON, WorkerHouse
from tests.sources.messages import arrow, body_of, control, group, track

SCORED = "SELECT a.external_id FROM account_states AS s JOIN accounts AS a ON a.id = s.account_id ORDER BY 1"


@pytest.fixture
def one_body_a_tick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("forestay.app.tick.TICK_BYTES", 1)


def used(key: str, account: str, days_ago: int = 3) -> dict[str, object]:
    at = NOON - timedelta(days=days_ago)
    return {"event": "Report Run", "at": at, "account_id": account, "user_id": f"u-{account}", "row_key": key}


def import_events(house: WorkerHouse, acme: int, *rows: dict[str, object]) -> None:
    house.put(arrow(0, ImportKind.EVENTS, rows, workspace=acme))


@pytest.mark.usefixtures("one_body_a_tick")
def test_an_imported_account_is_scored_with_the_last_body_that_waited(house: WorkerHouse, acme: int) -> None:
    import_events(house, acme, used("1", "globex"))
    import_events(house, acme, used("2", "initech"))
    house.run()
    assert house.rows(SCORED) == []
    house.run()
    assert house.rows(SCORED) == [("globex",), ("initech",)]


@pytest.mark.usefixtures("one_body_a_tick")
def test_an_account_that_does_something_now_is_scored_though_an_import_waits(house: WorkerHouse, acme: int) -> None:
    import_events(house, acme, used("1", "globex"))
    house.say(acme, track("m1", userId="ann", account="hooli"), group("g1", "initech", userId="bob"))
    import_events(house, acme, used("2", "globex"))
    house.run()
    house.run()
    assert house.rows(SCORED) == [("hooli",), ("initech",)]


@pytest.mark.usefixtures("one_body_a_tick")
def test_a_long_import_is_scored_every_few_seconds(house: WorkerHouse, acme: int) -> None:
    for number in range(4):
        import_events(house, acme, used(str(number), "globex"))
    house.run()
    house.clock.advance(timedelta(microseconds=LONGEST_MICROS - 1))
    house.run()
    assert house.rows(SCORED) == []
    house.clock.advance(timedelta(microseconds=1))
    house.run()
    assert house.rows(SCORED) == [("globex",)]


@pytest.mark.usefixtures("one_body_a_tick")
def test_another_workspaces_bodies_do_not_keep_an_account_from_its_score(house: WorkerHouse, acme: int) -> None:
    import_events(house, acme, used("1", "globex"))
    house.append(acme + 1_000, Codec.SEGMENT, body_of(track("m1", userId="ann")))
    house.run_dry()
    assert house.rows(SCORED) == [("globex",)]


def crash_without_a_snapshot(house: WorkerHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    house.restart()


def crash_after_a_snapshot(house: WorkerHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    house.snapshot()
    house.restart()


def crash_in_the_tick_that_scores(house: WorkerHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    cut_short(house, "forestay.app.preparing.signal_writes", monkeypatch)


CRASHES = (crash_without_a_snapshot, crash_after_a_snapshot, crash_in_the_tick_that_scores)


@pytest.mark.usefixtures("one_body_a_tick")
@pytest.mark.parametrize("crash", CRASHES)
def test_a_crash_between_an_import_and_its_score_forgets_no_account(
    house: WorkerHouse,
    acme: int,
    crash: Callable[[WorkerHouse, pytest.MonkeyPatch], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import_events(house, acme, used("1", "globex"))
    import_events(house, acme, used("2", "initech"))
    house.run()
    assert house.rows(SCORED) == []
    crash(house, monkeypatch)
    house.run_dry()
    house.refresh()
    assert house.rows(SCORED) == [("globex",), ("initech",)]


@pytest.mark.usefixtures("one_body_a_tick")
def test_a_crash_between_finding_stale_accounts_and_scoring_them_forgets_none(house: WorkerHouse, acme: int) -> None:
    import_events(house, acme, used("1", "globex"))
    import_events(house, acme, used("2", "initech"))
    house.run()
    house.restart()
    note_stale(house.space(acme))
    house.snapshot()
    house.restart()
    house.refresh()
    assert house.rows(SCORED) == [("globex",), ("initech",)]


@pytest.mark.usefixtures("one_body_a_tick")
def test_an_account_that_was_merged_while_it_waited_is_scored_as_the_one_that_stays(
    house: WorkerHouse, acme: int
) -> None:
    import_events(house, acme, used("1", "globex"))
    house.put(control(0, "account.merged", "globex", "initech", workspace=acme))
    import_events(house, acme, used("2", "hooli"))
    house.run_dry()
    assert house.rows(SCORED) == [("hooli",), ("initech",)]


def test_reading_ahead_changes_nothing_that_is_remembered(
    house: WorkerHouse, acme: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("forestay.app.tick.TICK_BYTES", 3_000)
    house.tick.ahead = Ahead(house.log)
    for number in range(12):
        import_events(house, acme, used(f"a{number}", "globex"), used(f"b{number % 5}", "initech", number))
        house.append(acme, Codec.ARROW, b"no arrow")
        house.say(acme, track(f"m{number % 7}", anonymousId="x"), group(f"g{number}", "hooli", anonymousId="x"))
        house.put(arrow(0, ImportKind.ACCOUNTS, [{"account_id": "globex", "seats": number}], workspace=acme))
    ticks = 0
    while house.run() is not None:
        ticks += 1
    assert ticks > 3
    house.tick.close()
    lived, accepted = remembered.everything(house.space(acme)), len(house.space(acme).hashes)
    assert house.rows("SELECT count(*)::int FROM quarantine") == [(12,)]
    assert house.rows("SELECT sum(count)::int FROM daily_counts WHERE name = 'events.accepted'") == [(accepted,)]
    house.forget_snapshots()
    house.restart()
    assert remembered.everything(house.space(acme)) == lived
