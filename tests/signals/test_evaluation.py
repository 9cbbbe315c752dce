"""Triggers fire on transitions: once an episode, with hysteresis, cool-down, holdout and caps."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from forestay.conditions.columns import ColumnTable
from forestay.customers.words import RiskLevel
from forestay.kit.buckets import buckets
from forestay.signals.evaluation import CAP, HOLDOUT, PAUSED, Transitions, step
from forestay.signals.levels import code_of
from forestay.signals.states import CAPPED, OPEN, OpenRows, TriggerStates
from forestay.signals.trigger import Existing, LiveTrigger
from tests.signals.world import START, course, places, subjects, trigger, values

DAY = timedelta(days=1)
histories = arrays.arrays(bool, st.tuples(st.integers(1, 4), st.integers(1, 40)))


def live(condition: str = "measure.x > 0", **settings: object) -> LiveTrigger:
    return LiveTrigger(trigger(condition, **settings), 1)


def once(
    one: LiveTrigger, states: TriggerStates, *numbers: float, days: float = 0, owners: list[int] | None = None
) -> Transitions:
    """One step over accounts with these numbers, so many days after the start."""
    who = subjects(len(numbers), owners)
    return step([one], values(*numbers), who, states, START + days * DAY, accounts=len(numbers))


@settings(max_examples=80, deadline=None)
@given(histories, st.sampled_from([0, 1, 3, 14]))
def test_an_episode_fires_at_most_once_and_never_within_the_cool_down(
    daily: np.typing.NDArray[np.bool_], cooldown: int
) -> None:
    moves = course(live(cooldown_days=cooldown), daily)
    for account in range(len(daily)):
        fired = [day for day, moved in enumerate(moves) if account in places(moved.fired)]
        begins = np.flatnonzero(daily[account] & ~np.concatenate(([False], daily[account][:-1])))
        episodes = [int(np.searchsorted(begins, day, side="right")) for day in fired]
        assert len(set(episodes)) == len(episodes)
        assert all(daily[account][day] for day in fired)
        assert all(later - earlier >= cooldown for earlier, later in pairwise(fired))


@settings(max_examples=60, deadline=None)
@given(histories)
def test_without_cool_down_every_transition_fires_and_every_end_closes(daily: np.typing.NDArray[np.bool_]) -> None:
    moves = course(live(), daily)
    padded = np.concatenate((np.zeros((len(daily), 1), bool), daily), axis=1)
    for day, moved in enumerate(moves):
        assert places(moved.fired) == np.flatnonzero(padded[:, day + 1] & ~padded[:, day]).tolist()
        assert places(moved.ended) == np.flatnonzero(~padded[:, day + 1] & padded[:, day]).tolist()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(0, 10), min_size=1, max_size=40))
def test_with_until_a_trigger_flaps_no_more_than_the_value_crosses_both_lines(numbers: list[float]) -> None:
    states, one = TriggerStates(), live("measure.x < 4", until="measure.x >= 6")
    fired = sum(len(places(once(one, states, number, days=n).fired)) for n, number in enumerate(numbers))
    beyond = [number < 4 for number in numbers if number < 4 or number >= 6]
    falls = sum(now and not before for before, now in zip([False, *beyond], beyond, strict=False))
    assert fired == falls


def test_what_becomes_unknown_neither_ends_a_signal_nor_fires_it_again() -> None:
    states, one = TriggerStates(), live()
    assert places(once(one, states, 1).fired) == [0]
    unknown = once(one, states, float("nan"), days=1)
    back = once(one, states, 1, days=2)
    assert (unknown.ended, unknown.fired, back.fired) == ([], [], [])


def test_accounts_that_match_when_a_trigger_is_published_fire() -> None:
    assert places(once(live(), TriggerStates(), 1, 0, 1).fired) == [0, 2]


def test_a_trigger_may_leave_those_alone_that_match_already_but_not_the_ones_that_come_later() -> None:
    states, one = TriggerStates(), live(existing=Existing.IGNORE)
    assert once(one, states, 1, 0).fired == []
    assert places(once(one, states, 1, 0, 1, days=1).fired) == [2]
    assert once(one, states, 0, 0, 1, days=2).fired == []
    assert places(once(one, states, 1, 0, 1, days=3).fired) == [0]


def test_an_episode_that_began_in_the_cool_down_fires_when_that_is_over() -> None:
    states, one = TriggerStates(), live(cooldown_days=10)
    days = {0: 1.0, 2: 0.0, 5: 1.0, 9: 1.0, 10: 1.0, 11: 1.0}
    fired = {day: places(once(one, states, number, days=day).fired) for day, number in days.items()}
    assert fired == {0: [0], 2: [], 5: [], 9: [], 10: [0], 11: []}


def test_those_that_wait_for_their_cool_down_are_counted() -> None:
    states, one = TriggerStates(), live(cooldown_days=10)
    for day, number in enumerate([1.0, 0.0]):
        once(one, states, number, days=day)
    assert once(one, states, 1, days=2).waiting == {"watch": 1}


def test_a_holdout_gets_signals_without_action_and_always_the_same_accounts() -> None:
    fired = once(live(holdout_share=0.3), TriggerStates(), *[1.0] * 200).fired[0]
    expected = buckets(subjects(200).account_ids, "holdout:watch") < 0.3
    assert [reason == HOLDOUT for reason in fired.held_back] == expected.tolist()
    assert 30 < expected.sum() < 90


def test_a_paused_trigger_is_judged_but_asks_for_nothing() -> None:
    paused = LiveTrigger(trigger(), 1, is_paused=True)
    assert once(paused, TriggerStates(), 1).fired[0].held_back == (PAUSED,)


def test_a_csm_gets_no_more_than_the_cap_a_day_and_the_rest_the_day_after() -> None:
    states, one = TriggerStates(), live(daily_cap_per_csm=2)
    owners = [7, 7, 7, 8, -1]
    first = once(one, states, 1, 1, 1, 1, 1, owners=owners)
    assert first.fired[0].held_back == (None, None, CAP, None, None)
    again = once(one, states, 1, 1, 1, 1, 1, owners=owners, days=0.1)
    assert again.released == []
    next_day = once(one, states, 1, 1, 1, 1, 1, owners=owners, days=1)
    assert places(next_day.released) == [2]


def test_the_graver_trigger_takes_the_cap_first() -> None:
    lesser = live(key="lesser", risk_level=RiskLevel.LOW, daily_cap_per_csm=1)
    graver = live(key="graver", risk_level=RiskLevel.CRITICAL, daily_cap_per_csm=1)
    moved = step([lesser, graver], values(1), subjects(1, [7]), TriggerStates(), START, accounts=1)
    assert {group.trigger.trigger.key: group.held_back for group in moved.fired} == {
        "graver": (None,),
        "lesser": (CAP,),
    }


def test_an_open_signal_is_refreshed_once_a_day_and_when_its_level_rises() -> None:
    states, one = TriggerStates(), live()

    def at(days: float, churn: float) -> list[int]:
        table = ColumnTable((1,), {"measure.x": np.ones(1), "churn.probability": np.array([churn])})
        return places(step([one], table, subjects(1), states, START + days * DAY, accounts=1).updated)

    assert [at(0, 0.1), at(0.1, 0.1), at(0.2, 0.9), at(0.3, 0.9), at(1, 0.9)] == [[], [], [0], [], [0]]


def test_a_signal_weighs_one_step_more_for_the_largest_accounts_and_at_80_percent_churn() -> None:
    columns = {
        "measure.x": np.ones(4),
        "account.is_top_decile": np.array([0.0, 1, 0, 1]),
        "churn.probability": np.array([0.1, 0.1, 0.8, np.nan]),
    }
    high = step([live()], ColumnTable((4,), columns), subjects(4), TriggerStates(), START).fired[0]
    assert high.risk.tolist() == [code_of(RiskLevel.HIGH)] + [code_of(RiskLevel.CRITICAL)] * 3
    worst = live(risk_level=RiskLevel.CRITICAL)
    assert step([worst], ColumnTable((4,), columns), subjects(4), TriggerStates(), START).fired[0].risk.max() == 3


def test_a_trigger_on_a_column_that_is_gone_is_reported_and_stops_no_other() -> None:
    moved = step([live("measure.y > 0", key="old"), live()], values(1), subjects(1), TriggerStates(), START)
    assert list(moved.broken) == ["old"]
    assert "measure.x" in moved.broken["old"]
    assert places(moved.fired) == [0]


def test_a_new_version_of_a_trigger_does_not_fire_again() -> None:
    states = TriggerStates()
    once(live(), states, 1)
    assert once(LiveTrigger(trigger(description="better words"), 2), states, 1, days=1).fired == []


def test_a_signal_closed_by_hand_does_not_come_back_while_the_condition_lasts() -> None:
    states, one = TriggerStates(), live()
    once(one, states, 1)
    states.close("watch", 0)
    later = once(one, states, 1, days=1)
    assert (later.fired, later.updated) == ([], [])
    once(one, states, 0, days=2)
    assert places(once(one, states, 1, days=3).fired) == [0]


@settings(max_examples=30, deadline=None)
@given(histories, st.integers(0, 39))
def test_states_that_were_stored_go_on_as_if_nothing_had_happened(
    daily: np.typing.NDArray[np.bool_], stop: int
) -> None:
    one, kept, restored = live(cooldown_days=5), TriggerStates(), TriggerStates()
    rows = np.arange(len(daily))
    course(one, daily[:, :stop], kept)
    restored.restore("watch", kept.stored("watch", rows), signals_of(kept, rows), len(daily))
    first, second = (
        [places(m.fired) for m in course(one, daily[:, stop:], states, first=stop)] for states in (kept, restored)
    )
    assert first == second


def signals_of(states: TriggerStates, rows: np.typing.NDArray[np.int64]) -> OpenRows:
    """What the store says of the trigger's open signals."""
    columns = states.of("watch", len(rows))
    here = rows[columns.flags[rows] & OPEN > 0]
    return OpenRows(
        here, columns.flags[here] & CAPPED > 0, columns.updated_day[here].astype(np.int64), columns.level[here]
    )


def test_a_restart_writes_no_evidence_again_that_was_written_today() -> None:
    one, kept, restored, rows = live(risk_level=RiskLevel.HIGH), TriggerStates(), TriggerStates(), np.arange(2)
    once(one, kept, 1, 1)
    restored.restore("watch", kept.stored("watch", rows), signals_of(kept, rows), 2)
    assert once(one, restored, 1, 1).updated == []
    assert places(once(one, restored, 1, 1, days=1).updated) == [0, 1]


def test_states_are_read_back_from_a_snapshot(tmp_path: Path) -> None:
    states, one = TriggerStates(), live(cooldown_days=10, daily_cap_per_csm=1)
    once(one, states, 1, 1, owners=[7, 7])
    states.dump(tmp_path)
    again = TriggerStates.load(tmp_path)
    assert again.cap_counts == {7: 1}
    assert places(once(one, again, 1, 1, owners=[7, 7], days=1).released) == [1]
