"""Human work: who gets it, by when, with which words, and what people do with it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection

from forestay.actions.tasks.escalation import escalate_overdue, sweep
from forestay.actions.tasks.queue import Task, TaskFilter, TaskOrder, get_task, list_tasks
from forestay.actions.tasks.work import (
    Completion,
    Handle,
    TaskChanged,
    TaskOutcome,
    TaskTaken,
    cancel_task,
    claim_task,
    complete_task,
    reassign_task,
    reopen_task,
    snooze_task,
)  # fmt: skip
from forestay.customers.words import RiskLevel, TaskStatus
from forestay.kit.errors import Conflict, Invalid, NotFound
from forestay.store.tables.actions import tasks
from forestay.store.tables.config import documents
from forestay.store.tables.customers import accounts
from forestay.store.tables.governance import calendars, members
from forestay.store.tables.scores import account_states
from forestay.store.tables.signals import signals
from tests.actions.scene import EVIDENCE, MONDAY_NOON, Scene, a_task


async def opened(scene: Scene, **values: object) -> Task:
    scene.ask(a_task(**values))
    await scene.act()
    return read(scene, scene.tasks()[-1]["id"])


def read(scene: Scene, task_id: int) -> Task:
    with scene.store.api.begin(scene.workspace) as connection:
        return get_task(connection, scene.workspace, task_id)


def change(scene: Scene, what, task: Task, *args: object, seen: bool = False) -> Task:  # type: ignore[no-untyped-def]
    """As a person's request does it: under row-level security."""
    handle = Handle(scene.workspace, task.id, task.revision if seen else None)
    with scene.store.api.begin(scene.workspace) as connection:
        return what(connection, handle, *args, scene.clock.now())


async def test_a_task_comes_with_evidence_script_and_a_draft_to_send(scene: Scene) -> None:
    task = await opened(scene, signal_id=scene.signal())
    assert (task.account, task.owner, task.risk_level) == ("globex", "olga@acme.example.com", RiskLevel.HIGH)
    assert task.evidence[0]["sentence"] == EVIDENCE[0].sentence
    assert "- Active users fell to 4 (usually 11)" in str(task.script)
    assert (task.draft["to"], task.draft["subject"]) == ("ada@globex.example.com", "How is Globex getting on?")
    assert task.draft["body"].endswith("Olga Owner")


async def test_the_clock_of_the_signal_is_stamped(scene: Scene) -> None:
    signal = scene.signal()
    task = await opened(scene, signal_id=signal)
    scene.clock.advance(timedelta(minutes=5))
    change(scene, claim_task, task, scene.csm)
    scene.clock.advance(timedelta(minutes=5))
    change(scene, complete_task, task, Completion(TaskOutcome.RESOLVED, "they agreed"))
    row = scene.rows(signals)[0]
    assert [row["task_at"], row["first_touch_at"], row["outcome_at"]] == [
        MONDAY_NOON, MONDAY_NOON + timedelta(minutes=5), MONDAY_NOON + timedelta(minutes=10),
    ]  # fmt: skip
    assert row["outcome"] == "resolved"


async def test_work_is_due_on_the_owners_calendar_and_clock(scene: Scene) -> None:
    scene.change(members, scene.csm, zone="America/New_York", calendar_key="ny")
    scene.put(calendars, key="ny", body={"weekly": {"mon": [{"start": "08:00", "end": "16:00"}]}})
    task = await opened(scene, risk_level=RiskLevel.CRITICAL)
    assert task.due_at == datetime(2026, 11, 23, 21, tzinfo=UTC)  # 16:00 in New York
    assert task.escalated_at is None


async def test_a_critical_task_late_in_the_day_is_escalated_at_once(scene: Scene) -> None:
    scene.clock.moment = datetime(2026, 11, 23, 16, tzinfo=UTC)
    task = await opened(scene, risk_level=RiskLevel.CRITICAL)
    assert (task.due_at, task.escalated_at) == (datetime(2026, 11, 24, 12, tzinfo=UTC), scene.clock.now())


