"""Who may be contacted: what contacts said last, and addresses that do not work."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError
from sqlalchemy import insert

from forestay.governance.consent import (
    ContactPolicy,
    Permissions,
    Purpose,
    lift_suppression,
    permissions_of,
    policy_of,
    record_consent,
    suppress,
)  # fmt: skip
from forestay.store.tables.customers import contacts
from tests.conftest import StoreUnderTest

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
ADDRESS = "ada@globex.example.com"


@pytest.fixture
def contact(store: StoreUnderTest, workspace: int) -> int:
    row = insert(contacts).values(workspace_id=workspace, external_id="ada", email=ADDRESS).returning(contacts.c.id)
    with store.owner.begin_worker() as connection:
        return int(connection.execute(row).scalar_one())


def refusal(permissions: Permissions, contact: int | None, purpose: str) -> str | None:
    return permissions.refusal(contact, "email", ADDRESS, purpose)


def test_without_an_answer_success_is_allowed_and_marketing_is_not() -> None:
    nothing_said = Permissions({}, {})
    assert refusal(nothing_said, 1, Purpose.SUCCESS) is None
    assert refusal(nothing_said, 1, "enablement") is None
    assert refusal(nothing_said, 1, Purpose.MARKETING) == "no_consent"


def test_a_no_to_marketing_is_no_no_to_help() -> None:
    said = Permissions({(1, "email", "marketing"): False}, {})
    assert refusal(said, 1, Purpose.MARKETING) == "consent_withdrawn"
    assert refusal(said, 1, Purpose.SUCCESS) is None


def test_what_the_contacts_own_act_asked_for_needs_no_consent_but_a_working_address() -> None:
    said = Permissions({(1, "email", "success"): False}, {})
    assert refusal(said, 1, Purpose.TRANSACTIONAL) is None
    assert refusal(Permissions({}, {("email", ADDRESS): "bounced"}), 1, Purpose.TRANSACTIONAL) == "suppressed: bounced"


@pytest.mark.parametrize(("first", "second", "allowed"), [(0, 1, True), (1, 0, False)])
def test_the_newest_answer_counts_in_whichever_order_they_arrive(
    store: StoreUnderTest, workspace: int, contact: int, first: int, second: int, allowed: bool
) -> None:
    answers = [(first, False), (second, True)]
    with store.api.begin(workspace) as connection:
        for hours, is_given in answers:
            record_consent(connection, workspace, contact, "email", Purpose.MARKETING, is_given=is_given, source="form",
                           at=NOW + timedelta(hours=hours))  # fmt: skip
        found = permissions_of(connection, workspace, [contact], [ADDRESS])
    assert (refusal(found, contact, Purpose.MARKETING) is None) == allowed


def test_a_suppression_keeps_its_first_reason_and_can_be_lifted(store: StoreUnderTest, workspace: int) -> None:
    with store.api.begin(workspace) as connection:
        suppress(connection, workspace, "email", ADDRESS.upper(), "bounced", NOW)
        suppress(connection, workspace, "email", ADDRESS, "complained", NOW)
        assert permissions_of(connection, workspace, [], [ADDRESS]).suppressed == {("email", ADDRESS): "bounced"}
        assert lift_suppression(connection, workspace, "email", ADDRESS)
        assert not lift_suppression(connection, workspace, "email", ADDRESS)


def test_one_workspaces_suppression_is_not_anothers(
    store: StoreUnderTest, workspace: int, other_workspace: int
) -> None:
    with store.worker.begin_worker() as connection:
        suppress(connection, workspace, "email", ADDRESS, "bounced", NOW)
        assert permissions_of(connection, other_workspace, [], [ADDRESS]).suppressed == {}


def test_a_workspace_that_says_nothing_has_quiet_nights_and_caps() -> None:
    policy = policy_of({})
    assert policy == ContactPolicy()
    assert policy.quiet_hours is not None
    assert policy.contact_cap.limit < 10


def test_a_policy_with_a_misspelt_word_is_refused() -> None:
    with pytest.raises(ValidationError):
        policy_of({"contact_policy": {"quite_hours": None}})


def test_every_field_of_the_policy_explains_itself() -> None:
    fields = ContactPolicy.model_json_schema()["properties"]
    assert all("description" in field for field in fields.values())
