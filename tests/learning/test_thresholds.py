"""Which line of a trigger may be moved, how far, and what its document looks like afterwards."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forestay.learning.thresholds import TUNABLE, advising, has_own, tunable_of, with_threshold
from forestay.signals.library import shipped_triggers
from forestay.signals.trigger import read_trigger, write_trigger
from forestay.store.shapes import Json

HEALTH: dict[str, Json] = {
    "key": "low", "name": "Low", "tier": "assisted", "risk_level": "high",
    "condition": {"column": "health.score", "is": "below", "value": 60},
    "until": {"column": "health.score", "is": "at_least", "value": 63},
}  # fmt: skip


def test_the_dial_of_a_low_score_is_stricter_downwards() -> None:
    dial = tunable_of(HEALTH)
    assert dial is not None
    assert (dial.column, dial.threshold, dial.stricter) == ("health.score", 60, -1)
    assert (dial.strictest, dial.loosest) == (50, 70)
    assert dial.fires(59)
    assert not dial.fires(61)


def test_bounds_lie_around_what_a_person_published() -> None:
    moved = with_threshold(HEALTH, 55)
    dial = tunable_of(moved, anchor=60)
    assert dial is not None
    assert (dial.threshold, dial.low, dial.high) == (55, 50, 70)


def test_the_end_of_an_episode_keeps_its_distance() -> None:
    moved = with_threshold(HEALTH, 55)
    assert (moved["condition"], moved["until"]) == (
        {"column": "health.score", "is": "below", "value": 55},
        {"column": "health.score", "is": "at_least", "value": 58},
    )
    assert HEALTH["condition"] == {"column": "health.score", "is": "below", "value": 60}


def test_a_segment_gets_a_line_of_its_own_and_the_rest_keeps_theirs() -> None:
    moved = with_threshold(HEALTH, 55, "enterprise")
    assert has_own(moved, "enterprise")
    assert [dial and dial.threshold for dial in (tunable_of(moved), tunable_of(moved, "enterprise"))] == [60, 55]
    again = with_threshold(with_threshold(moved, 52.5, "enterprise"), 62.5)
    assert [dial and dial.threshold for dial in (tunable_of(again), tunable_of(again, "enterprise"))] == [62.5, 52.5]
    assert read_trigger(again)


def test_two_segments_have_a_line_each() -> None:
    both = with_threshold(with_threshold(HEALTH, 55, "enterprise"), 65, "team")
    found = [tunable_of(both, segment) for segment in ("", "enterprise", "team")]
    assert [dial and dial.threshold for dial in found] == [60, 55, 65]


def test_what_a_negation_asks_is_left_alone() -> None:
    assert tunable_of({"condition": {"not": HEALTH["condition"]}}) is None


def test_a_fact_is_no_dial() -> None:
    assert tunable_of({"condition": {"column": "measure.sponsor_left_90d", "is": "at_least", "value": 1}}) is None


def test_the_churn_of_a_compound_trigger_is_its_dial() -> None:
    trigger = next(one for one in shipped_triggers() if one.key == "churn-80-executive-turnover")
    dial = tunable_of(write_trigger(trigger))
    assert dial is not None
    assert (dial.column, dial.threshold, dial.stricter) == ("churn.probability", 0.8, 1)


def test_advising_only_and_back_is_the_same_document() -> None:
    assert advising(advising(HEALTH, only=True), only=False) == HEALTH


@given(st.sampled_from(sorted(TUNABLE)), st.sampled_from(["below", "at_most", "above", "at_least"]), st.floats(-90, 99))
def test_a_step_never_leaves_the_bounds(column: str, how: str, value: float) -> None:
    dial = tunable_of({"condition": {"column": column, "is": how, "value": value}})
    assert dial is not None
    assert dial.low <= dial.threshold <= dial.high
    for direction in (1, -1):
        assert dial.low - 1e-6 <= dial.moved(direction, dial.step) <= dial.high + 1e-6


@pytest.mark.parametrize("trigger", shipped_triggers(), ids=lambda one: str(one.key))
def test_a_shipped_trigger_that_is_moved_can_still_be_read(trigger: object) -> None:
    document = write_trigger(trigger)  # type: ignore[arg-type]
    dial = tunable_of(document)
    moved = with_threshold(document, dial.moved(1, dial.step)) if dial else advising(document, only=True)
    assert read_trigger(moved)
