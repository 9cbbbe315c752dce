"""The life of a model in the register: one is live, another may shadow it, people decide, and nothing is lost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, text

from forestay.customers.words import Role
from forestay.kit.errors import NotFound
from forestay.predictions import registry
from forestay.predictions.model_document import DataWindow, ModelDocument, Prior, Purpose, State
from forestay.predictions.policy import ModelPolicy, policy_of
from forestay.predictions.registry import (
    ApprovalRefused,
    ModelEntry,
    ModelStatus,
    NewModel,
    NotPromotable,
    WaitsForApproval,
)
from tests.conftest import StoreUnderTest

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
FREE, CAREFUL = ModelPolicy(), ModelPolicy(approval=Role.ADMIN)


def document(state: State = State.OK, **values: object) -> ModelDocument:
    given: dict[str, object] = {
        "purpose": Purpose.CHURN, "key": "churn", "state": state,
        "data": DataWindow(first_day=20_000, last_day=20_400, known_until=20_490, rows=900, accounts=300, events=31),
        "measure_hashes": {"seat_use_30d": "9f86d0"}, "names": ("measure.seat_use_30d",), "candidate": "logistic",
        "fitted": {"kind": "logistic", "weights": [0.1, -1 / 3]}, "calibration": None,
        "metrics": {"auc": 0.71, "log_loss": 0.19}, "prior": Prior(alpha=1, beta=40), "created_at": NOON, **values,
    }  # fmt: skip
    return ModelDocument.model_validate(given)


class Register:
    """The register of one workspace, a moment later at each step."""

    def __init__(self, connection: Connection, workspace: int) -> None:
        self.connection, self.workspace, self.at = connection, workspace, NOON

    def trained(self, **values: object) -> ModelEntry:
        return registry.save(self.connection, self.workspace, NewModel(document(**values)))  # type: ignore[arg-type]

    def promote(self, entry: ModelEntry, actor: str = "member:1", policy: ModelPolicy = FREE) -> ModelEntry:
        self.at += timedelta(days=1)
        return registry.promote(self.connection, self.workspace, entry, actor, policy, self.at)

    def approve(self, entry: ModelEntry, actor: str, role: Role | None) -> ModelEntry:
        return registry.approve(self.connection, self.workspace, entry, actor, role, CAREFUL, self.at)

    def roll_back(self) -> int | None:
        self.at += timedelta(days=1)
        found = registry.roll_back(self.connection, self.workspace, "churn", "member:1", self.at).back
        return None if found is None else found.version

    def live(self) -> int | None:
        found = registry.live(self.connection, self.workspace, "churn")
        return None if found is None else found.version

    def status(self, entry: ModelEntry) -> str:
        return registry.find(self.connection, self.workspace, entry.purpose, entry.version).status


@pytest.fixture
def register(store: StoreUnderTest, workspace: int):  # type: ignore[no-untyped-def]
    with store.api.begin(workspace) as connection:
        yield Register(connection, workspace)


def test_a_model_comes_back_from_the_register_as_it_was_trained(register: Register) -> None:
    entry = register.trained()
    found = registry.document_of(register.connection, register.workspace, entry.id)
    assert found == document().signed()
    assert (entry.hash, entry.version, entry.status) == (found.signature, 1, ModelStatus.DRAFT)


def test_the_register_keeps_no_pickle(register: Register) -> None:
    register.trained()
    text_of = register.connection.scalar(text("SELECT document FROM models"))
    assert str(text_of).startswith('{"purpose":"churn"')


def test_a_trained_model_computes_nothing_until_somebody_promotes_it(register: Register) -> None:
    entry = register.trained()
    assert register.live() is None
    register.promote(entry)
    assert register.live() == 1


def test_the_one_before_retires_when_the_next_goes_live(register: Register) -> None:
    first, second = register.trained(), register.trained()
    register.promote(first)
    register.promote(second)
    assert (register.live(), register.status(first)) == (2, ModelStatus.RETIRED)


def test_rolling_back_goes_through_all_that_were_live_and_ends_at_the_rule(register: Register) -> None:
    for entry in [register.trained(), register.trained(), register.trained()]:
        register.promote(entry)
    assert [register.roll_back(), register.roll_back(), register.roll_back()] == [2, 1, None]
    assert register.live() is None


def test_there_is_nothing_to_roll_back_where_the_rule_answers(register: Register) -> None:
    with pytest.raises(NotPromotable, match="nothing to roll back"):
        register.roll_back()


def test_a_model_that_was_rolled_back_by_mistake_can_be_promoted_again(register: Register) -> None:
    first, second = register.trained(), register.trained()
    register.promote(first)
    register.promote(second)
    register.roll_back()
    register.promote(second)
    assert register.live() == 2


def test_where_approval_is_asked_for_a_model_waits_for_another_member(register: Register) -> None:
    entry = register.promote(register.trained(), "member:1", CAREFUL)
    assert (entry.status, entry.asked_by, register.live()) == (ModelStatus.DRAFT, "member:1", None)
    approved = register.approve(entry, "member:2", Role.ADMIN)
    assert (approved.status, approved.approved_by, register.live()) == (ModelStatus.LIVE, "member:2", 1)


@pytest.mark.parametrize(("actor", "role"), [("member:1", Role.ADMIN), ("member:2", Role.OPS), ("key:3", None)])
def test_nobody_approves_their_own_wish_and_only_the_named_role_approves(
    register: Register, actor: str, role: Role | None
) -> None:
    entry = register.promote(register.trained(), "member:1", CAREFUL)
    with pytest.raises(ApprovalRefused):
        register.approve(entry, actor, role)
    assert register.live() is None


def test_what_nobody_asked_for_cannot_be_approved(register: Register) -> None:
    with pytest.raises(WaitsForApproval):
        register.approve(register.trained(), "member:2", Role.ADMIN)


def test_a_model_that_found_not_enough_data_never_goes_live(register: Register) -> None:
    entry = register.trained(state=State.NOT_ENOUGH_DATA, candidate=None, fitted=None)
    with pytest.raises(NotPromotable, match="not enough data"):
        register.promote(entry)


def test_one_shadow_at_a_time_beside_the_live_one(register: Register) -> None:
    live, first, second = register.trained(), register.trained(), register.trained()
    register.promote(live)
    registry.shadow(register.connection, register.workspace, first)
    registry.shadow(register.connection, register.workspace, second)
    assert [register.status(one) for one in (live, first, second)] == ["live", "draft", "shadow"]


def test_lineage_leads_back_to_the_first(register: Register) -> None:
    first = register.trained()
    second = registry.save(register.connection, register.workspace, NewModel(document(), parent=first.version))
    third = registry.save(register.connection, register.workspace, NewModel(document(), parent=second.version))
    found = registry.lineage(register.connection, register.workspace, third)
    assert [one.version for one in found] == [3, 2, 1]


def test_purposes_count_their_versions_apart(register: Register) -> None:
    register.trained()
    other = register.trained(purpose=Purpose.EXPANSION, key="expansion")
    assert (other.version, register.live()) == (1, None)
    register.promote(other)
    assert register.live() is None


def test_a_version_that_does_not_exist_is_not_found(register: Register) -> None:
    with pytest.raises(NotFound):
        registry.find(register.connection, register.workspace, "churn", 7)


def test_the_models_of_another_workspace_do_not_exist(
    store: StoreUnderTest, workspace: int, other_workspace: int
) -> None:
    with store.api.begin(workspace) as connection:
        registry.save(connection, workspace, NewModel(document()))
    with store.api.begin(other_workspace) as connection:
        assert registry.entries(connection, workspace) == []


def test_a_workspace_says_how_its_models_live(store: StoreUnderTest, workspace: int) -> None:
    with store.owner.begin_worker() as connection:
        assert policy_of(connection, workspace) == FREE
        connection.execute(text("""UPDATE workspaces SET settings = '{"models": {"approval": "admin"}}'"""))
        assert policy_of(connection, workspace) == CAREFUL
