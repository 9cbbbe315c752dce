"""Whatever crashes, doubles and shuffles: every run is accounted for, nothing is asked twice, a pause only moves the clock."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forestay.journeys.runtime import runner as runner_module
from forestay.journeys.runtime import whole
from forestay.journeys.runtime.runner import Runner
from forestay.store.database import raw
from tests.conftest import StoreUnderTest, empty, make_workspace
from tests.journeys.at_work import AtWork

_HOURS = timedelta(hours=3)
QUICK = settings(
    max_examples=60 if os.environ.get("FORESTAY_TEST_FULL") else 5,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


class Crash(BaseException):
    """The process died before the commit."""


def plans() -> st.SearchStrategy[dict[str, Any]]:
    """Journeys of up to five steps in a row, with waits, forks, messages and a loop back."""
    kinds = st.sampled_from(["wait", "event", "message", "follow", "fork"])
    return st.lists(kinds, min_size=1, max_size=3).map(_drawn)


def _drawn(kinds: list[str]) -> dict[str, Any]:
    steps: dict[str, Any] = {"end": {"kind": "exit", "reason": "done"}}
    following = "end"
    for number, kind in reversed(list(enumerate(kinds))):
        name = "start" if number == 0 else f"s{number}"
        steps |= _step(kind, name, following)
        following = name
    return steps


def _step(kind: str, name: str, following: str) -> dict[str, Any]:
    plain: dict[str, Any] = {
        "wait": {"kind": "wait", "for": {"hours": 5}, "next": following},
        "event": {
            "kind": "wait_for", "event": "Ping", "timeout": {"hours": 7}, "ports": {"next": following, "timeout": following},
        },
        "message": {"kind": "message", "template": "x", "next": following},
        "follow": {
            "kind": "message", "template": "x", "follow": True,
            "ports": {"sent": following, "skipped": following, "failed": following},
        },
    }  # fmt: skip
    if kind != "fork":
        return {name: plain[kind]}
    return {
        name: {"kind": "parallel", "branches": ["a", "b"], "ports": {"a": f"{name}a", "b": f"{name}b"}},
        f"{name}a": {"kind": "wait", "for": {"hours": 2}, "next": f"{name}j"},
        f"{name}b": {"kind": "message", "template": "y", "next": f"{name}j"},
        f"{name}j": {"kind": "join", "next": following},
    }


def fresh(store: StoreUnderTest) -> AtWork:
    empty(store)
    return AtWork(store, make_workspace(store, "acme", "Acme"))


def answer_all(at_work: AtWork, times: int = 1) -> None:
    """Whatever was asked for is sent, and told so many times."""
    asked = at_work.rows("SELECT token_id, cause FROM requests WHERE drained_at IS NULL ORDER BY id")
    for token, cause in asked * times:
        at_work.report(token, "sent", cause=cause)
    at_work.rows("UPDATE requests SET drained_at = now() WHERE drained_at IS NULL RETURNING id")


def disturb(at_work: AtWork, times: int, seed: int) -> None:
    """What waits in the inbox stands there so many times, and in any order."""
    columns = "workspace_id, kind, journey_id, account_id, contact_key, contact_id, token_id, name, entry_key, at, body"
    at_work.rows(
        f"WITH gone AS (DELETE FROM journey_inbox RETURNING *) INSERT INTO journey_inbox ({columns}) "
        f"SELECT {columns} FROM gone, generate_series(1, {times}) AS n ORDER BY md5(id || '{seed}' || n) RETURNING id"
    )


def continuations(at_work: AtWork) -> list[tuple[Any, ...]]:
    """Runs that are live without a token, or ended with one."""
    return at_work.rows(
        "SELECT r.id FROM journey_runs r LEFT JOIN journey_tokens t ON t.run_id = r.id "
        "GROUP BY r.id, r.status HAVING (r.status < 10) <> (count(t.id) > 0)"
    )


def ledger(at_work: AtWork) -> None:
    """What came to each step left it, stands there, or ended there."""
    arrived = Counter(
        dict(at_work.rows("SELECT step, sum(count)::int FROM journey_counts WHERE name = 'arrived' GROUP BY 1"))
    )
    asked = at_work.rows("SELECT sum(count)::int FROM journey_counts WHERE name = 'asked'")[0][0] or 0
    assert asked == at_work.rows("SELECT count(*) FROM requests")[0][0]
    entered = at_work.rows("SELECT coalesce(sum(count), 0)::int FROM journey_counts WHERE name = 'entered'")[0][0]
    assert entered == at_work.rows("SELECT count(*) FROM journey_runs")[0][0]
    ended = at_work.rows("SELECT coalesce(sum(count), 0)::int FROM journey_counts WHERE name LIKE 'ended:%'")[0][0]
    assert ended == at_work.rows("SELECT count(*) FROM journey_runs WHERE status >= 10")[0][0]
    assert sum(arrived.values()) >= ended
    assert at_work.miscounted() == []


@QUICK
@given(plan=plans(), crashes=st.lists(st.booleans(), max_size=12), doubled=st.integers(1, 3), seed=st.integers(0, 1000))
def test_a_crash_at_any_turn_loses_nobody_and_asks_nothing_twice_in_whatever_order_things_come(
    store: StoreUnderTest, plan: dict[str, Any], crashes: list[bool], doubled: int, seed: int
) -> None:
    at_work = fresh(store)
    journey = at_work.publish(plan)
    accounts = at_work.accounts(3)
    at_work.enter(journey, accounts * doubled)
    dying = iter(crashes)

    def mortal(real: Callable[..., None]) -> Callable[..., None]:
        def write(*given: Any) -> None:
            real(*given)
            if next(dying, False):
                raise Crash

        return write

    with pytest.MonkeyPatch.context() as patch:
        for last in ("write", "write_told"):  # what a turn of the due ones and one of the inbox write last
            patch.setattr(runner_module, last, mortal(getattr(runner_module, last)))
        for _ in range(len(crashes) + 12):
            _survive(at_work)
            at_work.world.now = at_work.world.now.replace(microsecond=0)
            at_work.happen(accounts[0], "Ping")
            answer_all(at_work, doubled)
            disturb(at_work, doubled, seed)
            assert continuations(at_work) == []
            at_work.world.now += _HOURS
    _survive(at_work)
    ledger(at_work)
    assert len(at_work.ends()) == 3
    causes = at_work.rows("SELECT cause, slot, count(*) FROM requests GROUP BY 1, 2 HAVING count(*) > 1")
    assert causes == []


def _survive(at_work: AtWork) -> None:
    """As the supervisor does: start again after each crash."""
    while True:
        try:
            at_work.work()
        except Crash:
            continue
        return


@QUICK
@given(plan=plans(), paused_at=st.integers(0, 12), hours=st.integers(1, 20))
def test_a_pause_is_a_clock_that_stood_still(
    store: StoreUnderTest, plan: dict[str, Any], paused_at: int, hours: int
) -> None:
    ends = [_lived(store, plan, paused_at, hours), _lived(store, plan, paused_at, 0)]
    assert ends[0] == ends[1]


def _lived(store: StoreUnderTest, plan: dict[str, Any], paused_at: int, hours: int) -> list[Any]:
    """Hours of work after which each run ended, with a pause of so many hours taken out, events told in the pause."""
    at_work = fresh(store)
    journey = at_work.publish(plan)
    (account,) = at_work.accounts(1)
    at_work.enter(journey, [account])
    at_work.work()
    told = []
    for hour in range(24):
        if hour == paused_at:
            _during(at_work, journey, hours, account)
        answer_all(at_work)
        at_work.work()
        told.append(len(at_work.ends()))
        next_second(at_work)
        at_work.work(hours=1)
    return told


def next_second(at_work: AtWork) -> None:
    """Whole seconds again, forwards: a clock that goes back would let the past be looked at twice."""
    at_work.world.now = at_work.world.now.replace(microsecond=0) + timedelta(seconds=1)


def _during(at_work: AtWork, journey: int, hours: int, account: int) -> None:
    def operate(what: Any) -> None:
        with at_work.store.worker.begin_worker() as connection:
            what(raw(connection), journey, at_work.world.now)

    operate(whole.pause_journey)
    at_work.happen(account, "Ping")
    at_work.work(hours=hours)
    next_second(at_work)
    operate(whole.resume_journey)
    at_work.work()


@QUICK
@given(plan=plans(), turns=st.lists(st.sampled_from([0, 1]), min_size=5, max_size=25))
def test_two_runners_do_what_one_does(store: StoreUnderTest, plan: dict[str, Any], turns: list[int]) -> None:
    at_work = fresh(store)
    journey = at_work.publish(plan)
    at_work.enter(journey, at_work.accounts(4))
    runners: list[Runner] = [at_work.runner, at_work.another(store.worker)]
    runners[1].refresh()
    runners[0].batch = 2
    for which in turns:
        runners[which].take_in()
        runners[1 - which].run_due()
        answer_all(at_work)
        at_work.world.now += _HOURS
        assert continuations(at_work) == []
    for _ in range(20):
        answer_all(at_work)
        at_work.work(hours=8)
    assert len(at_work.ends()) == 4
    ledger(at_work)


@QUICK
@given(plan=plans(), pings=st.lists(st.integers(0, 30), max_size=6, unique=True))
def test_the_same_events_from_zero_give_the_same_runs_however_turns_are_cut(
    store: StoreUnderTest, plan: dict[str, Any], pings: list[int]
) -> None:
    assert _told_from_zero(store, plan, pings, batch=1) == _told_from_zero(store, plan, pings, batch=6000)


def _told_from_zero(store: StoreUnderTest, plan: dict[str, Any], pings: list[int], batch: int) -> list[Any]:
    """Runs, where they stand, and what they asked for, after the same story under a virtual clock."""
    at_work = fresh(store)
    at_work.runner.batch = batch
    journey, begin = at_work.publish(plan), at_work.world.now
    accounts = at_work.accounts(3)
    at_work.enter(journey, accounts)
    for hour in range(36):
        at_work.world.now = begin + timedelta(hours=hour)
        for account in accounts if hour in pings else ():
            at_work.happen(account, "Ping")
        at_work.work()
        answer_all(at_work)
        at_work.work()
    first, account = (at_work.rows(f"SELECT min(id) FROM {table}")[0][0] for table in ("journey_runs", "accounts"))
    runs = f"SELECT id - {first}, account_id - {account}, status, reason FROM journey_runs ORDER BY account_id"
    asked = (
        f"SELECT split_part(cause, ':', 2)::bigint - {first}, split_part(cause, ':', 3), split_part(cause, ':', 4), slot "
        "FROM requests ORDER BY 1, 2, 3, 4"
    )
    stands = (
        f"SELECT account_id - {account}, step, state, date_trunc('minute', due_at) FROM journey_tokens ORDER BY 1, 2"
    )
    return [at_work.rows(one) for one in (runs, asked, stands)]
