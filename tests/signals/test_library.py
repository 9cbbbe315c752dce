"""The ten triggers that ship: their keys, what they ask, and the accounts that they are for."""

from __future__ import annotations

import numpy as np
import pytest

from forestay.conditions.columns import ColumnTable
from forestay.conditions.document import BadCondition
from forestay.conditions.evaluate import evaluate
from forestay.conditions.needs import columns_of, events_of
from forestay.customers.words import RiskLevel, Tier, TriggerKey
from forestay.measures.defaults import DEFAULT_MEASURES
from forestay.measures.substrate import Floats
from forestay.signals.library import shipped_trigger, shipped_triggers
from forestay.signals.requests import slots_of
from forestay.signals.trigger import Trigger, read_trigger, trigger_schema, write_trigger
from forestay.signals.words import ColumnWords

WORDS = ColumnWords(DEFAULT_MEASURES)
every_trigger = pytest.mark.parametrize("trigger", shipped_triggers(), ids=lambda trigger: trigger.key)


class NoEvents:
    def event_count(self, series: str, days: int, ending_days_ago: int = 0) -> Floats:
        return np.zeros(1)

    def days_since_event(self, series: str) -> Floats:
        return np.full(1, np.nan)


def fires(key: TriggerKey, **columns: float) -> bool:
    named = {name.replace("__", "."): np.array([value]) for name, value in columns.items()}
    return bool(evaluate(shipped_trigger(key).condition, ColumnTable((1,), named, events=NoEvents()))[0])


def test_all_ten_ship_under_their_keys() -> None:
    assert [trigger.key for trigger in shipped_triggers()] == [key.value for key in TriggerKey]


@every_trigger
def test_a_shipped_trigger_names_only_columns_that_exist(trigger: Trigger) -> None:
    asked = columns_of(trigger.condition) | (columns_of(trigger.until) if trigger.until else set())
    assert (asked | set(trigger.evidence)) <= set(WORDS.names)


@every_trigger
def test_a_shipped_trigger_survives_being_written(trigger: Trigger) -> None:
    assert read_trigger(write_trigger(trigger)) == trigger


@every_trigger
def test_a_shipped_trigger_acts_and_each_action_has_its_own_slot(trigger: Trigger) -> None:
    slots = slots_of(trigger)
    assert len(slots) == len(set(slots)) >= 1


def test_only_the_unused_feature_is_handled_without_a_person() -> None:
    automated = [trigger.key for trigger in shipped_triggers() if trigger.tier is Tier.AUTOMATED]
    assert automated == [TriggerKey.FEATURE_UNUSED_45_DAYS]


def test_the_four_expansion_signals_each_suggest_their_offer() -> None:
    offers = {trigger.key: trigger.expansion for trigger in shipped_triggers() if trigger.expansion}
    assert offers == {
        "usage-over-150-percent": "upgrade_opportunity",
        "premium-feature-interest": "feature_upsell",
        "new-user-invitations": "seat_expansion",
        "new-workflow-adoption": "module_upsell",
    }


def test_the_churn_trigger_is_critical_and_asks_for_turnover_and_idle_licences() -> None:
    key = TriggerKey.CHURN_80_EXECUTIVE_TURNOVER
    idle = {"measure__seat_use_30d": 0.4, "measure__seat_use_change_60d": 1.02, "churn__probability": 0.8,
            "churn__is_alert": 0}  # fmt: skip
    assert shipped_trigger(key).risk_level is RiskLevel.CRITICAL
    assert fires(key, measure__sponsor_left_90d=1, **idle)
    assert not fires(key, measure__sponsor_left_90d=0, **idle)
    assert not fires(key, measure__sponsor_left_90d=1, **(idle | {"measure__seat_use_change_60d": 1.2}))


@pytest.mark.parametrize(("is_alert", "expected"), [(1, True), (0, False)])
def test_a_calibrated_model_alerts_by_its_own_line_though_it_rarely_says_80_percent(
    is_alert: int, expected: bool
) -> None:
    found = fires(
        TriggerKey.CHURN_80_EXECUTIVE_TURNOVER, measure__sponsor_left_90d=1, measure__seat_use_30d=0.4,
        measure__seat_use_change_60d=1.02, churn__probability=0.3, churn__is_alert=is_alert,
    )  # fmt: skip
    assert found is expected


@pytest.mark.parametrize(
    ("key", "column", "just", "not_quite"),
    [
        (TriggerKey.HEALTH_BELOW_60, "health__score", 59.9, 60),
        (TriggerKey.HEALTH_TREND_DOWN_20, "health__ratio_30d", 0.8, 0.81),
        (TriggerKey.EXPANSION_READINESS_80, "expansion__readiness", 80.1, 80),
        (TriggerKey.USAGE_OVER_150_PERCENT, "measure__seat_use_30d", 1.51, 1.5),
    ],
)
def test_a_line_is_where_the_brief_draws_it(key: TriggerKey, column: str, just: float, not_quite: float) -> None:
    assert [fires(key, **{column: value}) for value in (just, not_quite, float("nan"))] == [True, False, False]


def test_a_sharp_decline_needs_the_escalation_too() -> None:
    key = TriggerKey.STICKY_FEATURE_DROP_AND_ESCALATION
    assert fires(key, measure__sticky_change_7d=0.5, measure__escalations_14d=1)
    assert not fires(key, measure__sticky_change_7d=0.5, measure__escalations_14d=0)
    assert not fires(key, measure__sticky_change_7d=0.6, measure__escalations_14d=1)
    assert events_of(shipped_trigger(key).condition) == {"event:Support Escalated"}


def test_an_automated_trigger_may_not_open_a_task() -> None:
    document = write_trigger(shipped_trigger(TriggerKey.HEALTH_BELOW_60)) | {"tier": "automated"}
    with pytest.raises(BadCondition, match="involves no person"):
        read_trigger(document)


def test_a_mistake_in_a_trigger_is_shown_where_it_is() -> None:
    document = write_trigger(shipped_trigger(TriggerKey.HEALTH_BELOW_60))
    document["condition"]["value"] = [60]
    with pytest.raises(BadCondition) as refused:
        read_trigger(document)
    assert refused.value.place == "trigger.condition"


def test_the_schema_describes_what_an_editor_must_draw() -> None:
    assert {"condition", "tier", "risk_level", "actions"} <= set(trigger_schema()["properties"])
