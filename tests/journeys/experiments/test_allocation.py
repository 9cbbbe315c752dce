"""Thompson allocation and the guard of rare bad things."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forestay.journeys.experiments.rate_limit import limit_p_value
from forestay.journeys.experiments.thompson import Seen, best_chances, shares

counts = st.integers(0, 2000)


def rate(n: int, yes: int) -> Seen:
    return Seen(n, yes, yes)


@given(st.lists(st.floats(0, 1), min_size=2, max_size=6).filter(lambda chances: sum(chances) > 0), st.floats(1, 50))
@settings(max_examples=80, deadline=None)
def test_no_arm_falls_under_the_floor_and_all_is_given_out(chances: list[float], floor: float) -> None:
    given_out = shares({f"arm{place}": chance for place, chance in enumerate(chances)}, floor)
    assert sum(given_out.values()) == pytest.approx(100, abs=1e-9)
    assert min(given_out.values()) >= min(floor, 100 / len(chances)) - 0.01 * len(chances)


def test_the_arm_that_does_better_gets_more() -> None:
    chances = best_chances({"a": rate(500, 50), "b": rate(500, 80)}, is_yes_no=True, higher_is_better=True, seed=1)
    assert chances["b"] > 0.99
    assert shares(chances, 10)["a"] == pytest.approx(10, abs=0.5)


def test_where_less_is_better_the_lower_arm_gets_more() -> None:
    chances = best_chances({"a": rate(500, 50), "b": rate(500, 80)}, is_yes_no=True, higher_is_better=False, seed=1)
    assert chances["a"] > 0.99


def test_without_anything_seen_all_are_alike() -> None:
    nothing = Seen(0, 0, 0)
    for is_yes_no in (True, False):
        chances = best_chances({"a": nothing, "b": nothing}, is_yes_no=is_yes_no, higher_is_better=True, seed=1)
        assert chances["a"] == pytest.approx(0.5, abs=0.02)


def test_numbers_are_weighed_by_their_spread() -> None:
    random = np.random.default_rng(1)
    low, high = random.normal(100, 30, 400), random.normal(110, 30, 400)
    seen = {name: Seen(400, part.sum(), (part**2).sum()) for name, part in (("a", low), ("b", high))}
    assert best_chances(seen, is_yes_no=False, higher_is_better=True, seed=1)["b"] > 0.99


def test_the_same_evaluation_gives_the_same_shares() -> None:
    seen = {"a": rate(100, 30), "b": rate(100, 33)}
    first = best_chances(seen, is_yes_no=True, higher_is_better=True, seed=9)
    assert first == best_chances(seen, is_yes_no=True, higher_is_better=True, seed=9)


def test_a_rate_at_its_limit_is_stopped_in_at_most_one_of_twenty_however_often_one_looks() -> None:
    random = np.random.default_rng(2)
    stopped = sum(limit_p_value(random.random(3000) < 0.02, 0.02) <= 0.05 for _ in range(400))
    assert stopped <= 400 * 0.05


def test_a_rate_of_twice_its_limit_is_found() -> None:
    random = np.random.default_rng(3)
    assert sum(limit_p_value(random.random(2000) < 0.04, 0.02) <= 0.01 for _ in range(50)) >= 45


def test_a_run_of_five_bad_outcomes_is_enough_for_a_limit_of_two_percent() -> None:
    assert limit_p_value(np.ones(5, bool), 0.02) < 0.01


def test_no_outcome_is_no_evidence() -> None:
    assert limit_p_value(np.empty(0, bool), 0.02) == 1.0
