"""What a run asks for is done, and its token is told what became of it: once, and only where it still waits for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from forestay.actions import leases
from forestay.actions.channel import Outcome, Result
from forestay.actions.flows import effect_flows
from forestay.actions.ledger import counts_by_step, effect_of, load_workspace
from forestay.actions.tasks.escalation import sweep
from forestay.actions.tasks.queue import Task
from forestay.actions.tasks.work import (
    Completion,
    Handle,
    NotTheirs,
    cancel_task,
    complete_task,
    edit_draft,
    reopen_task,
)  # fmt: skip
from forestay.actions.unsettled import Chosen, Resolution, replay_all, resolve
from forestay.customers.requests import (
    ActionRequest,
    ApprovalRequest,
    ConnectorRequest,
    DraftRequest,
    Escalation,
    TraitRequest,
    WithdrawRequest,
    encode,
)  # fmt: skip
from forestay.governance.consent import Purpose, record_consent
from forestay.journeys.words import TokenState
from forestay.kit.errors import Conflict, Invalid
from forestay.store.tables.journeys import journey_inbox, journey_runs, journey_tokens, journeys
from forestay.store.tables.signals import requests
from tests.actions.scene import NO_LIMITS, Courier, Scene, a_mail, a_task

STEP = 3


@dataclass
class Run:
    """A run whose one token waits at a step for what becomes of its requests."""

    scene: Scene
    journey: int
    run: int
    token: int

    def ask(self, request: ActionRequest, slot: str = "one") -> None:
        self.scene.put(
            requests, account_id=self.scene.account, cause=f"run:{self.run}:{STEP}:1", slot=slot, step=STEP,
            body=msgspec.json.decode(encode(request)), journey_id=self.journey, token_id=self.token,
            created_at=self.scene.clock.now(),
        )  # fmt: skip

    def told(self) -> list[tuple[str, Mapping[str, Any]]]:
        return [(row["name"], row["body"]) for row in self.scene.rows(journey_inbox) if row["token_id"] == self.token]

    def words(self) -> list[str]:
        return [name for name, _ in self.told()]

    def do(self, what: Any, *arguments: object) -> Task:
        task = self.scene.tasks()[-1]
        with self.scene.store.api.begin(self.scene.workspace) as connection:
            done: Task = what(connection, Handle(self.scene.workspace, task["id"]), *arguments, self.scene.clock.now())
        return done


@pytest.fixture
def run(scene: Scene) -> Run:
    scene.settings(contact_policy=NO_LIMITS)
    return a_run(scene, scene.add(journeys, key="rescue"))


def a_run(scene: Scene, journey: int, state: TokenState = TokenState.OUTCOME) -> Run:
    now = scene.clock.now()
    number = scene.add(
        journey_runs, journey_id=journey, account_id=scene.account, entered_at=now, version=1,
        entry_key=str(len(scene.rows(journey_runs))).encode(),
    )  # fmt: skip
    token = scene.add(
        journey_tokens, run_id=number, journey_id=journey, account_id=scene.account, since=now, version=1, step=STEP,
        state=state,
    )  # fmt: skip
    return Run(scene, journey, number, token)


async def test_a_message_that_left_is_told(run: Run) -> None:
    run.ask(a_mail())
    await run.scene.act()
    [(word, body)] = run.told()
    assert (word, body["slot"], body["cause"], body["sent"]) == ("sent", "one", f"run:{run.run}:{STEP}:1", 1)


async def test_a_request_with_several_recipients_is_told_once_when_the_last_is_settled(run: Run) -> None:
    run.scene.contact("bob", "Bob Example", "bob@globex.example.com", is_sponsor=True)
    courier = Courier()
    courier.script = [Outcome(Result.FAILED, "no"), Outcome(Result.RETRY, "busy")]
    run.ask(a_mail())
    await run.scene.act(run.scene.channels(courier))
    assert run.told() == []
    run.scene.clock.advance(timedelta(minutes=1))
    await run.scene.act(run.scene.channels(courier))
    assert run.words() == ["sent"]


@pytest.mark.parametrize(
    ("answer", "word"),
    [(Outcome(Result.FAILED, "SMTP 550"), "failed:SMTP 550"), (Outcome(Result.UNKNOWN, "?"), "unknown")],
)
async def test_what_did_not_arrive_is_told_with_its_reason(run: Run, answer: Outcome, word: str) -> None:
    courier = Courier()
    courier.script = [answer]
    run.ask(a_mail())
    await run.scene.act(run.scene.channels(courier))
    assert run.words() == [word]


async def test_a_message_to_nobody_is_skipped_and_stands_in_the_ledger(run: Run) -> None:
    run.ask(a_mail(to="champion"))
    await run.scene.act()
    assert run.words() == ["skipped:no_recipient"]
    with run.scene.store.api.begin(run.scene.workspace) as connection:
        counts = counts_by_step(connection, run.scene.workspace, run.journey)
    assert sum(counts[STEP].values()) == counts[STEP]["skipped"] == 1  # type: ignore[index]


async def test_a_token_that_went_on_is_not_bothered(run: Run) -> None:
    gone = a_run(run.scene, run.journey, TokenState.TIMER)
    gone.ask(a_mail())
    await run.scene.act()
    assert gone.told() == []
    assert run.scene.statuses() == ["sent"]


async def test_a_person_who_resolves_an_unclear_end_moves_the_run_on(run: Run) -> None:
    courier = Courier()
    courier.script = [Outcome(Result.UNKNOWN, "?")]
    run.ask(a_mail())
    await run.scene.act(run.scene.channels(courier))
    with run.scene.store.api.begin(run.scene.workspace) as connection:
        effect = run.scene.effects()[0]["id"]
        resolve(connection, run.scene.workspace, effect, Resolution.AS_SENT, "member:1", run.scene.clock.now())
    assert run.words() == ["unknown", "sent"]


async def test_dead_letters_of_a_step_are_tried_again_under_their_own_keys(run: Run) -> None:
    courier = Courier()
    courier.script = [Outcome(Result.FAILED, "SMTP 554")]
    run.ask(a_mail())
    await run.scene.act(run.scene.channels(courier))
    before = run.scene.effects()[0]["effect_key"]
    with run.scene.store.api.begin(run.scene.workspace) as connection:
        chosen = Chosen(journey_id=run.journey, step=STEP, reason="SMTP")
        assert replay_all(connection, run.scene.workspace, chosen, "member:1", run.scene.clock.now()) == 1
    await run.scene.act(run.scene.channels(courier))
    assert [(row["effect_key"], row["status"]) for row in run.scene.effects()] == [(before, "sent")]
    assert [row["number"] for row in run.scene.attempts()] == [1, 2]


async def test_the_outcome_that_a_csm_chooses_is_told(run: Run) -> None:
    run.ask(a_task(choices=["won", "lost"], is_own=True, title="Call {{ account.name }}"))
    await run.scene.act()
    assert run.told() == []
    assert run.scene.tasks()[0]["title"] == "Call Globex"
    with pytest.raises(Invalid, match="choose won, lost"):
        run.do(complete_task, Completion("resolved"))
    run.do(complete_task, Completion("won", "they signed"))
    assert [(word, body["note"]) for word, body in run.told()] == [("won", "they signed")]
    with pytest.raises(Conflict, match="journey has gone on"):
        run.do(reopen_task)


async def test_a_run_has_a_task_of_its_own_beside_the_one_that_is_open(run: Run) -> None:
    run.scene.ask(a_task())
    run.ask(a_task(is_own=True))
    await run.scene.act()
    assert [row["token_id"] for row in run.scene.tasks()] == [None, run.token]


async def test_a_cancelled_task_is_told(run: Run) -> None:
    run.ask(a_task(is_own=True))
    await run.scene.act()
    run.do(cancel_task, "duplicate")
    assert run.words() == ["cancelled"]


async def test_an_approval_is_given_by_whom_it_was_asked_of(run: Run) -> None:
    other = run.scene.member("Nora Neighbour", "nora@acme.example.com")
    run.ask(ApprovalRequest("Offer a discount to {{ account.name }}?", due_hours=8))
    await run.scene.act()
    with pytest.raises(NotTheirs, match="Olga Owner"):
        run.do(complete_task, Completion("approved", member_id=other))
    run.do(complete_task, Completion("approved", member_id=run.scene.csm))
    assert run.words() == ["approved"]


async def test_whoever_runs_operations_may_answer_for_others(run: Run) -> None:
    chief = run.scene.member("Otto Ops", "otto@acme.example.com", role="ops")
    run.ask(ApprovalRequest("Go on?"))
    await run.scene.act()
    run.do(complete_task, Completion("rejected", "not now", member_id=chief))
    assert [(word, body["note"]) for word, body in run.told()] == [("rejected", "not now")]


async def approve_a_draft(run: Run) -> Mapping[str, Any]:
    run.ask(DraftRequest("email", "health-check-in", "sponsor"))
    await run.scene.act()
    run.do(edit_draft, None, "Dear Ada, shall we talk?")
    run.do(complete_task, Completion("approved", subject="A word", member_id=run.scene.csm))
    return run.told()[-1][1]


async def test_a_draft_is_sent_as_it_was_approved(run: Run) -> None:
    body = await approve_a_draft(run)
    run.ask(a_mail(subject=body["subject"], text=body["text"]), slot="message")
    await run.scene.act()
    [letter] = run.scene.messages()
    assert (letter["subject"], letter["body"]) == ("A word", "Dear Ada, shall we talk?")


async def test_words_that_nobody_approved_reach_no_customer(run: Run) -> None:
    body = await approve_a_draft(run)
    run.ask(a_mail(subject="A word", text=body["text"] + " Buy now!"), slot="message")
    await run.scene.act()
    assert run.scene.effects()[-1]["reason"] == "not_approved"
    assert run.scene.messages() == []


async def test_a_task_that_nobody_does_climbs_from_one_to_the_next(run: Run) -> None:
    chief = run.scene.member("Otto Ops", "otto@acme.example.com", role="ops")
    admin = run.scene.member("Ann Admin", "ann@acme.example.com", role="admin")
    rungs = [Escalation(2, "manager"), Escalation(4, "ann@acme.example.com")]
    run.ask(a_task(is_own=True, due_hours=1, due_in_business=False, escalation=rungs))
    await run.scene.act()
    owners = [run.scene.tasks()[0]["owner_id"]]
    for hours in (2.5, 1, 2):
        run.scene.clock.advance(timedelta(hours=hours))
        with run.scene.store.worker.begin_worker() as connection:
            sweep(connection, run.scene.clock.now())
        owners.append(run.scene.tasks()[0]["owner_id"])
    assert owners == [run.scene.csm, run.scene.csm, chief, admin]
    assert run.scene.tasks()[0]["escalate_at"] is None


async def test_what_is_withdrawn_is_nobodys_work_any_more_and_the_run_is_not_told(run: Run) -> None:
    run.ask(a_task(is_own=True), slot="task")
    await run.scene.act()
    run.ask(WithdrawRequest(["task"]), slot="withdraw:task")
    await run.scene.act()
    assert [(row["status"], row["outcome_note"]) for row in run.scene.tasks()] == [("cancelled", "withdrawn: timeout")]
    assert run.told() == []


async def test_without_a_connector_nothing_is_pretended(run: Run) -> None:
    run.ask(ConnectorRequest("crm", "create_opportunity"))
    await run.scene.act()
    assert run.words() == ["no_connector"]
    assert run.scene.statuses() == ["skipped"]


def test_a_trait_is_set_by_a_call_that_a_replay_sees(run: Run) -> None:
    run.ask(TraitRequest("account", {"stage": "{{ account.name }} at risk", "score": 4}))
    run.scene.drain()
    [call] = parcel_of(run.scene)["batch"]
    assert (call["type"], call["groupId"]) == ("group", "globex")
    assert call["traits"] == {"stage": "Globex at risk", "score": 4}
    assert call["messageId"].startswith("eff_")


def parcel_of(scene: Scene) -> Mapping[str, Sequence[Mapping[str, Any]]]:
    channels = scene.channels()
    with scene.store.worker.begin_worker() as connection:
        dealt = dict.fromkeys(effect_flows(connection, scene.clock.now()), 5)
        [row] = leases.claim(connection, scene.workspace, scene.clock.now(), dealt)
        effect = effect_of(row)
        channel: Any = channels[effect.channel]
        parcel = channel.prepare(connection, load_workspace(connection, scene.workspace), effect, scene.clock.now())
    found: Mapping[str, Sequence[Mapping[str, Any]]] = msgspec.json.decode(parcel.body)
    return found


async def test_marketing_leaves_room_for_what_weighs_more(run: Run) -> None:
    scene = run.scene
    scene.settings(contact_policy={**NO_LIMITS, "contact_cap": {"limit": 2, "days": 1}, "kept_for_weightier": 0.5})
    with scene.store.worker.begin_worker() as connection:
        record_consent(connection, scene.workspace, scene.sponsor, "email", Purpose.MARKETING, is_given=True, source="test",
                       at=scene.clock.now())  # fmt: skip
    for slot in ("a", "b"):
        run.ask(a_mail(purpose="marketing"), slot)
    run.ask(a_mail(), "c")
    await scene.act()
    assert [(row["purpose"], row["status"]) for row in scene.effects()] == [
        ("marketing", "pending"), ("marketing", "pending"), ("success", "sent"),
    ]  # fmt: skip


async def test_what_a_cancelled_run_asked_for_does_not_leave(run: Run) -> None:
    run.ask(a_mail())
    run.scene.change(journey_runs, run.run, status=14)
    await run.scene.act()
    assert [(row["status"], row["reason"]) for row in run.scene.effects()] == [("skipped", "journey_cancelled")]


async def test_a_transactional_message_of_a_journey_passes_over_quiet_hours(run: Run) -> None:
    run.scene.settings(contact_policy={"quiet_hours": {"start": "00:00", "end": "23:59"}})
    run.ask(a_mail(purpose="transactional"))
    await run.scene.act()
    assert run.words() == ["sent"]


async def test_what_no_person_and_no_call_said_may_not_be_free_text(scene: Scene) -> None:
    scene.settings(contact_policy=NO_LIMITS)
    scene.ask(a_mail(subject="Hi", text="Free words", signal_id=scene.signal()))
    await scene.act()
    assert [row["reason"] for row in scene.effects()] == ["not_approved"]
