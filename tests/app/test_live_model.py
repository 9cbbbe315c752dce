"""A promoted model predicts in the tick; without one the rule does; what fires says why."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from forestay.predictions import registry
from forestay.predictions.policy import ModelPolicy
from forestay.predictions.registry import NewModel
from tests.app.real_lake import chores_of
from tests.app.worker_house import NOON, WorkerHouse
from tests.predictions.models_at_hand import at_hand
from tests.sources.messages import group, track

STATES = """SELECT a.external_id, s.churn_model, s.churn_score FROM account_states s
JOIN accounts a ON a.id = s.account_id ORDER BY 1"""
PREDICTED = """SELECT a.external_id, p.model_version, p.state, p.horizons FROM predictions p
JOIN accounts a ON a.id = p.account_id ORDER BY 1"""
LINES = "SELECT model_version FROM prediction_changes ORDER BY at"


def promoted(house: WorkerHouse, workspace: int, level: float = -2.0, **values: object) -> int:
    """A new version, live."""
    with house.owner.begin_worker() as connection:
        entry = registry.save(connection, workspace, NewModel(at_hand(level, **values)))  # type: ignore[arg-type]
        return registry.promote(connection, workspace, entry, "member:1", ModelPolicy(), house.clock.now()).version


def noticed(house: WorkerHouse) -> None:
    """As within two seconds of a promotion."""
    chores_of(house)._look_at_configuration()
    house.clock.advance(timedelta(seconds=1))
    house.run_dry()


def a_customer(house: WorkerHouse, workspace: int, name: str = "globex") -> None:
    house.say(workspace, group(f"g-{name}", name, userId="ann", traits={"seats": 5}),
              track(f"m-{name}", userId="ann", account=name))  # fmt: skip
    house.run_dry()


def test_without_a_model_the_rule_answers(house: WorkerHouse, acme: int) -> None:
    a_customer(house, acme)
    assert [(name, model) for name, model, _ in house.rows(STATES)] == [("globex", None)]
    assert house.rows(PREDICTED) == []
    assert house.rows(LINES) == [(None,)]


def test_a_promoted_model_is_in_force_without_a_restart(house: WorkerHouse, acme: int) -> None:
    a_customer(house, acme)
    version = promoted(house, acme)
    noticed(house)
    ((_, model, probability),) = house.rows(STATES)
    ((_, spoke, state, horizons),) = house.rows(PREDICTED)
    assert (model, spoke, state) == (version, version, "ok")
    assert horizons[0] < horizons[1] < horizons[2] == pytest.approx(probability, abs=1e-3)
    assert house.rows(LINES) == [(None,), (version,)]


def test_an_event_brings_a_new_prediction_in_its_own_tick(house: WorkerHouse, acme: int) -> None:
    promoted(house, acme, names=("measure.events_7d", "health.score"))
    house.restart()
    a_customer(house, acme)
    ((_, _, before),) = house.rows(STATES)
    house.say(acme, *(track(f"n{at}", userId="ann", account="globex") for at in range(3)))
    house.clock.advance(timedelta(seconds=1))
    house.run()
    ((_, _, after),) = house.rows(STATES)
    assert after < before


def test_rolling_back_brings_the_rule_back(house: WorkerHouse, acme: int) -> None:
    a_customer(house, acme)
    promoted(house, acme)
    noticed(house)
    with house.owner.begin_worker() as connection:
        registry.roll_back(connection, acme, "churn", "member:1", house.clock.now())
    noticed(house)
    assert [model for _, model, _ in house.rows(STATES)] == [None]


def test_a_restarted_worker_predicts_with_the_same_model_and_writes_nothing_anew(house: WorkerHouse, acme: int) -> None:
    promoted(house, acme)
    house.restart()
    a_customer(house, acme)
    before = house.rows("SELECT as_of FROM account_states"), house.rows(LINES)
    house.restart()
    house.clock.advance(timedelta(seconds=1))
    house.run_dry()
    assert (house.rows("SELECT as_of FROM account_states"), house.rows(LINES)) == before


def test_a_model_that_cannot_be_read_leaves_the_rule_in_force(house: WorkerHouse, acme: int) -> None:
    promoted(house, acme)
    with house.owner.begin_worker() as connection:
        connection.execute(text("UPDATE models SET hash = 'other', document = '{}'"))
    house.restart()
    a_customer(house, acme)
    assert [model for _, model, _ in house.rows(STATES)] == [None]


def test_a_probability_that_stands_still_gets_no_second_line(house: WorkerHouse, acme: int) -> None:
    promoted(house, acme, slope=0.0)
    house.restart()
    a_customer(house, acme)
    for _ in range(3):
        house.clock.advance(timedelta(days=1))
        house.run_dry()
    assert len(house.rows(LINES)) == 1


TRIGGER = """{"key": "alerted", "name": "Alerted", "tier": "assisted", "risk_level": "high",
"condition": {"column": "churn.is_alert", "is": "at_least", "value": 1},
"actions": [{"kind": "task", "title": "Call them"}]}"""


def test_a_task_says_who_foresees_it_how_surely_and_why(house: WorkerHouse, acme: int) -> None:
    with house.owner.begin_worker() as connection:
        connection.execute(
            text("INSERT INTO documents (workspace_id, kind, key, version, status, body, hash) "
                 "VALUES (:w, 'trigger', 'alerted', 1, 'published', CAST(:body AS jsonb), 'x')"),
            {"w": acme, "body": TRIGGER},
        )  # fmt: skip
    promoted(house, acme, 30.0)
    house.restart()
    a_customer(house, acme)
    (evidence,) = house.rows("SELECT evidence FROM signals WHERE trigger_key = 'alerted'")[0]
    said = {one["column"]: one["sentence"] for one in evidence}
    assert said["churn.is_alert"].startswith("Risk of churn at or above the alert threshold")
    assert said["churn.model"].startswith("By model version 1")
    (task,) = house.rows("SELECT body -> 'evidence' FROM requests WHERE body ->> 'trigger_key' = 'alerted'")[0]
    assert [one["column"] for one in task] == list(said)


def test_what_the_rule_fires_says_why_too(house: WorkerHouse, acme: int) -> None:
    with house.owner.begin_worker() as connection:
        body = TRIGGER.replace(
            '"churn.is_alert", "is": "at_least", "value": 1', '"churn.probability", "is": "above", "value": 0.1'
        )
        connection.execute(
            text("INSERT INTO documents (workspace_id, kind, key, version, status, body, hash) "
                 "VALUES (:w, 'trigger', 'alerted', 1, 'published', CAST(:body AS jsonb), 'x')"),
            {"w": acme, "body": body},
        )  # fmt: skip
    house.restart()
    house.say(acme, group("g", "globex", userId="ann", traits={"seats": 50}), track("m", userId="ann"))
    house.run_dry()
    (evidence,) = house.rows("SELECT evidence FROM signals WHERE trigger_key = 'alerted'")[0]
    assert "churn.reason.low_health" in {one["column"] for one in evidence}


def test_the_worker_loads_no_library_that_only_training_needs() -> None:
    asked = (
        "import forestay.app.worker, forestay.predictions.live, sys; "
        "print([name for name in ('lightgbm', 'sklearn', 'scipy', 'catboost') if name in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_the_history_is_in_the_days_of_the_workspace(house: WorkerHouse, acme: int) -> None:
    promoted(house, acme)
    house.restart()
    a_customer(house, acme)
    ((at,),) = house.rows("SELECT at FROM prediction_changes")
    assert NOON <= at < datetime(2026, 11, 23, tzinfo=UTC)
