"""What each kind of step asks for, and by which way a run leaves it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from forestay.customers.requests import (
    ApprovalRequest,
    ConnectorRequest,
    DraftRequest,
    MessageRequest,
    TaskRequest,
    TraitRequest,
    WebhookRequest,
    WithdrawRequest,
)
from forestay.journeys.moves import NEVER, Child, Wake
from forestay.journeys.registry import KINDS
from forestay.journeys.words import RunStatus, TokenState
from tests.journeys.one_step import ZonedWorld, arrive, batch_of, due, outcome, wake

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
WORLD = ZonedWorld(NOW, columns={"health.score": {1: 41.0, 2: 80.0}, "account.arr": {1: 50_000.0}})
TIMER = Wake("timer")
MAIL = {"template": "hello", "to": "champion"}
WAITING = {
    "message": {**MAIL, "follow": True},
    "task": {"title": "Call"},
    "approval": {"title": "May we?"},
    "draft": {"template": "hello"},
    "webhook": {"endpoint": "crm", "follow": True},
    "crm_action": {"action": "log_activity"},
    "marketing_action": {"action": "add_to_list"},
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_says_in_words_what_it_is(kind: str) -> None:
    form = KINDS[kind].settings.model_json_schema()["properties"].values()
    assert KINDS[kind].label
    assert KINDS[kind].about.endswith(".")
    assert all("title" in one for one in form)


@pytest.mark.parametrize("kind", WAITING)
def test_an_answer_to_an_earlier_pass_or_another_run_moves_nobody(kind: str) -> None:
    early, foreign = outcome("sent", passed=0), outcome("sent", run=77)
    moves = wake(kind, WAITING[kind], batch_of(NOW, 2), WORLD, early, foreign)
    assert moves.port == [None, None]
    assert set(moves.state.tolist()) == {TokenState.OUTCOME}


@pytest.mark.parametrize("kind", WAITING)
def test_what_is_asked_for_carries_the_run_and_its_values(kind: str) -> None:
    moves = arrive(kind, WAITING[kind], batch_of(NOW, 2, values=[{"a": 1}, {}], contact=5), WORLD)
    requests = [ask.request for ask in moves.asks]
    assert [(one.journey, one.contact_id, one.values) for one in requests] == [
        ("rescue", 5, {"a": 1}),
        ("rescue", 5, {}),
    ]
    assert [ask.slot for ask in moves.asks] == [moves.asks[0].slot] * 2


def test_the_first_branch_that_is_true_counts_and_unknown_is_not_true() -> None:
    branches = [{"if": "health.score < 60", "port": "low"}, {"if": "health.score < 90", "port": "middle"}]
    moves = arrive("condition", {"branches": branches}, batch_of(NOW, 3), WORLD)
    assert moves.port == ["low", "middle", "else"]


def test_branches_may_ask_for_the_run_s_own_values() -> None:
    batch = batch_of(NOW, 3, values=[{"plan": "team"}, {"event": {"plan": "team"}}, {"signal": {"health.score": 40}}])
    branches = [
        {"if": "run.plan = 'team'", "port": "run"}, {"if": "event.plan = 'team'", "port": "event"},
        {"if": "signal.health.score < 50", "port": "signal"},
    ]  # fmt: skip
    assert arrive("condition", {"branches": branches}, batch, WORLD).port == ["run", "event", "signal"]


def test_a_message_is_asked_for_under_the_journey_s_consent_class_unless_it_names_its_own() -> None:
    batch = batch_of(NOW, consent="marketing")
    asked = [arrive("message", {**MAIL, **more}, batch, WORLD).asks[0].request for more in ({}, {"purpose": "success"})]
    assert [one.purpose for one in asked if isinstance(one, MessageRequest)] == ["marketing", "success"]


def test_a_message_that_is_not_followed_goes_on_at_once() -> None:
    assert arrive("message", MAIL, batch_of(NOW, 2), WORLD).port == ["next", "next"]


def test_an_unclear_end_of_a_message_is_never_taken_as_sent() -> None:
    words = ["sent", "skipped:consent", "failed:bounced", "unknown", "cancelled"]
    wakes = [outcome(word, run=10 * n) for n, word in enumerate(words, 1)]
    moves = wake("message", {**MAIL, "follow": True}, batch_of(NOW, 5), WORLD, *wakes)
    assert moves.port == ["sent", "skipped", "failed", "failed", "skipped"]


def test_a_task_shows_its_evidence_and_leaves_by_the_chosen_outcome() -> None:
    task = {
        "title": "Call", "choices": ["well", "badly"], "into": "call", "due": {"hours": 8}, "evidence": ["health.score"],
        "escalation": [{"after": {"days": 1}, "to": "manager"}],
    }  # fmt: skip
    asked = arrive("task", task, batch_of(NOW), WORLD).asks[0].request
    moves = wake("task", task, batch_of(NOW), WORLD, outcome("badly"))
    assert isinstance(asked, TaskRequest)
    assert (asked.choices, asked.due_hours, asked.is_own) == (["well", "badly"], 8.0, True)
    assert [(one.column, one.value) for one in asked.evidence] == [("health.score", 41.0)]
    assert [(one.after_hours, one.to) for one in asked.escalation] == [(24.0, "manager")]
    assert (moves.port, moves.puts) == (["badly"], {0: {"call": "badly"}})


def test_a_cancelled_task_ends_the_run_unless_it_has_a_way_of_its_own() -> None:
    ended = wake("task", {"title": "Call"}, batch_of(NOW), WORLD, outcome("cancelled"))
    left = wake("task", {"title": "Call", "cancelled": "port"}, batch_of(NOW), WORLD, outcome("cancelled"))
    assert (ended.ends, left.port) == ({0: (RunStatus.LEFT, "task_cancelled")}, ["cancelled"])


@pytest.mark.parametrize(
    ("kind", "settings", "port"),
    [
        ("task", {"title": "Call", "timeout": {"days": 2}}, "timeout"),
        ("approval", {"title": "May we?", "within": {"days": 2}}, "rejected"),
        ("approval", {"title": "May we?", "within": {"days": 2}, "otherwise": "approved"}, "approved"),
        ("draft", {"template": "hello", "within": {"days": 2}, "otherwise": "timeout"}, "timeout"),
        ("webhook", {"endpoint": "crm", "follow": True, "timeout": {"days": 2}}, "failed"),
    ],
)
def test_what_nobody_answered_is_withdrawn(kind: str, settings: dict[str, object], port: str) -> None:
    waiting = arrive(kind, settings, batch_of(NOW), WORLD)
    moves = wake(kind, settings, batch_of(NOW), ZonedWorld(NOW + timedelta(days=2)), TIMER)
    assert due(waiting) == NOW + timedelta(days=2)
    assert moves.port == [port]
    assert [ask.request for ask in moves.asks] == [WithdrawRequest([waiting.asks[0].slot], journey="rescue")]


def test_only_an_approval_approves() -> None:
    wakes = [
        outcome(word, run=10 * n) for n, word in enumerate(["approved", "rejected", "cancelled", "failed:refused"], 1)
    ]
    moves = wake("approval", {"title": "May we?"}, batch_of(NOW, 4), WORLD, *wakes)
    asked = arrive("approval", {"title": "May we?", "approver": "role:ops"}, batch_of(NOW), WORLD).asks[0].request
    assert moves.port == ["approved", "rejected", "rejected", "rejected"]
    assert isinstance(asked, ApprovalRequest)
    assert asked.assignee == "role:ops"


def test_a_draft_is_sent_as_it_was_approved_and_then_followed() -> None:
    draft = {"template": "hello", "to": "sponsor", "follow": True}
    approved = outcome("approved", "draft", subject="Hi", text="Dear Ada")
    moves = wake("draft", draft, batch_of(NOW), WORLD, approved)
    message = moves.asks[0].request
    assert isinstance(arrive("draft", draft, batch_of(NOW), WORLD).asks[0].request, DraftRequest)
    assert isinstance(message, MessageRequest)
    assert (message.subject, message.text) == ("Hi", "Dear Ada")
    assert (moves.asks[0].slot, moves.state[0]) == ("message", TokenState.OUTCOME)
    batch = batch_of(NOW, values=[moves.puts[0]])
    assert wake("draft", draft, batch, WORLD, outcome("skipped:quiet", "message")).port == ["skipped"]


def test_a_draft_that_is_rejected_sends_nothing() -> None:
    moves = wake("draft", {"template": "hello"}, batch_of(NOW), WORLD, outcome("rejected", "draft"))
    assert (moves.port, moves.asks) == (["rejected"], [])


def test_the_answer_of_a_webhook_becomes_values_of_the_run() -> None:
    webhook = {
        "endpoint": "crm",
        "follow": True,
        "save": {"plan": "json.plans.0.name", "code": "status", "no": "json.x"},
    }
    answer = outcome("answered", status=200, json={"plans": [{"name": "team"}]})
    moves = wake("webhook", webhook, batch_of(NOW, 2), WORLD, answer, outcome("failed", run=20))
    asked = arrive("webhook", webhook, batch_of(NOW), WORLD).asks[0].request
    assert (moves.port, moves.puts) == (["answered", "failed"], {0: {"plan": "team", "code": 200, "no": None}})
    assert isinstance(asked, WebhookRequest)
    assert asked.wants_answer
    assert asked.has_liquid


@pytest.mark.parametrize(("kind", "area"), [("crm_action", "crm"), ("marketing_action", "marketing")])
def test_without_a_connector_a_run_goes_the_way_for_that(kind: str, area: str) -> None:
    action = {"action": "log_activity", "fields": {"text": "{{ account.name }}"}}
    asked = arrive(kind, action, batch_of(NOW), WORLD).asks[0].request
    wakes = [
        outcome(word, run=10 * n) for n, word in enumerate(["done", "no_connector", "failed:no_connector", "failed"], 1)
    ]
    moves = wake(kind, action, batch_of(NOW, 4), WORLD, *wakes)
    assert isinstance(asked, ConnectorRequest)
    assert asked.area == area
    assert moves.port == ["done", "no_connector", "no_connector", "failed"]


def test_a_trait_is_asked_for_and_not_waited_for() -> None:
    moves = arrive("update_trait", {"set": {"stage": "at risk", "old": None}}, batch_of(NOW), WORLD)
    asked = moves.asks[0].request
    assert isinstance(asked, TraitRequest)
    assert (asked.of, asked.traits) == (
        "account",
        {"stage": "at risk", "old": None},
    )
    assert moves.port == ["next"]


def test_a_sub_journey_is_given_values_and_waited_for() -> None:
    sub = {"journey": "other", "values": {"order": "event.order_id", "note": "hello"}, "timeout": {"days": 5}}
    batch = batch_of(NOW, values=[{"event": {"order_id": 7}}])
    moves = arrive("sub_journey", sub, batch, WORLD)
    assert moves.children == [Child(0, "other", 1, 0, {"order": 7, "note": "hello"}, True)]
    assert (moves.state[0], due(moves)) == (TokenState.CHILD, NOW + timedelta(days=5))


def test_a_sub_journey_that_went_badly_leaves_by_failed() -> None:
    words = ["completed", "goal_met", "failed", "refused"]
    wakes = [Wake("child", word) for word in words]
    moves = wake("sub_journey", {"journey": "other"}, batch_of(NOW, 4), WORLD, *wakes)
    assert moves.port == ["next", "next", "failed", "failed"]


def test_an_account_fans_out_to_its_contacts_and_goes_on_when_all_have_ended() -> None:
    world = ZonedWorld(NOW, people={1: [11, 12], 2: []})
    each = {"who": "all", "values": {"from": "run.x"}}
    moves = arrive("for_each_contact", each, batch_of(NOW, 2, values=[{"x": 3}, {}]), world)
    assert [(child.contact, child.start, child.values) for child in moves.children] == [
        (11, "each", {"from": 3}),
        (12, "each", {"from": 3}),
    ]
    assert (moves.port, moves.state[0]) == ([None, "none"], TokenState.CHILD)
    first = wake("for_each_contact", each, batch_of(NOW, values=[moves.puts[0]]), world, Wake("child", "completed"))
    both = wake("for_each_contact", each, batch_of(NOW, values=[first.puts[0]]), world, Wake("child", "failed"))
    assert (first.port, both.port) == ([None], ["next"])


@pytest.mark.parametrize(
    ("wait_for", "ended", "port"), [("any", 1, "next"), (2, 1, None), (2, 2, "next"), (9, 3, "next")]
)
def test_so_many_branches_are_waited_for_as_were_asked(wait_for: object, ended: int, port: str | None) -> None:
    told = Wake("child", "completed", {"ended": ended, "of": 3})
    moves = wake("for_each_contact", {"wait_for": wait_for}, batch_of(NOW), WORLD, told)
    assert moves.port == [port]


def test_contacts_that_are_not_waited_for_do_not_hold_the_account_back() -> None:
    world = ZonedWorld(NOW, people={1: [11, 12, 13]})
    moves = arrive("for_each_contact", {"wait_for": "none", "journey": "hello", "most": 2}, batch_of(NOW), world)
    assert [(child.journey, child.contact, child.is_awaited, child.start) for child in moves.children] == [
        ("hello", 11, False, ""), ("hello", 12, False, ""),
    ]  # fmt: skip
    assert moves.port == ["next"]


def test_parallel_ways_are_all_taken_and_a_join_stands_still() -> None:
    assert arrive("parallel", {"branches": ["a", "b"]}, batch_of(NOW), WORLD).forks == {0: ("a", "b")}
    joined = arrive("join", {}, batch_of(NOW), WORLD)
    assert (joined.state[0], int(joined.due[0])) == (TokenState.JOIN, NEVER)


def test_ends_have_their_status_and_reason() -> None:
    assert arrive("exit", {"reason": "lost"}, batch_of(NOW), WORLD).ends == {0: (RunStatus.COMPLETED, "lost")}
    assert arrive("goal", {}, batch_of(NOW), WORLD).ends == {0: (RunStatus.GOAL_MET, "goal")}
    assert arrive("go_to", {}, batch_of(NOW), WORLD).port == ["to"]


def test_the_same_subject_goes_the_same_way_and_it_is_logged() -> None:
    split = {"arms": [{"port": "a", "share": 45}, {"port": "b", "share": 45}], "holdout": 10}
    first, again = (arrive("split", split, batch_of(NOW, 2000), WORLD) for _ in range(2))
    shares = {arm: first.port.count(arm) / 2000 for arm in ("a", "b", "holdout")}
    assert first.port == again.port
    assert shares == pytest.approx({"a": 0.45, "b": 0.45, "holdout": 0.1}, abs=0.04)
    assert [one.arm for one in first.exposures] == first.port
    assert first.exposures[0].shares == pytest.approx({"a": 0.45, "b": 0.45, "holdout": 0.1})


def test_contacts_are_drawn_by_themselves() -> None:
    split = {"arms": [{"port": "a", "share": 50}, {"port": "b", "share": 50}]}
    batch = batch_of(NOW, 50)
    batch.account, batch.contact = np.ones(50, np.int64), np.arange(1, 51)
    assert set(arrive("split", split, batch, WORLD).port) == {"a", "b"}
