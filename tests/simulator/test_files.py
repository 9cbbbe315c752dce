"""What is written goes in by the front door: our columns, ordered dates, valid zones, money in cents, truth apart."""

from __future__ import annotations

import re
from collections import Counter
from datetime import datetime
from itertools import pairwise
from zoneinfo import available_timezones

import msgspec
import pytest
import yaml

from forestay.customers.kinds import FIELDS, KEY, FieldType, ImportKind
from forestay.simulator.names import MEMBERS, PLACES
from forestay.simulator.truth import truth_folder
from tests.simulator.conftest import UNTIL, Made

RECORDS = [kind for kind in ImportKind if kind is not ImportKind.EVENTS]
SHAPES = {
    FieldType.MONEY: re.compile(r"^\d+\.\d\d$"),
    FieldType.NUMBER: re.compile(r"^-?\d+(\.\d+)?$"),
    FieldType.DAY: re.compile(r"^\d{4}-\d\d-\d\d$"),
    FieldType.MOMENT: re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"),
    FieldType.FLAG: re.compile(r"^(true|false)$"),
    FieldType.TEXT: re.compile(r"^.+$", re.S),
}
IN_ORDER = [
    ("tickets", "opened_at", "first_response_at"), ("tickets", "first_response_at", "closed_at"),
    ("tickets", "opened_at", "escalated_at"), ("tickets", "escalated_at", "closed_at"), ("invoices", "issued_on", "due_on"),
    ("invoices", "issued_on", "paid_on"), ("subscriptions", "started_on", "ended_on"), ("contacts", "created_on", "left_on"),
    ("accounts", "customer_since", "churned_on"),
]  # fmt: skip


@pytest.mark.parametrize("kind", RECORDS)
def test_every_row_fits_the_fields_of_its_kind(made: Made, kind: ImportKind) -> None:
    fields = {field.name: field for field in FIELDS[kind]}
    rows = made.rows(kind)
    assert rows
    assert set(rows[0]) <= set(fields)
    wrong = [
        (name, value)
        for row in rows
        for name, value in row.items()
        if value and not SHAPES[fields[name].type].match(value)
    ]
    assert wrong == []
    assert [row for row in rows for field in fields.values() if field.required and not row[field.name]] == []


@pytest.mark.parametrize("kind", [kind for kind in RECORDS if kind is not ImportKind.CONTACTS])
def test_every_record_has_its_own_key(made: Made, kind: ImportKind) -> None:
    keys = [row[KEY[kind]] for row in made.rows(kind)]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize(("kind", "first", "second"), IN_ORDER)
def test_dates_come_in_the_order_of_life(made: Made, kind: str, first: str, second: str) -> None:
    both = [(row[first], row[second]) for row in made.rows(kind) if row[first] and row[second]]
    assert [pair for pair in both if pair[0] > pair[1]] == []


@pytest.mark.parametrize("kind", RECORDS)
def test_nothing_is_known_of_the_future_but_what_is_planned(made: Made, kind: ImportKind) -> None:
    dated = [
        f.name
        for f in FIELDS[kind]
        if f.type in (FieldType.DAY, FieldType.MOMENT) and f.name not in ("due_on", "renews_on")
    ]
    end = UNTIL.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert [row for row in made.rows(kind) for name in dated if row.get(name, "") > end] == []


def test_every_account_is_written_once_and_every_record_belongs_to_one(made: Made) -> None:
    accounts = {row["account_id"] for row in made.rows("accounts")}
    assert len(accounts) == made.spec.accounts
    for kind in RECORDS:
        assert {row["account_id"] for row in made.rows(kind)} <= accounts


def test_zones_are_zones(made: Made) -> None:
    named = {row["zone"] for kind in ("accounts", "contacts") for row in made.rows(kind)} - {""}
    assert named <= available_timezones()
    assert {one.zone for one in MEMBERS} | {place.zone for place in PLACES} <= available_timezones()


def test_all_addresses_are_made_up(made: Made) -> None:
    emails = [row["email"] for row in made.rows("contacts")] + [one.email for one in MEMBERS]
    assert [email for email in emails if email and not email.endswith(".example.com")] == []


def test_the_truth_is_never_in_the_products_folder(made: Made) -> None:
    assert made.truth == truth_folder(made.folder)
    assert made.folder not in made.truth.parents
    assert {path.name for path in made.folder.iterdir()} == {f"{kind}.csv" for kind in RECORDS} | {
        "events.parquet", "segment-history.jsonl", "config",
    }  # fmt: skip
    secret = re.compile(rb"persuadable|sleeping_dog|lost_cause|hazard|latent")
    assert [path.name for path in made.folder.rglob("*") if path.is_file() and secret.search(path.read_bytes())] == []


