"""Journeys in the worker: from what a tick took in to runs that come in, wait, and go on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from psycopg.types.json import Jsonb

from forestay.app.configuration import load_configuration
from forestay.app.journeys_at_work import JourneysAtWork
from forestay.app.rollover import reconfigure
from forestay.store.database import raw
from tests.app.worker_house import WorkerHouse
from tests.sources.messages import group, track


class Journeys:
    """The worker's journeys over the house's memory and clock."""

    def __init__(self, house: WorkerHouse, workspace: int) -> None:
        self.house, self.workspace = house, workspace
        self.work = JourneysAtWork(house.store, house.tick.shard, house.clock.now)
        house.tick.journeys = self.work

    def publish(
        self, key: str, entry: list[Mapping[str, Any]], steps: Mapping[str, Any], version: int = 1, **more: Any
    ) -> None:
        document = {"key": key, "name": key, "start": "start", "entry": entry, "steps": steps, **more}
        with self.house.owner.begin_worker() as connection:
            raw(connection).execute(
                "UPDATE documents SET status = 'archived' WHERE kind = 'journey' AND key = %s", (key,)
            )
            raw(connection).execute(
                "INSERT INTO documents (workspace_id, kind, key, version, status, body, hash) "
                "VALUES (%s, 'journey', %s, %s, 'published', %s, %s)",
                (self.workspace, key, version, Jsonb({"document": document, "source": None}), f"{key}{version}"),
            )
        with self.house.store.begin_worker() as connection:
            configuration = load_configuration(connection, self.workspace)
        space = self.house.tick.shard.workspaces[self.workspace]
        reconfigure(space, configuration)
        self.settle()

    def settle(self, hours: float = 0) -> None:
        self.house.clock.advance(timedelta(hours=hours, seconds=2))
        for _ in range(4):
            self.house.run_dry()
            self.work.touched(self.workspace, [])
            self.work.work(5)
            self.house.clock.advance(timedelta(seconds=1))

    def runs(self) -> list[tuple[Any, ...]]:
        return self.house.rows(
            "SELECT a.external_id, r.status, coalesce(r.reason, s.step_id) FROM journey_runs r JOIN accounts a ON a.id = r.account_id "
            "LEFT JOIN journey_tokens t ON t.run_id = r.id LEFT JOIN journey_steps s ON s.journey_id = t.journey_id AND s.number = t.step "
            "ORDER BY r.id"
        )


@pytest.fixture
def journeys(house: WorkerHouse, acme: int) -> Journeys:
    house.say(acme, group("m0", "globex", userId="ann", traits={"seats": 50}))
    house.run_dry()
    return Journeys(house, acme)


PAUSE: dict[str, Any] = {"start": {"kind": "wait", "for": {"days": 3}, "next": "end"}, "end": {"kind": "exit"}}


def test_a_signal_lets_its_account_in_with_the_evidence(journeys: Journeys, house: WorkerHouse, acme: int) -> None:
    journeys.publish("rescue", [{"signal": "health-below-60"}], PAUSE)
    house.say(acme, group("m1", "initech", userId="bob", traits={"seats": 50}), track("m2", userId="bob"))
    journeys.settle()
    assert ("initech", 0, "start") in journeys.runs()
    values = house.rows(
        "SELECT run_values -> 'signal' ->> 'trigger', run_values -> 'signal' ? 'health.score' FROM journey_runs"
    )
    assert values[0] == ("health-below-60", True)


def test_an_event_lets_in_and_another_one_wakes(journeys: Journeys, house: WorkerHouse, acme: int) -> None:
    steps = {
        "start": {
            "kind": "wait_for",
            "event": "Order Paid",
            "match": {"order": "event.order"},
            "ports": {"next": "end"},
        },
        "end": {"kind": "exit", "reason": "paid"},
    }
    journeys.publish(
        "orders", [{"event": "Order Made", "if": {"column": "event.total", "is": "above", "value": 10}}], steps
    )
    for number, (name, order) in enumerate((("Order Made", 7), ("Order Paid", 8), ("Order Paid", 7))):
        message = track(f"o{number}", name, userId="ann", account="globex")
        house.say(acme, {**message, "properties": {**message.get("properties", {}), "order": order, "total": 20}})
        journeys.settle()
        assert journeys.runs() == [("globex", 10, "paid") if number == 2 else ("globex", 0, "start")]


def test_publishing_lets_nobody_in_by_itself(journeys: Journeys, house: WorkerHouse, acme: int) -> None:
    named = {"condition": {"column": "account.seats", "is": "above", "value": 60}}
    house.say(acme, group("g1", "globex", userId="ann", traits={"seats": 70}))
    journeys.settle()
    journeys.publish("gold", [named], PAUSE)
    house.say(acme, group("g2", "globex", userId="ann", traits={"seats": 71}))
    journeys.settle()
    assert journeys.runs() == []
    house.say(acme, group("g3", "initech", userId="bob", traits={"seats": 70}))
    journeys.settle()
    assert journeys.runs() == [("initech", 0, "start")]
    journeys.publish("gold", [named], {**PAUSE, "end": {"kind": "exit", "reason": "other"}}, version=2)
    journeys.settle()
    assert journeys.runs() == [("initech", 0, "start")]


def test_a_touched_account_meets_its_goal(journeys: Journeys, house: WorkerHouse, acme: int) -> None:
    goal = {"condition": {"column": "account.seats", "is": "above", "value": 60}}
    journeys.publish("upsell", [{"event": "Trial Started"}], PAUSE, goal=goal)
    house.say(acme, track("t1", "Trial Started", userId="ann", account="globex"))
    journeys.settle()
    assert journeys.runs() == [("globex", 0, "start")]
    house.say(acme, group("g1", "globex", userId="ann", traits={"seats": 70}))
    journeys.settle()
    assert journeys.runs() == [("globex", 11, "goal")]


def test_many_touched_accounts_are_looked_at_while_there_is_time_and_the_rest_later(
    journeys: Journeys, house: WorkerHouse, acme: int
) -> None:
    goal = {"condition": {"column": "account.seats", "is": "above", "value": 60}}
    journeys.publish("upsell", [{"event": "Trial Started"}], PAUSE, goal=goal)
    house.say(acme, track("t1", "Trial Started", userId="ann", account="globex"))
    journeys.settle()
    strangers = range(10**9, 10**9 + 5000)
    journeys.work.touched(acme, strangers)
    journeys.work.work(0)
    before = journeys.work.waiting
    journeys.work.work(60)
    assert (before, journeys.work.waiting) == (5000, 0)


def test_a_version_that_is_published_has_only_its_own_runs_looked_at(
    journeys: Journeys, house: WorkerHouse, acme: int
) -> None:
    journeys.publish("upsell", [{"event": "Trial Started"}], PAUSE)
    journeys.publish("other", [{"event": "Never"}], PAUSE)
    house.say(acme, track("t1", "Trial Started", userId="ann", account="globex"), group("g1", "initech", userId="bob"))
    journeys.settle()
    waiting = []
    for key in ("other", "upsell"):
        with house.owner.begin_worker() as connection:
            raw(connection).execute("UPDATE documents SET status = 'archived' WHERE key = %s", (key,))
            raw(connection).execute(
                "INSERT INTO documents (workspace_id, kind, key, version, status, body, hash) "
                "SELECT workspace_id, kind, key, 2, 'published', body, key FROM documents WHERE key = %s",
                (key,),
            )
        house.clock.advance(timedelta(seconds=2))
        journeys.work.touched(acme, [])
        journeys.work.work(0)
        waiting.append(journeys.work.waiting)
    assert waiting == [0, 1]


def test_a_date_lets_in_once_on_its_day(journeys: Journeys, house: WorkerHouse, acme: int) -> None:
    house.say(acme, group("g1", "globex", userId="ann", traits={"go_live": "2026-11-25"}))
    journeys.settle()
    journeys.publish("launch", [{"days_before": 2, "of": "trait.go_live", "at": "09:00"}], PAUSE)
    journeys.work.chores.let_in()
    journeys.settle()
    assert journeys.runs() == []
    house.clock.advance(timedelta(hours=22))
    for _ in range(2):
        journeys.work.chores.let_in()
        journeys.settle()
    assert journeys.runs() == [("globex", 0, "start")]


def segment(house: WorkerHouse, workspace: int) -> None:
    """Accounts with more than 60 seats are large."""
    body = {"key": "large", "name": "Large", "condition": {"column": "account.seats", "is": "above", "value": 60}}
    with house.owner.begin_worker() as connection:
        raw(connection).execute(
            "INSERT INTO documents (workspace_id, kind, key, version, status, body, hash) "
            "VALUES (%s, 'segment', 'large', 1, 'published', %s, 'large')",
            (workspace, Jsonb(body)),
        )


def seats(house: WorkerHouse, workspace: int, name: str, count: int) -> None:
    house.say(workspace, group(f"{name}{count}", name, userId=f"of-{name}", traits={"seats": count}))


def test_coming_into_a_segment_lets_in_and_leaving_it_lets_into_another_journey(
    journeys: Journeys, house: WorkerHouse, acme: int
) -> None:
    segment(house, acme)
    seats(house, acme, "initech", 70)
    journeys.settle()
    journeys.publish("grown", [{"segment": "large", "when": "enters"}], PAUSE)
    journeys.publish(
        "shrunk", [{"segment": "large", "when": "leaves"}], {"start": {"kind": "exit", "reason": "smaller"}}
    )
    seats(house, acme, "globex", 80)
    journeys.settle()
    assert journeys.runs() == [("globex", 0, "start")]
    seats(house, acme, "initech", 20)
    journeys.settle()
    assert journeys.runs() == [("globex", 0, "start"), ("initech", 10, "smaller")]


def test_a_schedule_lets_in_those_of_its_segment_once_each_time(
    journeys: Journeys, house: WorkerHouse, acme: int
) -> None:
    segment(house, acme)
    seats(house, acme, "initech", 70)
    journeys.settle()
    entry = {"schedule": {"every": "day", "at": "09:00"}, "segment": "large"}
    journeys.publish("daily", [entry], {"start": {"kind": "exit", "reason": "greeted"}})
    journeys.work.chores.let_in()
    journeys.settle()
    assert journeys.runs() == []
    for days in (1, 2):
        house.clock.advance(timedelta(days=1))
        for _ in range(2):
            journeys.work.chores.let_in()
            journeys.settle()
        assert journeys.runs() == [("initech", 10, "greeted")] * days


def test_a_schedule_of_a_segment_that_is_gone_holds_up_no_other_journey(
    journeys: Journeys, house: WorkerHouse, acme: int
) -> None:
    every_day = {"every": "day", "at": "09:00"}
    journeys.publish(
        "gone", [{"schedule": every_day, "segment": "gone"}], {"start": {"kind": "exit", "reason": "never"}}
    )
    journeys.publish("daily", [{"schedule": every_day}], {"start": {"kind": "exit", "reason": "greeted"}})
    journeys.work.chores.let_in()
    house.clock.advance(timedelta(days=1))
    journeys.work.chores.let_in()
    journeys.settle()
    assert journeys.runs() == [("globex", 10, "greeted")]


def test_dates_that_passed_while_a_journey_was_retired_let_nobody_in(
    journeys: Journeys, house: WorkerHouse, acme: int
) -> None:
    house.say(acme, group("g1", "globex", userId="ann", traits={"go_live": "2026-11-25"}))
    journeys.settle()
    entry = [{"days_before": 2, "of": "trait.go_live", "at": "09:00"}]
    journeys.publish("launch", entry, PAUSE)
    journeys.work.chores.let_in()
    with house.owner.begin_worker() as connection:
        raw(connection).execute("UPDATE documents SET status = 'archived' WHERE kind = 'journey'")
    journeys.settle()
    journeys.work.chores.let_in()
    house.clock.advance(timedelta(hours=22))
    journeys.publish("launch", entry, PAUSE, version=2)
    for _ in range(2):
        journeys.work.chores.let_in()
        journeys.settle()
    assert journeys.runs() == []


def test_the_sweeper_finds_a_run_that_lost_its_place(journeys: Journeys, house: WorkerHouse, acme: int) -> None:
    journeys.publish("upsell", [{"event": "Trial Started"}], PAUSE)
    house.say(acme, track("t1", "Trial Started", userId="ann", account="globex"))
    journeys.settle()
    with house.store.begin_worker() as connection:
        raw(connection).execute("DELETE FROM journey_tokens")
        found = journeys.work.chores.sweeper.look(raw(connection), house.clock.now())
    assert len(found.lost) == 1
    assert journeys.runs() == [("globex", 13, "lost its place")]


def test_a_text_trait_is_read_as_triggers_read_it(journeys: Journeys, house: WorkerHouse, acme: int) -> None:
    gold = {"column": "trait.tier", "is": "equal", "value": "gold"}
    steps = {
        "start": {"kind": "condition", "branches": [{"if": gold, "port": "gold"}], "ports": {"gold": "high", "else": "low"}},
        "high": {"kind": "exit", "reason": "gold"},
        "low": {"kind": "exit", "reason": "other"},
    }  # fmt: skip
    house.say(acme, group("g1", "globex", userId="ann", traits={"tier": "gold"}))
    journeys.settle()
    journeys.publish("tiers", [{"event": "Trial Started"}], steps)
    house.say(acme, track("t1", "Trial Started", userId="ann", account="globex"))
    journeys.settle()
    assert journeys.runs() == [("globex", 10, "gold")]


def test_what_tests_and_conditions_count_is_kept(journeys: Journeys, house: WorkerHouse, acme: int) -> None:
    arms = [{"port": "a", "share": 50}, {"port": "b", "share": 50}]
    seen = {"event": "Page Seen", "within_days": 7}
    steps = {
        "start": {
            "kind": "split", "arms": arms, "test": {"outcome": {"kind": "event", "event": "Report Made"}},
            "ports": {"a": "look", "b": "look"},
        },
        "look": {"kind": "condition", "branches": [{"if": seen, "port": "yes"}], "ports": {"yes": "end", "else": "wait"}},
        "wait": {"kind": "wait_for", "event": "Order Paid", "ports": {"next": "end"}},
        "end": {"kind": "exit"},
    }  # fmt: skip
    journeys.publish("counted", [{"event": "Trial Started"}], steps, goal={"event": "Plan Bought"}, holdout_share=0.1)
    configuration = house.space(acme).configuration
    assert {"Report Made", "Order Paid", "Trial Started", "Plan Bought"} <= configuration.watched
    assert "Page Seen" in configuration.events
    for number, name in enumerate(("Report Made", "Order Paid")):
        house.say(acme, track(f"k{number}", name, userId="ann", account="globex"))
    journeys.settle()
    assert house.rows("SELECT name FROM recent_events ORDER BY name") == [("Order Paid",), ("Report Made",)]


def test_accounts_are_not_looked_at_where_no_journey_has_runs(house: WorkerHouse, acme: int) -> None:
    work = JourneysAtWork(house.store, house.tick.shard, house.clock.now)
    work.touched(acme, [1, 2, 3])
    assert work.waiting == 0
