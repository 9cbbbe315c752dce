"""Days are the workspace's own: through daylight saving, at its own midnight, and never another workspace's."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from forestay.kit.clock import FixedClock, day_of
from tests.app import remembered
from tests.app.worker_house import WorkerHouse, made_workspace
from tests.conftest import StoreUnderTest
from tests.sources.messages import track

NEW_YORK = "America/New_York"


def at(house: WorkerHouse, text: str) -> None:
    house.clock.moment = datetime.fromisoformat(text).astimezone(UTC)


def house_in(zone: str, store: StoreUnderTest, folder: Path, begins: str) -> tuple[WorkerHouse, int]:
    workspace = made_workspace(store.owner, "acme", zone)
    clock = FixedClock(datetime.fromisoformat(begins).astimezone(UTC))
    return WorkerHouse(store.worker, store.owner, folder, clock=clock), workspace


def test_the_night_that_has_25_hours_is_one_day(store: StoreUnderTest, tmp_path: Path) -> None:
    house, acme = house_in(NEW_YORK, store, tmp_path, "2037-11-01T00:30:00-04:00")
    for number, moment in enumerate(["00:30:00-04:00", "01:30:00-04:00", "01:30:00-05:00", "23:30:00-05:00"]):
        at(house, f"2037-11-01T{moment}")
        house.say(acme, track(f"m{number}", userId="ann", account="globex"))
        house.run_dry()
    day = day_of(datetime(2037, 11, 1, 12, tzinfo=UTC), NEW_YORK)
    assert remembered.counts(house.space(acme)) == {("globex", "any", day): 4}
    assert house.space(acme).today == day
    at(house, "2037-11-02T00:00:01-05:00")
    house.run_dry()
    assert house.space(acme).today == day + 1
    house.close()


def test_the_night_that_has_23_hours_turns_the_day_at_its_own_midnight(store: StoreUnderTest, tmp_path: Path) -> None:
    house, acme = house_in(NEW_YORK, store, tmp_path, "2037-03-07T23:59:00-05:00")
    house.say(acme, track("m1", userId="ann", account="globex"))
    house.run_dry()
    before = house.space(acme).today
    at(house, "2037-03-08T00:00:01-05:00")
    house.run_dry()
    assert house.space(acme).today == before + 1
    at(house, "2037-03-08T23:59:59-04:00")
    house.run_dry()
    assert house.space(acme).today == before + 1
    house.close()


def test_a_clock_that_steps_back_over_midnight_does_not_bring_the_day_back(
    store: StoreUnderTest, tmp_path: Path
) -> None:
    house, acme = house_in("UTC", store, tmp_path, "2037-11-22T23:59:59+00:00")
    house.say(acme, track("m1", userId="ann", account="globex"))
    house.run_dry()
    house.clock.advance(timedelta(seconds=2))
    house.run_dry()
    today = house.space(acme).today
    house.clock.advance(timedelta(hours=-3))
    house.say(acme, track("m2", userId="ann", account="globex"))
    house.run_dry()
    assert house.space(acme).today == today
    assert sum(remembered.counts(house.space(acme)).values()) == 2
    house.close()


def test_two_workspaces_with_the_same_names_share_nothing(store: StoreUnderTest, tmp_path: Path) -> None:
    acme, other = made_workspace(store.owner, "acme"), made_workspace(store.owner, "globex", "Asia/Tokyo")
    house = WorkerHouse(store.worker, store.owner, tmp_path)
    house.say(acme, track("m1", userId="ann", account="initech"), track("m2", userId="ann", account="initech"))
    house.say(other, track("m1", userId="ann", account="initech"))
    house.run_dry()
    totals = [sum(remembered.counts(house.space(one)).values()) for one in (acme, other)]
    assert totals == [2, 1]
    owners = "SELECT workspace_id, count(*)::int FROM {} GROUP BY 1 ORDER BY 1"
    for table in ("accounts", "contacts", "account_states", "memberships"):
        assert house.rows(owners.format(table)) == [(acme, 1), (other, 1)]
    crossed = """SELECT count(*)::int FROM memberships m JOIN accounts a ON a.id = m.account_id
    JOIN contacts c ON c.id = m.contact_id WHERE a.workspace_id <> m.workspace_id OR c.workspace_id <> m.workspace_id"""
    assert house.rows(crossed) == [(0,)]
    house.close()


def test_a_copy_is_known_for_seven_days_of_receipt(store: StoreUnderTest, tmp_path: Path) -> None:
    house, acme = house_in("UTC", store, tmp_path, "2037-11-22T12:00:00+00:00")
    for days in (0, 3, 4, 2):
        house.clock.advance(timedelta(days=days))
        house.say(acme, track("m1", userId="ann", account="globex"))
        house.run_dry()
        house.snapshot()
        house.restart()
    told = dict(house.rows("SELECT name, sum(count)::int FROM daily_counts GROUP BY name"))
    assert (told["events.accepted"], told["events.duplicate"]) == (2, 2)
    house.close()


def test_a_new_day_tells_of_a_week_that_fell_silent_and_forgets_it_when_use_returns(
    store: StoreUnderTest, tmp_path: Path
) -> None:
    house, acme = house_in("UTC", store, tmp_path, "2037-11-02T12:00:00+00:00")
    told = []
    for week, events in enumerate([30, 30, 30, 30, 0, 40]):
        for number in range(events):
            house.say(acme, track(f"m{week}-{number}", userId="ann", account="globex"))
        house.run_dry()
        told.append(
            [one["direction"] for (some,) in house.rows("SELECT anomalies FROM account_states") for one in some]
        )
        house.clock.advance(timedelta(days=7))
    house.close()
    assert told[3:] == [[], ["low"], []]