def test_bodies_keep_the_limits_of_the_protocol(made: Made) -> None:
    lines = (made.folder / "segment-history.jsonl").read_bytes().splitlines()
    assert max(len(line) for line in lines) <= 500_000
    assert all(b"sentAt" not in line for line in lines)
    assert {str(message["type"]) for message in made.messages} == {"track", "identify", "group", "page"}


def test_parquet_and_segment_share_the_history_and_nothing_twice(made: Made) -> None:
    parquet = made.events
    split = UNTIL.timestamp() - made.spec.segment_days * 86_400
    moments = [moment.timestamp() for moment in parquet["at"]]  # type: ignore[attr-defined]
    assert max(moments) < split
    tracks = [one for one in made.messages if one["type"] == "track"]
    assert min(datetime.fromisoformat(str(one["timestamp"])) for one in tracks).timestamp() >= split
    assert set(map(str, parquet["message_id"])).isdisjoint({str(one["messageId"]) for one in tracks})


def test_a_new_users_first_steps_are_anonymous_until_identify(made: Made) -> None:
    anonymous = {one["anonymousId"] for one in made.messages if "anonymousId" in one and one["type"] != "identify"}
    joined = {one["anonymousId"] for one in made.messages if one["type"] == "identify" and "anonymousId" in one}
    assert anonymous
    assert anonymous == joined


def test_configuration_names_only_events_that_happen(made: Made) -> None:
    features = yaml.safe_load((made.folder / "config" / "features.yaml").read_text())
    roles = yaml.safe_load((made.folder / "config" / "event-roles" / "default.yaml").read_text())
    happened = set(made.events["event"])
    assert {event for feature in features for event in feature["events"]} <= happened
    assert {event for events in roles.values() for event in events} <= happened
    assert [f for f in features if f["is_sticky"]]
    assert [f for f in features if f["is_premium"]]
    assert [f for f in features if f["deployed_on"] and (UNTIL.date() - f["deployed_on"]).days > 45]


def test_late_double_and_incomplete_events_come_as_often_as_stated_and_are_confessed(made: Made) -> None:
    kinds = Counter(map(str, made.anomalies["kind"]))
    dirt, rows = made.spec.untidiness, made.summary.events
    tracks = rows + sum(one["type"] == "track" for one in made.messages)
    assert kinds["late"] / tracks == pytest.approx(dirt.late, rel=0.25)
    assert kinds["duplicate"] / tracks == pytest.approx(dirt.duplicate, rel=0.25)
    assert kinds["without_account"] / tracks == pytest.approx(dirt.without_account, rel=0.25)
    seen = Counter(
        [
            *map(str, made.events["message_id"]),
            *(str(m["messageId"]) for m in made.messages if m["type"] == "track"),
        ]
    )
    assert sum(count - 1 for count in seen.values()) == kinds["duplicate"]


def test_events_come_out_of_order(made: Made) -> None:
    moments = made.events["at"]
    backwards = sum(a > b for a, b in pairwise(moments))  # type: ignore[operator]
    assert backwards > 0.01 * len(moments)


def test_the_telemetry_outage_swallows_days_and_is_confessed(made: Made) -> None:
    gap = msgspec.json.decode((made.truth / "truth.json").read_bytes())["telemetry_outage"]
    since, until = datetime.fromisoformat(gap["since"]), datetime.fromisoformat(gap["until"])
    assert [moment for moment in made.events["at"] if since < moment < until] == []  # type: ignore[operator]
    assert (until - since).total_seconds() == made.spec.untidiness.outage_days * 86_400


def test_merges_parents_and_shared_contacts_are_there_and_confessed(made: Made) -> None:
    truth = msgspec.json.decode((made.truth / "truth.json").read_bytes())
    accounts = {row["account_id"]: row for row in made.rows("accounts")}
    assert truth["merged"]
    assert truth["parents"]
    assert {k: row["merged_into"] for k, row in accounts.items() if row["merged_into"]} == dict(truth["merged"])
    assert {k: row["parent_id"] for k, row in accounts.items() if row["parent_id"]} == dict(truth["parents"])
    homes = Counter(row["contact_id"] for row in made.rows("contacts"))
    assert {key for key, count in homes.items() if count == 2} <= {key for key, _ in truth["shared_contacts"]}


def test_the_summary_counts_what_was_written(made: Made) -> None:
    assert made.summary.rows == {kind.value: len(made.rows(kind)) for kind in RECORDS}
    assert made.summary.events == len(made.events["at"])
    assert made.summary.segment_messages == len(made.messages)
    assert f"{made.spec.accounts}" in made.summary.text()
