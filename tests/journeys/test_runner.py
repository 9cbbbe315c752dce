"""The runner over PostgreSQL: who comes in, what wakes a run, what is written, what a crash leaves."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from forestay.journeys.experiments.assignment import is_held_out
from forestay.journeys.words import Happening, RunStatus, TokenState
from tests.conftest import StoreUnderTest
from tests.journeys.at_work import AtWork
from tests.journeys.test_machine import FORKED, RESCUE


@pytest.fixture
def at_work(store: StoreUnderTest, workspace: int) -> AtWork:
    return AtWork(store, workspace)


def test_a_run_goes_its_way_and_writes_what_it_did(at_work: AtWork) -> None:
    journey = at_work.publish(RESCUE)
    low, fine = at_work.accounts(2)
    at_work.world.columns = {"health.score": {low: 40.0, fine: 80.0}}
    at_work.enter(journey, [low, fine])
    at_work.work()
    assert at_work.standing() == [(low, "pause", TokenState.TIMER)]
    assert at_work.ends() == [(fine, RunStatus.COMPLETED, "done")]
    numbers = at_work.runner.book.live[journey].compiled.numbers
    assert at_work.rows("SELECT account_id, cause, slot, journey_id, step FROM requests") == [
        (low, f"run:1:{numbers['greet']}:1", "message", journey, numbers["greet"])
    ]
    at_work.work(hours=71)
    assert at_work.standing() == [(low, "pause", TokenState.TIMER)]
    at_work.work(hours=2)
    assert at_work.standing() == []
    told = (
        "SELECT h.happening, s.step_id, h.port FROM journey_history AS h LEFT JOIN journey_steps AS s ON s.number = h.step "
        "WHERE h.run_id = 1 ORDER BY h.at"
    )
    assert at_work.rows(told) == [
        (Happening.ENTERED, None, "manual"), (Happening.LEFT, "start", "low"), (Happening.ASKED, "greet", "next"),
        (Happening.WAITED, "pause", None), (Happening.LEFT, "pause", "next"), (Happening.ENDED, "done", "completed:done"),
    ]  # fmt: skip
    counts = dict(
        at_work.rows("SELECT name, sum(count) FROM journey_counts WHERE step = -1 AND day > '1970-01-01' GROUP BY name")
    )
    assert counts == {"entered": 2, "entered:manual": 2, "ended:completed:done": 2}


def test_the_same_subject_enters_once_until_it_left(at_work: AtWork) -> None:
    journey = at_work.publish(RESCUE)
    (account,) = at_work.accounts(1)
    at_work.world.columns = {"health.score": {account: 40.0}}
    at_work.enter(journey, [account, account])
    at_work.enter(journey, [account])
    at_work.work()
    assert len(at_work.standing()) == 1
    at_work.work(hours=73)
    at_work.enter(journey, [account])
    at_work.work()
    assert at_work.rows("SELECT serial, status FROM journey_runs ORDER BY id") == [(1, 10), (2, 0)]
    assert at_work.rows("SELECT sum(count) FROM journey_counts WHERE name = 'refused:re_entry'") == [(2,)]


def test_never_is_never_even_after_a_new_version(at_work: AtWork) -> None:
    never = {"re_entry": {"rule": "never"}}
    journey = at_work.publish({"start": {"kind": "exit"}}, **never)
    accounts = at_work.accounts(3)
    at_work.enter(journey, accounts)
    at_work.work()
    assert at_work.publish({"start": {"kind": "exit", "reason": "other"}}, version=2, **never) == journey
    at_work.enter(journey, accounts)
    at_work.work()
    assert len(at_work.ends()) == 3


def test_parallel_runs_by_key(at_work: AtWork) -> None:
    journey = at_work.publish(RESCUE, re_entry={"rule": "by_key", "key": "event.order"})
    (account,) = at_work.accounts(1)
    at_work.world.columns = {"health.score": {account: 40.0}}
    for order in (17, 18, 17):
        at_work.enter(journey, [account], event={"order": order})
    at_work.work()
    assert len(at_work.standing()) == 2


WAITING: dict[str, Any] = {
    "start": {"kind": "wait_for", "event": "Order Paid", "match": {"order": "event.order"}, "timeout": {"days": 2},
              "ports": {"next": "paid", "timeout": "late"}},
    "paid": {"kind": "exit", "reason": "paid"},
    "late": {"kind": "exit", "reason": "late"},
}  # fmt: skip


def test_an_event_moves_the_run_that_waits_for_just_this_one(at_work: AtWork) -> None:
    journey = at_work.publish(WAITING, re_entry={"rule": "by_key", "key": "event.order"})
    (account,) = at_work.accounts(1)
    for order in (17, 18):
        at_work.enter(journey, [account], event={"order": order})
    at_work.work()
    assert [state for _, _, state in at_work.standing()] == [TokenState.EVENT] * 2
    at_work.happen(account, "Order Paid", order=99)
    at_work.happen(account, "Order Paid", order=18)
    at_work.work()
    assert at_work.ends() == [(account, RunStatus.COMPLETED, "paid")]
    at_work.work(hours=49)
    assert [reason for _, _, reason in at_work.ends()] == ["late", "paid"]


def test_an_event_that_comes_before_the_wait_is_registered_counts(at_work: AtWork) -> None:
    journey = at_work.publish(WAITING)
    (account,) = at_work.accounts(1)
    at_work.enter(journey, [account], event={"order": 17})
    at_work.runner.take_in()
    assert [state for _, _, state in at_work.standing()] == [TokenState.ARMING]
    at_work.happen(account, "Order Paid", order=17)
    at_work.runner.take_in()
    at_work.work()
    assert at_work.ends() == [(account, RunStatus.COMPLETED, "paid")]


@pytest.mark.parametrize("ahead", [timedelta(0), timedelta(minutes=2)])
def test_one_event_is_not_what_two_waits_wait_for(at_work: AtWork, ahead: timedelta) -> None:
    ping = {"kind": "wait_for", "event": "Ping"}
    steps = {"start": {**ping, "next": "again"}, "again": {**ping, "next": "done"}, "done": {"kind": "exit"}}
    journey = at_work.publish(steps)
    (account,) = at_work.accounts(1)
    at_work.enter(journey, [account])
    at_work.work()
    at_work.happen(account, "Ping", at=at_work.world.now + ahead)
    at_work.work()
    assert at_work.standing() == [(account, "again", TokenState.EVENT)]
    at_work.happen(account, "Ping", at=at_work.world.now + ahead)
    at_work.work(hours=1)
    assert at_work.standing() == []


def test_an_outcome_of_an_earlier_step_wakes_nobody(at_work: AtWork) -> None:
    steps = {
        "start": {"kind": "message", "template": "x", "next": "ask"},
        "ask": {
            "kind": "message",
            "template": "y",
            "follow": True,
            "ports": {"sent": "ok", "skipped": "no", "failed": "no"},
        },
        "ok": {"kind": "exit", "reason": "ok"},
        "no": {"kind": "exit", "reason": "no"},
    }
    journey = at_work.publish(steps)
    (account,) = at_work.accounts(1)
    at_work.enter(journey, [account])
    at_work.work()
    ((token, first), (_, second)) = at_work.rows("SELECT token_id, cause FROM requests ORDER BY body ->> 'template'")
    at_work.report(token, "failed:bounced", cause=first)
    at_work.work()
    assert at_work.standing() == [(account, "ask", TokenState.OUTCOME)]
    at_work.report(token, "sent", cause=second)
    at_work.report(token, "sent", cause=second)
    at_work.work()
    assert at_work.ends() == [(account, RunStatus.COMPLETED, "ok")]


def test_branches_of_a_run_meet_in_the_store(at_work: AtWork) -> None:
    journey = at_work.publish(FORKED)
    accounts = at_work.accounts(3)
    at_work.enter(journey, accounts)
    at_work.work()
    assert len(at_work.standing()) == 9
    for _ in range(3):
        assert at_work.ends() == []
        at_work.work(hours=24.1)
    assert [step for _, step, _ in at_work.standing()] == ["after"] * 3
    at_work.work(hours=24.1)
    assert len(at_work.ends()) == 3


def test_a_touched_account_whose_goal_is_met_leaves(at_work: AtWork) -> None:
    journey = at_work.publish(RESCUE, goal={"condition": {"column": "health.score", "is": "above", "value": 70}})
    one, other = at_work.accounts(2)
    at_work.world.columns = {"health.score": {one: 40.0, other: 40.0}}
    at_work.enter(journey, [one, other])
    at_work.work()
    at_work.world.columns = {"health.score": {one: 90.0, other: 90.0}}
    at_work.runner.touch(at_work.workspace, np.array([one]))
    assert at_work.ends() == [(one, RunStatus.GOAL_MET, "goal")]
    assert len(at_work.standing()) == 1


def test_a_goal_that_is_an_event_is_met_wherever_the_run_stands(at_work: AtWork) -> None:
    journey = at_work.publish(RESCUE, goal={"event": "Report Exported"})
    one, other = at_work.accounts(2)
    at_work.world.columns = {"health.score": {one: 40.0, other: 40.0}}
    at_work.enter(journey, [one, other])
    at_work.work()
    at_work.happen(other, "Report Exported")
    at_work.work()
    assert at_work.ends() == [(other, RunStatus.GOAL_MET, "goal")]


def test_those_held_out_come_in_and_get_nothing(at_work: AtWork) -> None:
    journey = at_work.publish(RESCUE, holdout_share=0.5)
    accounts = at_work.accounts(40)
    at_work.world.columns = {"health.score": dict.fromkeys(accounts, 40.0)}
    at_work.enter(journey, accounts)
    at_work.work()
    arms = dict(at_work.rows("SELECT arm, count(*) FROM journey_exposures GROUP BY arm"))
    assert sum(arms.values()) == 40
    assert arms["treated"] == len(at_work.standing()) == at_work.rows("SELECT count(*) FROM requests")[0][0]
    assert {reason for _, _, reason in at_work.ends()} == {"holdout"}


def test_those_held_out_of_everything_are_no_subjects_of_one_journeys_holdout(at_work: AtWork) -> None:
    at_work.rows("""UPDATE workspaces SET settings = settings || '{"global_holdout_share": 0.5}' RETURNING id""")
    journey = at_work.publish(RESCUE, holdout_share=0.5)
    accounts = at_work.accounts(40)
    at_work.world.columns = {"health.score": dict.fromkeys(accounts, 40.0)}
    at_work.enter(journey, accounts)
    at_work.work()
    out = is_held_out(np.array(accounts), 0.5)
    own = is_held_out(np.array(accounts), 0.5, "rescue")
    exposed = at_work.rows("SELECT test, account_id, arm FROM journey_exposures")
    told = {(test, account): arm for test, account, arm in exposed}
    assert told == {
        **{
            ("$global", a): "holdout" if is_out else "treated" for a, is_out in zip(accounts, out.tolist(), strict=True)
        },
        **{
            ("$holdout", a): "holdout" if is_own else "treated"
            for a, is_own, is_out in zip(accounts, own.tolist(), out.tolist(), strict=True)
            if not is_out
        },
    }
    assert at_work.rows("SELECT DISTINCT shares FROM journey_exposures") == [({"treated": 0.5, "holdout": 0.5},)]
    treated = [a for a, is_gone in zip(accounts, (out | own).tolist(), strict=True) if not is_gone]
    assert [account for account, _, _ in at_work.standing()] == treated
    assert at_work.rows("SELECT count(*) FROM requests") == [(len(treated),)]


@pytest.mark.parametrize(("rule", "status"), [("run", 10), ("hold", 2), ("skip", 17)])
def test_what_came_due_while_the_product_was_away(at_work: AtWork, rule: str, status: int) -> None:
    journey = at_work.publish(RESCUE, overdue=rule)
    (account,) = at_work.accounts(1)
    at_work.world.columns = {"health.score": {account: 40.0}}
    at_work.enter(journey, [account])
    at_work.work()
    at_work.work(hours=72 + 5)
    assert at_work.rows("SELECT status FROM journey_runs") == [(status,)]


EACH: dict[str, Any] = {
    "start": {"kind": "for_each_contact", "who": "all", "ports": {"each": "look", "next": "all", "none": "none"}},
    "look": {"kind": "wait", "for": {"days": 1}, "next": "seen"},
    "seen": {"kind": "exit", "reason": "seen"},
    "all": {"kind": "exit", "reason": "all"},
    "none": {"kind": "exit", "reason": "none"},
}


def test_a_branch_for_each_contact_and_then_on(at_work: AtWork) -> None:
    journey = at_work.publish(EACH)
    one, lonely = at_work.accounts(2)
    at_work.world.people = {one: [71, 72, 73]}
    at_work.enter(journey, [one, lonely])
    at_work.work()
    assert at_work.ends() == [(lonely, RunStatus.COMPLETED, "none")]
    assert sorted(step for _, step, _ in at_work.standing()) == ["look", "look", "look", "start"]
    at_work.work(hours=24.1)
    assert sorted(reason for _, _, reason in at_work.ends()) == ["all", "none", "seen", "seen", "seen"]
    assert at_work.standing() == []


def test_a_sub_journey_is_waited_for_and_a_refused_one_told(at_work: AtWork) -> None:
    parent = {
        "start": {"kind": "sub_journey", "journey": "inner", "ports": {"next": "ok", "failed": "no"}},
        "ok": {"kind": "exit", "reason": "ok"},
        "no": {"kind": "exit", "reason": "no"},
    }
    inner = at_work.publish(
        {"start": {"kind": "wait", "for": {"days": 1}, "next": "end"}, "end": {"kind": "exit"}}, key="inner"
    )
    journey = at_work.publish(parent)
    one, busy = at_work.accounts(2)
    at_work.enter(inner, [busy])
    at_work.work()
    at_work.enter(journey, [one, busy])
    at_work.work()
    assert at_work.ends() == [(busy, RunStatus.COMPLETED, "no")]
    at_work.work(hours=25)
    assert (one, RunStatus.COMPLETED, "ok") in at_work.ends()


def test_branches_that_nobody_waits_for_go_their_way_while_the_account_goes_on(at_work: AtWork) -> None:
    rest = {"kind": "wait", "for": {"days": 2}, "next": "all"}
    start = {**EACH["start"], "wait_for": "none", "ports": {**EACH["start"]["ports"], "next": "rest"}}
    journey = at_work.publish({**EACH, "start": start, "rest": rest})
    (one,) = at_work.accounts(1)
    at_work.world.people = {one: [71, 72]}
    at_work.enter(journey, [one])
    at_work.work()
    assert sorted(step for _, step, _ in at_work.standing()) == ["look", "look", "rest"]
    at_work.work(hours=49)
    assert sorted(reason for _, _, reason in at_work.ends()) == ["all", "seen", "seen"]


def test_a_sub_journey_of_contacts_refuses_an_account_without_any(at_work: AtWork) -> None:
    at_work.publish({"start": {"kind": "exit"}}, key="people", subject="contact")
    ports = {"next": "all", "failed": "none"}
    journey = at_work.publish({**EACH, "start": {"kind": "sub_journey", "journey": "people", "ports": ports}})
    lonely = at_work.accounts(1)
    at_work.enter(journey, lonely)
    at_work.work()
    assert at_work.ends() == [(lonely[0], RunStatus.COMPLETED, "none")]
    assert at_work.rows("SELECT count(*) FROM journey_counts WHERE name = 'refused:no_contact'") == [(1,)]


@pytest.mark.parametrize("rule", ["never", "after_exit"])
def test_a_call_that_is_said_twice_lets_in_once(at_work: AtWork, rule: str) -> None:
    journey = at_work.publish({"start": {"kind": "exit"}}, re_entry={"rule": rule})
    first, second = at_work.accounts(2)
    at_work.enter(journey, [first, first], key="call-1")
    at_work.work()
    at_work.enter(journey, [first], key="call-1")
    at_work.enter(journey, [second], key="call-1")
    at_work.work()
    assert [account for account, _, _ in at_work.ends()] == [first, second]


def test_another_call_lets_in_again_after_the_exit(at_work: AtWork) -> None:
    journey = at_work.publish({"start": {"kind": "exit"}})
    (account,) = at_work.accounts(1)
    for key in ("call-1", "call-2", "call-1"):
        at_work.enter(journey, [account], key=key)
        at_work.work()
    assert len(at_work.ends()) == 2
    told = at_work.rows("SELECT count::int FROM journey_counts WHERE name = 'refused:same_key'")
    assert told == [(1,)]