async def test_without_an_owner_the_least_loaded_csm_gets_it(scene: Scene) -> None:
    scene.change(accounts, scene.account, owner_id=None)
    idle = scene.member("Ida Idle", "ida@acme.example.com")
    scene.member("Otto Ops", "otto@acme.example.com", role="ops")
    scene.add(tasks, account_id=scene.account, owner_id=scene.csm, title="x", risk_level="low", due_at=MONDAY_NOON)
    assert (await opened(scene)).owner_id == idle


async def test_an_owner_known_by_mail_only_gets_it(scene: Scene) -> None:
    scene.change(accounts, scene.account, owner_id=None, owner_email="OLGA@acme.example.com")
    scene.member("Ida Idle", "ida@acme.example.com")
    assert (await opened(scene)).owner_id == scene.csm


async def test_the_work_of_a_member_who_left_goes_to_ops_when_no_csm_is_there(scene: Scene) -> None:
    scene.change(members, scene.csm, disabled_at=MONDAY_NOON)
    ops = scene.member("Otto Ops", "otto@acme.example.com", role="ops")
    assert (await opened(scene)).owner_id == ops


async def test_with_no_member_at_all_the_task_waits_unowned(scene: Scene) -> None:
    scene.change(members, scene.csm, disabled_at=MONDAY_NOON)
    assert (await opened(scene)).owner_id is None


async def test_a_second_request_of_the_same_signal_raises_the_open_task(scene: Scene) -> None:
    signal = scene.signal()
    first = await opened(scene, signal_id=signal)
    change(scene, claim_task, first, scene.csm)
    again = await opened(scene, signal_id=signal, risk_level=RiskLevel.CRITICAL, title="Worse now")
    assert (len(scene.tasks()), again.id, again.status) == (1, first.id, TaskStatus.CLAIMED)
    assert (again.title, again.risk_level) == ("Worse now", RiskLevel.CRITICAL)
    assert again.due_at < first.due_at
    assert scene.effects()[1]["reason"] == "raised an open task"


async def test_a_milder_repetition_takes_no_urgency_away(scene: Scene) -> None:
    first = await opened(scene, risk_level=RiskLevel.CRITICAL)
    again = await opened(scene, risk_level=RiskLevel.LOW)
    assert (again.id, again.risk_level, again.due_at) == (first.id, RiskLevel.CRITICAL, first.due_at)


async def test_another_trigger_opens_a_task_of_its_own(scene: Scene) -> None:
    await opened(scene)
    await opened(scene, trigger_key="health-trend-down-20")
    assert len(scene.tasks()) == 2


async def test_after_the_work_is_done_a_new_signal_opens_a_new_task(scene: Scene) -> None:
    change(scene, complete_task, await opened(scene), Completion(TaskOutcome.NO_ANSWER))
    await opened(scene)
    assert [row["status"] for row in scene.tasks()] == ["done", "open"]


async def test_a_snoozed_task_wakes_when_things_get_worse(scene: Scene) -> None:
    task = await opened(scene, risk_level=RiskLevel.MEDIUM)
    change(scene, snooze_task, task, scene.clock.now() + timedelta(days=3), "on holiday")
    assert (await opened(scene, risk_level=RiskLevel.HIGH)).status is TaskStatus.OPEN


async def test_a_broken_template_costs_the_words_and_not_the_task(scene: Scene) -> None:
    body = {"use": "script", "text": "{% for i in (1..4999) %}{% for j in (1..4999) %}x{% endfor %}{% endfor %}"}
    scene.add(
        documents, kind="template", key="health-below-60-script", version=1, status="published", body=body, hash="h"
    )
    task = await opened(scene, draft_template="no-such-draft")
    assert "asks for too much" in str(task.script)
    assert "no-such-draft" in task.draft["refused"]


async def test_the_workspaces_own_template_wins_over_ours(scene: Scene) -> None:
    body = {"use": "script", "text": "Ring {{ contact.name }}."}
    scene.add(
        documents, kind="template", key="health-below-60-script", version=1, status="published", body=body, hash="h"
    )
    assert (await opened(scene)).script == "Ring Ada Example."


