"""Feedback moves a trigger's line both ways, within bounds, without flapping; a hopeless trigger only advises."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forestay.learning.feedback import REST_DAYS, Move, Setting, State, after, decide
from forestay.learning.precision import Firings, precision_of, recall_of, weights_of
from forestay.learning.thresholds import Tunable

DIAL = Tunable("churn.probability", 0.6, 1, 0.4, 0.8, 0.05)
SETTING = Setting(target=0.5)


def firings(right: int = 0, wrong: int = 0, known: int = 0, idle: int = 0) -> Firings:
    """Firings that people judged."""
    n = right + wrong + known + idle
    kind = np.repeat([0, 1, 2, 3], [right, wrong, known, idle])
    no = np.zeros(n, bool)
    return Firings(np.full(n, 0.65), no, no, np.ones(n, bool), no, kind == 0, kind == 1, kind == 2, kind == 3)


def watched(right: int, wrong: int, value: float = 0.57) -> Firings:
    """Accounts below the line, watched in silence to the end."""
    n = right + wrong
    no, yes = np.zeros(n, bool), np.ones(n, bool)
    return Firings(np.full(n, value), np.arange(n) < right, yes, no, yes, no, no, no, no)


def joined(one: Firings, other: Firings) -> Firings:
    return Firings(*(np.concatenate([getattr(one, name), getattr(other, name)]) for name in Firings.__slots__))


def test_a_trigger_that_is_mostly_wrong_gets_stricter() -> None:
    found = decide(DIAL, State(0.05), firings(right=10, wrong=30), SETTING, 100)
    assert (found.move, found.to) == (Move.TIGHTEN, 0.65)


def test_a_trigger_that_is_mostly_right_gets_looser() -> None:
    found = decide(DIAL, State(0.05), firings(right=35, wrong=5), SETTING, 100)
    assert (found.move, found.to) == (Move.LOOSEN, 0.55)


def test_where_lower_is_stricter_it_moves_the_other_way() -> None:
    dial = Tunable("health.score", 60, -1, 50, 70, 2.5)
    assert decide(dial, State(2.5), firings(10, 30), SETTING, 100).to == 57.5


def test_near_the_target_nothing_moves() -> None:
    assert decide(DIAL, State(0.05), firings(right=20, wrong=20), SETTING, 100).move is Move.STAY


def test_a_few_verdicts_move_nothing() -> None:
    found = decide(DIAL, State(0.05), firings(wrong=15), SETTING, 100)
    assert found.move is Move.STAY
    assert "20 are needed" in found.reason


def test_after_a_move_it_rests() -> None:
    state = State(0.05, 1, 0, moved_day=95)
    assert decide(DIAL, state, firings(5, 35), SETTING, 100).move is Move.STAY
    assert decide(DIAL, state, firings(5, 35), SETTING, 95 + REST_DAYS).move is Move.TIGHTEN


def test_what_was_already_known_makes_it_come_earlier() -> None:
    found = decide(DIAL, State(0.05), firings(right=3, wrong=12, known=17), SETTING, 100)
    assert precision_of(firings(3, 12, 17), 0.5).mean == pytest.approx(0.6, abs=0.05)
    assert (found.move, found.to) == (Move.LOOSEN, 0.55)


def test_what_was_not_actionable_says_nothing_of_rightness() -> None:
    assert weights_of(firings(idle=10))[1].sum() == 0


def test_it_gets_no_looser_where_those_watched_in_silence_were_well() -> None:
    both = joined(firings(right=35, wrong=5), watched(right=0, wrong=12))
    found = decide(DIAL, State(0.05), both, SETTING, 100)
    assert found.move is Move.STAY
    assert "watched in silence" in found.reason


def test_at_its_strictest_and_still_wrong_it_only_advises() -> None:
    dial = replace(DIAL, threshold=0.8)
    assert decide(dial, State(0.05, 1), firings(3, 40), SETTING, 100).move is Move.ADVISE_ONLY


def test_without_a_dial_a_failing_trigger_only_advises() -> None:
    assert decide(None, State(0.0), firings(3, 40), SETTING, 100).move is Move.ADVISE_ONLY


def test_a_merely_middling_trigger_without_a_dial_goes_on() -> None:
    assert decide(None, State(0.0), firings(13, 27), SETTING, 100).move is Move.STAY


def test_one_that_advises_acts_again_when_it_is_right() -> None:
    advising = replace(SETTING, advises_only=True)
    assert decide(DIAL, State(0.05), firings(30, 10), advising, 100).move is Move.ACT_AGAIN
    assert decide(DIAL, State(0.05), firings(5, 35), advising, 100).move is Move.STAY


def test_time_that_went_by_after_help_counts_half() -> None:
    over = replace(firings(idle=10), is_over=np.ones(10, bool))
    assert weights_of(over)[1].sum() == 5
    left_alone = replace(over, is_treated=np.zeros(10, bool))
    assert weights_of(left_alone)[1].sum() == 10


def test_what_came_outweighs_a_verdict_of_inaccurate() -> None:
    came = replace(firings(wrong=10), came=np.ones(10, bool))
    assert weights_of(came)[0].all()


def test_recall_counts_each_watched_account_for_twenty() -> None:
    fired = replace(firings(right=40), came=np.ones(40, bool))
    assert recall_of(joined(fired, watched(right=1, wrong=9))) == pytest.approx(40 / 60)
    assert recall_of(fired) is None


def test_one_that_has_settled_begins_anew_when_the_world_is_another() -> None:
    settled = State(0.05 / 8, 1, 3, moved_day=0)
    a_little = decide(DIAL, settled, firings(right=52, wrong=28), SETTING, 100)
    far = decide(DIAL, settled, firings(right=60, wrong=2), SETTING, 100)
    assert a_little.move is Move.STAY
    assert far.to == 0.55
    assert after(settled, DIAL, far, 100) == State(0.05, -1, 0, 100)


@settings(max_examples=150, deadline=None)
@given(
    st.floats(0.4, 0.8), st.sampled_from([1, -1]), st.floats(0.001, 0.2), st.sampled_from([-1, 0, 1]),
    st.integers(0, 80), st.integers(0, 80), st.integers(0, 40), st.floats(0.05, 0.95),
)  # fmt: skip
def test_no_suggestion_leaves_the_bounds(
    threshold: float, stricter: int, step: float, direction: int, right: int, wrong: int, known: int, target: float
) -> None:
    dial = Tunable("churn.probability", threshold, stricter, 0.4, 0.8, 0.05)
    found = decide(dial, State(step, direction), firings(right, wrong, known), Setting(target), 100)
    assert found.to is None or (
        dial.low <= found.to <= dial.high and abs(found.to - threshold) <= max(step, 0.05) + 1e-6
    )


def lived(start: float, right_at: float, seed: int, days: int = 1500) -> tuple[list[float], int]:
    """A trigger that is right more often the stricter it is, `right_at` its target; five firings a week are judged."""
    random = np.random.default_rng(seed)
    dial, state, seen, path = replace(DIAL, threshold=start, low=0.2, high=0.95), State(0.05), [0, 0], [start]
    for day in range(0, days, 7):
        chance = float(np.clip(0.5 + 1.5 * (dial.threshold - right_at), 0.02, 0.98))
        right = int((random.random(5) < chance).sum())
        seen = [seen[0] + right, seen[1] + 5 - right]
        found = decide(dial, state, firings(*seen), SETTING, day)
        if found.to is not None:
            state, seen = after(state, dial, found, day), [0, 0]
            dial = replace(dial, threshold=found.to)
            path.append(found.to)
    return path, state.reversals


@pytest.mark.parametrize("start", [0.3, 0.9])
def test_from_either_side_it_comes_to_where_the_target_is_met(start: float) -> None:
    ends = [lived(start, right_at=0.6, seed=seed)[0][-1] for seed in range(8)]
    assert np.mean(ends) == pytest.approx(0.6, abs=0.06)
    assert max(abs(end - 0.6) for end in ends) < 0.15


@settings(max_examples=12, deadline=None)
@given(st.floats(0.25, 0.9), st.floats(0.3, 0.85), st.integers(0, 10_000))
def test_it_turns_at_most_three_times_and_stays_within_bounds(start: float, right_at: float, seed: int) -> None:
    path, reversals = lived(start, right_at, seed)
    assert reversals <= 3
    assert all(0.2 <= threshold <= 0.95 for threshold in path)
