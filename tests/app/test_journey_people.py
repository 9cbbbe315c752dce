"""What steps ask of people and calendars, out of the store."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
from sqlalchemy import insert

from forestay.app.asking import StorePatience
from forestay.app.job_kinds.journey_contacts import ContactsAsked, contacts_asked
from forestay.app.job_kinds.journey_people import load_people
from forestay.app.journey_people import StorePeople
from forestay.conditions.parse import parse
from forestay.journeys.compiled import compile_journey
from forestay.journeys.read import from_text, read_journey
from forestay.kit.calendars import CalendarDocument
from forestay.store.tables.customers import accounts, contacts, identities, memberships
from forestay.store.tables.governance import calendars
from tests.conftest import StoreUnderTest

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
WRITES = """
key: writes
name: Writes
owner: ops@example.com
consent: success
entry: [{condition: "measure.usage_change_28d < 0.8"}]
start: write
steps:
  write: {kind: message, channel: email, template: low-usage-help, to: champion, next: done}
  done: {kind: exit, reason: done}
"""


def test_the_workspace_s_own_hours_count_and_not_the_usual_ones(store: StoreUnderTest, workspace: int) -> None:
    late = CalendarDocument.model_validate({"weekly": {"mon": [{"start": "20:00", "end": "22:00"}]}})
    with store.owner.begin_worker() as conn:
        conn.execute(
            insert(calendars).values(
                workspace_id=workspace, key="default", body=late.model_dump(mode="json", by_alias=True)
            )
        )
    opened = StorePeople(StorePatience(store.worker).ask, workspace, "UTC", NOW).calendar(None, "UTC").document.weekly
    assert [shift.start for shifts in opened.values() for shift in shifts] == ["20:00"]


def test_a_simulation_knows_todays_dates_and_who_is_still_there(store: StoreUnderTest, workspace: int) -> None:
    with store.owner.begin_worker() as conn:
        account = conn.execute(
            insert(accounts)
            .values(
                workspace_id=workspace,
                external_id="a",
                renews_on=datetime(1970, 1, 11, tzinfo=UTC).date(),
                traits={"go_live": "1970-01-03"},
            )
            .returning(accounts.c.id)
        ).scalar_one()
        for name, left in (("ann", None), ("bob", NOW.date())):
            contact = conn.execute(
                insert(contacts)
                .values(
                    workspace_id=workspace, external_id=name, is_champion=True, left_on=left, traits={"team": "ops"}
                )
                .returning(contacts.c.id)
            ).scalar_one()
            conn.execute(insert(memberships).values(workspace_id=workspace, contact_id=contact, account_id=account))
            conn.execute(insert(identities).values(workspace_id=workspace, key=f"u:{name}", contact_id=contact))
        whole = ContactsAsked(columns=frozenset({"external_id", "team", "nowhere"}), is_subject=True)
        people = load_people(conn, workspace, "UTC", {"trait.go_live"}, whole)
        written = load_people(conn, workspace, "UTC", (), ContactsAsked(parts=frozenset({"champion", "active_users"})))
        left_alone = load_people(conn, workspace, "UTC", (), ContactsAsked())
        nobody = load_people(conn, workspace, "UTC", (), ContactsAsked(parts=frozenset({"sponsor"})))
    assert (people.dates["account.renewal_date"].tolist(), people.dates["trait.go_live"].tolist()) == ([10], [2])
    assert people.contacts.columns["external_id"].tolist() == ["ann"]
    assert (people.contacts.columns["team"].tolist(), people.contacts.contact_of("u:ann")) == (["ops"], 1)
    assert "nowhere" not in people.contacts.columns
    for known in (people, written):
        for who, number in (("champion", 1), ("active_users", 1), ("sponsor", 0)):
            assert len(known.contacts.recipients(np.array([account]), who)[1]) == number
    assert (written.contacts.contact.tolist(), written.contacts.columns) == (people.contacts.contact.tolist(), {})
    assert [len(known.contacts.contact) for known in (left_alone, nobody)] == [0, 0]
    assert written.zones_of(np.array([account]), np.array([0])) == ["UTC"]


def test_texts_of_contacts_are_read_only_for_a_journey_that_names_them() -> None:
    plain = contacts_asked([compile_journey(read_journey(from_text(WRITES)))], {})
    assert plain == ContactsAsked(parts=frozenset({"champion"}))
    asks = WRITES.replace("measure.usage_change_28d < 0.8", "contact.team = 'ops' and in segment bosses")
    bosses = {"bosses": parse("contact.title = 'CEO'")}
    assert contacts_asked([compile_journey(read_journey(from_text(asks)))], bosses).columns == {"team", "title"}
    about = contacts_asked([compile_journey(read_journey(from_text("subject: contact\n" + WRITES)))], {})
    assert (about.is_subject, about.is_plain) == (True, False)