async def test_who_comes_second_learns_who_has_the_task(scene: Scene) -> None:
    task = await opened(scene)
    other = scene.member("Ida Idle", "ida@acme.example.com")
    change(scene, claim_task, task, scene.csm, seen=True)
    with pytest.raises(TaskTaken, match="Olga Owner"):
        change(scene, claim_task, task, other)


async def test_claiming_twice_is_claiming_once(scene: Scene) -> None:
    task = await opened(scene)
    assert change(scene, claim_task, task, scene.csm) == change(scene, claim_task, task, scene.csm)


async def test_a_change_on_what_is_no_longer_so_is_refused(scene: Scene) -> None:
    task = await opened(scene)
    change(scene, snooze_task, task, scene.clock.now() + timedelta(days=1), "later")
    with pytest.raises(TaskChanged, match="read it again"):
        change(scene, complete_task, task, Completion(TaskOutcome.RESOLVED), seen=True)


async def test_what_is_done_cannot_be_done_again_but_reopened(scene: Scene) -> None:
    signal = scene.signal()
    task = await opened(scene, signal_id=signal)
    change(scene, claim_task, task, scene.csm)
    change(scene, complete_task, task, Completion(TaskOutcome.RESOLVED))
    with pytest.raises(TaskChanged, match="is done now"):
        change(scene, complete_task, task, Completion(TaskOutcome.LOST))
    reopened = change(scene, reopen_task, task)
    assert (reopened.status, reopened.outcome, reopened.done_at) == (TaskStatus.CLAIMED, None, None)
    assert scene.rows(signals)[0]["outcome_at"] is None


async def test_a_cancelled_task_keeps_its_reason(scene: Scene) -> None:
    task = change(scene, cancel_task, await opened(scene), "known already")
    assert (task.status, task.outcome_note) == (TaskStatus.CANCELLED, "known already")


async def test_an_old_task_is_not_reopened_beside_a_new_one_of_the_same_signal(scene: Scene) -> None:
    signal = scene.signal()
    old = await opened(scene, signal_id=signal)
    change(scene, cancel_task, old, None)
    await opened(scene, signal_id=signal)
    with pytest.raises(Conflict, match="is open for the same signal"):
        change(scene, reopen_task, old)


async def test_a_reassigned_task_is_open_for_its_new_owner(scene: Scene) -> None:
    task = await opened(scene)
    other = scene.member("Ida Idle", "ida@acme.example.com")
    change(scene, claim_task, task, scene.csm)
    moved = change(scene, reassign_task, task, other)
    assert (moved.owner_name, moved.status) == ("Ida Idle", TaskStatus.OPEN)
    with pytest.raises(NotFound):
        change(scene, reassign_task, task, 10**6)


async def test_a_snooze_ends_in_the_future_and_the_task_comes_back(scene: Scene) -> None:
    task = await opened(scene)
    with pytest.raises(Invalid):
        change(scene, snooze_task, task, scene.clock.now(), "now")
    change(scene, snooze_task, task, scene.clock.now() + timedelta(hours=2), "in a meeting")
    scene.clock.advance(timedelta(hours=2))
    with scene.store.worker.begin_worker() as connection:
        assert sweep(connection, scene.clock.now()).woken == (task.id,)
    assert read(scene, task.id).status is TaskStatus.OPEN


async def test_overdue_work_is_escalated_once(scene: Scene) -> None:
    task = await opened(scene)
    scene.clock.moment = task.due_at + timedelta(seconds=1)
    with scene.store.worker.begin_worker() as connection:
        assert escalate_overdue(connection, scene.clock.now()) == (task.id,)
        assert escalate_overdue(connection, scene.clock.now()) == ()
    assert read(scene, task.id).escalated_at == scene.clock.now()


