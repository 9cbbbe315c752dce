"""A suggestion is taken as a new version of the trigger, told in the audit trail, and can be taken back."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from forestay.governance import audit
from forestay.kit.errors import NotFound
from forestay.learning.book import Tuned, purposes_to_train, read_moves
from forestay.learning.feedback import REST_DAYS, Move
from forestay.learning.moves import CannotTake, NothingToTake, take, undo
from forestay.learning.trigger_looks import look_at_triggers
from forestay.outcomes.recording import close_due, note_new
from forestay.store import documents
from forestay.store.documents import Document, DocumentKind
from tests.conftest import StoreUnderTest
from tests.outcomes.firings import FIRED, TRIGGER, Company

LOW: dict[str, Any] = {**TRIGGER, "holdout_share": 0}
LOOK = FIRED + timedelta(days=3)


class Desk(Company):
    def judge(self, verdict: str, accounts: range) -> None:
        self.run(
            """INSERT INTO feedback (workspace_id, signal_id, actor, verdict)
               SELECT :w, s.id, 'member:1', :v FROM signals AS s WHERE s.account_id = ANY(:ids)""",
            v=verdict, ids=list(accounts),
        )  # fmt: skip

    def look(self, at: datetime = LOOK, segments: tuple[str, ...] = ()) -> dict[tuple[str, str], Tuned]:
        with self.store.worker.begin_worker() as connection:
            found = look_at_triggers(connection, self.workspace, at, segments)
        return {(one.trigger_key, one.segment): one for one in found}

    def note(self, segments: dict[int, list[str]] | None = None) -> None:
        with self.store.worker.begin_worker() as connection:
            note_new(connection, self.workspace, FIRED + timedelta(days=1), segments or {}, {"low": "health.score"})

    def take(self, segment: str = "", at: datetime = LOOK) -> int:
        with self.store.api.begin(self.workspace) as connection:
            return take(connection, self.workspace, "low", segment, "member:1", at).id

    def undo(self, move: int, at: datetime = LOOK) -> None:
        with self.store.api.begin(self.workspace) as connection:
            undo(connection, self.workspace, move, "member:2", at)

    def live(self) -> Document:
        with self.store.api.begin(self.workspace) as connection:
            return documents.live(connection, self.workspace, DocumentKind.TRIGGER, "low")


@pytest.fixture
def desk(store: StoreUnderTest, workspace: int) -> Desk:
    return Desk(store, workspace)


def mostly_wrong(desk: Desk) -> None:
    desk.publish(LOW)
    desk.accounts(40)
    desk.fire(40, share=0)
    desk.note()
    desk.judge("accurate", range(1, 9))
    desk.judge("inaccurate", range(9, 41))


def test_a_trigger_that_was_mostly_wrong_is_suggested_a_stricter_line(desk: Desk) -> None:
    mostly_wrong(desk)
    found = desk.look()["low", ""]
    assert (found.findings.move, found.findings.to, found.threshold) == (Move.TIGHTEN, 57.5, 60)
    assert (found.findings.low, found.findings.high) == (50, 70)
    assert desk.live().version == 1


def test_taking_it_publishes_the_line_and_tells_the_audit_trail(desk: Desk) -> None:
    mostly_wrong(desk)
    desk.look()
    desk.take()
    assert desk.live().version == 2
    assert desk.live().body["condition"] == {"column": "health.score", "is": "below", "value": 57.5}
    trail = desk.run("SELECT actor, action, subject, detail FROM audit_entries WHERE workspace_id = :w")[0]
    assert (trail.actor, trail.action, trail.subject) == ("member:1", "trigger.tuned", "trigger:low")
    assert (trail.detail["threshold_before"], trail.detail["threshold_after"]) == ("60", "57.5")
    with desk.store.api.begin(desk.workspace) as connection:
        assert audit.verify(connection, desk.workspace) is None


def test_what_was_taken_is_not_taken_twice_and_rests(desk: Desk) -> None:
    mostly_wrong(desk)
    desk.look()
    desk.take()
    with pytest.raises(NothingToTake):
        desk.take()
    again = desk.look(LOOK + timedelta(days=REST_DAYS + 1))["low", ""]
    assert again.findings.move is Move.STAY
    assert again.findings.precision.hits == 0  # firings of the old line no longer count


def test_a_person_takes_it_back(desk: Desk) -> None:
    mostly_wrong(desk)
    desk.look()
    desk.undo(desk.take())
    assert (desk.live().version, desk.live().body) == (3, LOW)
    with desk.store.api.begin(desk.workspace) as connection:
        move = read_moves(connection, desk.workspace, "low")[0]
    assert move.undone_by == "member:2"
    actions = desk.run("SELECT action FROM audit_entries WHERE workspace_id = :w ORDER BY seq")
    assert [row.action for row in actions] == ["trigger.tuned", "trigger.tuning_undone"]
    with pytest.raises(CannotTake, match="already"):
        desk.undo(move.id)


def test_what_somebody_changed_since_is_not_overwritten(desk: Desk) -> None:
    mostly_wrong(desk)
    desk.look()
    move = desk.take()
    desk.publish({**LOW, "condition": {"column": "health.score", "is": "below", "value": 40}}, version=3)
    with pytest.raises(CannotTake, match="changed since"):
        desk.undo(move)
    anew = desk.look(LOOK + timedelta(days=1))["low", ""]
    assert (anew.anchor, anew.threshold, anew.version) == (40, 40, 3)


def test_a_draft_under_way_is_left_alone(desk: Desk) -> None:
    mostly_wrong(desk)
    desk.look()
    with desk.store.api.begin(desk.workspace) as connection:
        documents.save_draft(connection, desk.workspace, DocumentKind.TRIGGER, "low", {**LOW, "name": "Mine"})
    with pytest.raises(CannotTake, match="draft"):
        desk.take()


def test_a_paused_trigger_is_not_set_going(desk: Desk) -> None:
    mostly_wrong(desk)
    desk.look()
    with desk.store.api.begin(desk.workspace) as connection:
        documents.pause(connection, desk.workspace, DocumentKind.TRIGGER, "low")
    with pytest.raises(CannotTake, match="paused"):
        desk.take()


def test_of_an_unknown_trigger_nothing_is_taken(desk: Desk) -> None:
    with pytest.raises(NotFound):
        desk.take()


def test_a_segment_in_which_it_is_wrong_gets_a_line_of_its_own(desk: Desk) -> None:
    desk.publish(LOW)
    desk.accounts(80)
    desk.fire(80, share=0)
    desk.note({number: ["small"] for number in range(1, 41)})
    desk.judge("inaccurate", range(1, 33))
    desk.judge("accurate", range(33, 73))
    found = desk.look(segments=("small",))
    assert found["low", ""].findings.move is Move.STAY
    assert found["low", "small"].findings.to == 57.5
    desk.take("small")
    body = desk.live().body["condition"]
    assert body == {
        "any": [
            {"all": [{"segment": "small"}, {"column": "health.score", "is": "below", "value": 57.5}]},
            {"all": [{"not": {"segment": "small"}}, {"column": "health.score", "is": "below", "value": 60}]},
        ]
    }
    after = desk.look(LOOK + timedelta(days=1), segments=("small",))
    assert (after["low", ""].threshold, after["low", "small"].threshold) == (60, 57.5)
    assert after["low", ""].findings.precision.hits == 32  # the rest's own evidence stays


def test_a_trigger_that_is_hopeless_only_advises_and_can_be_brought_back(desk: Desk) -> None:
    fact = {**LOW, "condition": {"column": "measure.open_tickets", "is": "at_least", "value": 3}}
    desk.publish(fact)
    desk.accounts(40)
    desk.fire(40, share=0)
    desk.note()
    desk.judge("inaccurate", range(1, 41))
    assert desk.look()["low", ""].findings.move is Move.ADVISE_ONLY
    move = desk.take()
    assert desk.live().body["advise_only"] is True
    desk.undo(move)
    assert desk.live().body == fact


def test_outcomes_alone_move_it_too_and_ask_for_training(desk: Desk) -> None:
    desk.publish({**LOW, "condition": {"column": "churn.probability", "is": "at_least", "value": 0.8}})
    desk.accounts(60)
    desk.fire(60, share=0)
    desk.note()
    desk.churn([1, 2, 3])
    with desk.store.worker.begin_worker() as connection:
        close_due(connection, desk.workspace, FIRED + timedelta(days=100))
    found = desk.look(FIRED + timedelta(days=101))["low", ""].findings
    assert (found.move, found.to) == (Move.TIGHTEN, 0.85)
    assert (found.by_outcome.hits, found.by_outcome.misses) == (3, 28.5)
    assert "train the model anew" in found.retrain
    with desk.store.worker.begin_worker() as connection:
        assert purposes_to_train(connection, desk.workspace) == {"churn"}


def test_what_was_not_actionable_asks_for_another_way(desk: Desk) -> None:
    desk.publish(LOW)
    desk.accounts(30)
    desk.fire(30, share=0)
    desk.note()
    desk.judge("not_actionable", range(1, 25))
    found = desk.look()["low", ""].findings
    assert found.move is Move.STAY
    assert "not actionable" in found.routing
