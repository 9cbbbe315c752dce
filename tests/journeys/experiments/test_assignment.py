"""Arms are dealt by hash: everybody keeps theirs, and a change moves only those that it is about."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from forestay.journeys.experiments.assignment import Allocation, assign, is_held_out

ACCOUNTS = np.arange(1, 20_001)
shares = st.integers(1, 99)


def test_an_account_keeps_its_arm_for_good() -> None:
    half = Allocation({"a": 50, "b": 50})
    alone = [int(assign(np.array([number]), "rescue", "offer", half)[0]) for number in (7, 8, 9)]
    assert assign(np.array([7, 8, 9]), "rescue", "offer", half).tolist() == alone


def test_each_arm_gets_its_share() -> None:
    arms = assign(ACCOUNTS, "rescue", "offer", Allocation({"a": 60, "b": 30, "c": 10}))
    got = np.bincount(arms, minlength=3) / len(ACCOUNTS)
    assert np.abs(got - [0.6, 0.3, 0.1]).max() < 0.015


@given(shares, shares)
@settings(max_examples=40, deadline=None)
def test_a_changed_share_moves_only_those_between(before: int, after: int) -> None:
    then = assign(ACCOUNTS, "rescue", "offer", Allocation({"a": before, "b": 100 - before}))
    now = assign(ACCOUNTS, "rescue", "offer", Allocation({"a": after, "b": 100 - after}))
    moved = then != now
    assert np.all(now[moved] == (0 if after > before else 1))
    assert abs(moved.mean() - abs(after - before) / 100) < 0.02


def test_a_stopped_arm_moves_nobody_else() -> None:
    shares = {"a": 40, "b": 40, "c": 20}
    then = assign(ACCOUNTS, "rescue", "offer", Allocation(shares))
    now = assign(ACCOUNTS, "rescue", "offer", Allocation(shares, stopped=frozenset({"b"})))
    assert np.array_equal(then[then != 1], now[then != 1])
    assert abs((now[then == 1] == 0).mean() - 2 / 3) < 0.02
    assert not (now == 1).any()


def test_probabilities_are_those_that_people_really_get() -> None:
    allocation = Allocation({"a": 40, "b": 40, "c": 20}, stopped=frozenset({"b"}))
    got = np.bincount(assign(ACCOUNTS, "rescue", "offer", allocation), minlength=3) / len(ACCOUNTS)
    assert np.abs(got - [*allocation.propensities.values()]).max() < 0.015


def test_when_every_arm_is_stopped_nobody_is_left_without_a_way() -> None:
    shares = {"a": 50, "b": 50}
    everything = Allocation(shares, stopped=frozenset(shares))
    assert np.array_equal(
        assign(ACCOUNTS, "rescue", "offer", everything), assign(ACCOUNTS, "rescue", "offer", Allocation(shares))
    )


def test_a_new_bucket_version_deals_everybody_anew() -> None:
    then = assign(ACCOUNTS, "rescue", "offer", Allocation({"a": 50, "b": 50}, bucket_version=1))
    now = assign(ACCOUNTS, "rescue", "offer", Allocation({"a": 50, "b": 50}, bucket_version=2))
    assert abs((then == now).mean() - 0.5) < 0.02


def test_holdouts_of_journeys_are_drawn_independently() -> None:
    one = is_held_out(ACCOUNTS, 0.2, "rescue")
    other = is_held_out(ACCOUNTS, 0.2, "onboarding")
    everywhere = is_held_out(ACCOUNTS, 0.2)
    assert abs((one & other).mean() - 0.04) < 0.01
    assert abs((one & everywhere).mean() - 0.04) < 0.01


def test_a_larger_holdout_keeps_all_of_the_smaller_one() -> None:
    assert is_held_out(ACCOUNTS, 0.2, "rescue")[is_held_out(ACCOUNTS, 0.1, "rescue")].all()