async def test_the_queue_shows_the_most_urgent_first_page_by_page(scene: Scene) -> None:
    for number, level in enumerate(("low", "critical", "medium", "high", "critical")):
        due = MONDAY_NOON + timedelta(hours=number)
        scene.add(tasks, account_id=scene.account, title=f"{number}", risk_level=level, due_at=due)
    pages: list[str] = []
    cursor: str | None = None
    with scene.store.api.begin(scene.workspace) as connection:
        for _ in range(3):
            page = list_tasks(connection, scene.workspace, cursor=cursor, limit=2)
            cursor = page.next
            pages.append("".join(task.title for task in page.items))
    assert (pages, cursor) == (["14", "32", "0"], None)


@pytest.mark.parametrize(
    ("order", "expected"), [(TaskOrder.STAKE, "large large safe unknown"), (TaskOrder.DUE, "unknown safe large large")]
)
async def test_the_queue_goes_by_what_is_at_stake_or_by_due_time_when_asked(
    scene: Scene, order: TaskOrder, expected: str
) -> None:
    for hours, (name, arr, churn) in enumerate(
        (("unknown", None, 0.9), ("safe", 1_000_000, 0.01), ("large", 50_000, 0.7))
    ):
        number = scene.new_account(name, name, arr=arr, currency="EUR")
        scene.put(account_states, account_id=number, as_of=MONDAY_NOON, confidence=1, churn_score=churn)
        scene.add(tasks, account_id=number, title=name, risk_level="low", due_at=MONDAY_NOON + timedelta(hours=hours))
    scene.add(tasks, account_id=number, title="large", risk_level="high", due_at=MONDAY_NOON + timedelta(hours=9))
    met: list[Task] = []
    cursor: str | None = None
    with scene.store.api.begin(scene.workspace) as connection:
        for _ in range(4):
            page = list_tasks(connection, scene.workspace, order=order, cursor=cursor, limit=1)
            cursor, met = page.next, [*met, *page.items]
    assert cursor is None
    by_stake = [task.title for task in met]
    assert {task.title: (task.arr_at_stake and round(task.arr_at_stake), task.currency) for task in met} == {
        "unknown": (None, "EUR"), "safe": (10_000, "EUR"), "large": (35_000, "EUR"),
    }  # fmt: skip
    assert by_stake == expected.split()


def found(connection: Connection, scene: Scene, wanted: TaskFilter) -> int:
    return len(list_tasks(connection, scene.workspace, wanted).items)


async def test_the_queue_can_be_filtered(scene: Scene) -> None:
    task = await opened(scene)
    scene.add(tasks, account_id=scene.account, title="x", risk_level="low", due_at=MONDAY_NOON - timedelta(days=1))
    with scene.store.api.begin(scene.workspace) as connection:
        assert found(connection, scene, TaskFilter(account="globex")) == 2
        assert found(connection, scene, TaskFilter(account="initech")) == 0
        assert found(connection, scene, TaskFilter(statuses=[TaskStatus.DONE])) == 0
        assert found(connection, scene, TaskFilter(owner_id=scene.csm)) == 1
        assert found(connection, scene, TaskFilter(unowned=True)) == 1
        assert found(connection, scene, TaskFilter(risk_levels=[RiskLevel.HIGH], trigger_key=task.trigger_key)) == 1
        assert found(connection, scene, TaskFilter(signal_id=1)) == 0
        assert found(connection, scene, TaskFilter(overdue_at=MONDAY_NOON)) == 1


@pytest.mark.parametrize("cursor", ["x", "!!!!", "YSBiIGM", ""])
def test_a_cursor_that_is_none_is_refused(scene: Scene, cursor: str) -> None:
    with scene.store.api.begin(scene.workspace) as connection, pytest.raises(Invalid):
        list_tasks(connection, scene.workspace, cursor=cursor)


async def test_another_workspaces_task_does_not_exist(scene: Scene, other_workspace: int) -> None:
    task = await opened(scene)
    with scene.store.worker.begin_worker() as connection, pytest.raises(NotFound):
        get_task(connection, other_workspace, task.id)
    with scene.store.worker.begin_worker() as connection, pytest.raises(NotFound):
        claim_task(connection, Handle(other_workspace, task.id), scene.csm, scene.clock.now())
