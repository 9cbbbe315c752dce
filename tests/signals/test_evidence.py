"""Evidence: the values behind a signal, what was asked and what is usual, and the requests that carry it."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import numpy as np
import pytest

from forestay.conditions.columns import ColumnTable
from forestay.customers.requests import Evidence, MessageRequest, TaskRequest, WebhookRequest, decode
from forestay.customers.words import RiskLevel, TriggerKey
from forestay.measures.defaults import DEFAULT_MEASURES
from forestay.signals.evidence import EvidenceMaker
from forestay.signals.library import shipped_trigger
from forestay.signals.requests import requests_of
from forestay.signals.trigger import Trigger, read_trigger, write_trigger
from forestay.signals.usual import usual_values
from forestay.signals.words import ColumnWords
from tests.signals.world import MEASURES, Plain, trigger

AT = datetime(2026, 11, 20, 9, tzinfo=UTC)
WORDS = ColumnWords(DEFAULT_MEASURES)


def evidence(of: Trigger, table: ColumnTable, **usual: float) -> list[Evidence]:
    baselines = {key: np.array([value]) for key, value in usual.items()}
    return EvidenceMaker(table, WORDS, 20_777, baselines).of(of, 0)


def one(**columns: float | str) -> ColumnTable:
    named = {name.replace("__", "."): np.array([value], object if isinstance(value, str) else float)
             for name, value in columns.items()}  # fmt: skip
    return ColumnTable((1,), named)


def test_evidence_says_value_threshold_and_what_is_usual_once_in_a_sentence() -> None:
    watch = trigger("measure.active_users_30d < 5")
    said = evidence(watch, one(measure__active_users_30d=4), active_users_30d=11)[0]
    assert said.sentence == "Active users, 30 days 4 (usually 11), below 5"
    assert (said.value, said.threshold, said.baseline, said.as_of) == (4, 5, 11, "2026-11-20")


def test_only_the_part_of_the_condition_that_is_true_is_evidence() -> None:
    watch = trigger("health.score < 60 or measure.open_tickets >= 3")
    said = evidence(watch, one(health__score=52, measure__open_tickets=1))
    assert [item.column for item in said] == ["health.score"]


def test_columns_beside_the_condition_follow_and_missing_ones_stay_away() -> None:
    watch = trigger(
        "health.score < 60", evidence=["measure.open_tickets", "account.plan", "measure.gone", "health.score"]
    )
    said = evidence(watch, one(health__score=52, measure__open_tickets=np.nan, account__plan="gold"))
    assert [(item.column, item.value) for item in said] == [("health.score", 52), ("account.plan", "gold")]


def test_an_event_is_evidence_with_its_count() -> None:
    plain = Plain(first=100, days=20, accounts=1, events={"event:Support Escalated": np.ones((1, 20))})
    table = ColumnTable((1,), events=plain.as_of(119))
    said = evidence(trigger("event 'Support Escalated' in 14 days"), table)[0]
    assert said.sentence == "'Support Escalated' 14 times in the last 14 days"


def test_what_is_usual_is_the_median_of_earlier_weeks_and_unknown_without_any() -> None:
    daily = np.zeros((2, 100))
    daily[0, 30:72], daily[0, 72:] = 10, 1
    plain = Plain(first=1000, days=100, accounts=2, events={"any": daily})
    usual = usual_values(
        lambda ago: plain.as_of(1099 - ago), MEASURES, ["events_7d", "days_since_activity", "no_measure"]
    )
    assert usual["events_7d"].tolist() == [70, 0]
    assert sorted(usual) == ["days_since_activity", "events_7d"]
    assert np.isnan(usual["days_since_activity"][1])


def test_a_signal_asks_for_a_task_with_its_evidence_script_and_draft() -> None:
    proof = [Evidence("health.score", "Health score", 52.0, sentence="Health score 52, below 60")]
    rows = requests_of(shipped_trigger(TriggerKey.HEALTH_BELOW_60), 7, 1001, RiskLevel.CRITICAL, proof, AT)
    task = decode(msgspec.json.decode(rows[0].body))
    assert (rows[0].cause, rows[0].slot, rows[0].account_id) == ("signal:7", "task", 1001)
    assert isinstance(task, TaskRequest)
    assert (task.risk_level, task.signal_id, task.evidence, task.script_template) == (
        RiskLevel.CRITICAL, 7, proof, "health-below-60-script",
    )  # fmt: skip


def test_an_automated_signal_asks_for_messages_each_in_its_slot() -> None:
    rows = requests_of(shipped_trigger(TriggerKey.FEATURE_UNUSED_45_DAYS), 8, 1001, RiskLevel.MEDIUM, [], AT)
    bodies = [decode(msgspec.json.decode(row.body)) for row in rows]
    assert [row.slot for row in rows] == ["in_app", "email"]
    assert [(body.channel, body.to) for body in bodies if isinstance(body, MessageRequest)] == [
        ("in_app", "active_users"),
        ("email", "champion"),
    ]


@pytest.mark.parametrize("again", [1, 2])
def test_two_webhooks_of_one_trigger_have_two_slots(again: int) -> None:
    document = write_trigger(shipped_trigger(TriggerKey.HEALTH_BELOW_60))
    document["actions"] += [{"kind": "webhook", "endpoint": "crm"}] * (again + 1)
    rows = requests_of(read_trigger(document), 9, 1001, RiskLevel.HIGH, [], AT)
    assert [row.slot for row in rows][1:] == ["webhook", "webhook-2", "webhook-3"][: again + 1]
    assert isinstance(decode(msgspec.json.decode(rows[1].body)), WebhookRequest)


def test_the_table_is_asked_once_however_many_accounts_want_their_evidence() -> None:
    asked: list[str] = []

    class Watched(Plain):
        def of(self, store: dict[str, np.typing.NDArray[np.float64]], name: str) -> np.typing.NDArray[np.float64]:
            asked.append(name)
            return super().of(store, name)

    plain = Watched(first=100, days=20, accounts=50, events={"event:X": np.ones((50, 20))})
    table = ColumnTable((50,), events=plain.as_of(119))
    maker = EvidenceMaker(table, WORDS, 119)
    watch = trigger("event 'X' in 14 days")
    assert all(len(maker.of(watch, row)) == 1 for row in range(50))
    assert asked == ["event:X"] * 2  # once for the condition, once for the count
