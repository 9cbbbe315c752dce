"""Live play goes on where the history ends: in order, in time, and with something to see at once."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from itertools import takewhile

import msgspec
import pytest

from forestay.customers.kinds import FIELDS, ImportKind
from forestay.simulator import CompanySpec, InterventionKind, LivePlay, LiveStep, simulate, stream_events
from tests.simulator.conftest import UNTIL

STARTED = UNTIL + timedelta(minutes=1)


def play(seconds: float, accounts: int = 42, **how: object) -> list[LiveStep]:
    company = simulate(CompanySpec(seed=7, accounts=accounts, months=3, until=UNTIL))
    settings = {"seed": 1, "events_per_second": 5.0, "started": STARTED, **how}
    return list(takewhile(lambda step: step.due_seconds < seconds, LivePlay(company, **settings)))  # type: ignore[arg-type]


def messages(steps: list[LiveStep]) -> list[dict[str, object]]:
    return [message for step in steps if step.records is None for message in msgspec.json.decode(step.body)["batch"]]


def lines(steps: list[LiveStep], kind: ImportKind) -> list[dict[str, str]]:
    return [msgspec.json.decode(line) for step in steps if step.records is kind for line in step.body.splitlines()]


@pytest.fixture(scope="module")
def steps() -> list[LiveStep]:
    return play(200)


def test_calls_come_in_the_order_of_their_time(steps: list[LiveStep]) -> None:
    dues = [step.due_seconds for step in steps]
    assert dues == sorted(dues)


def test_a_few_events_a_second_are_told(steps: list[LiveStep]) -> None:
    tracks = [message for message in messages(steps) if message["type"] == "track"]
    assert 600 < len(tracks) < 1600


def test_no_message_is_dated_after_its_sending(steps: list[LiveStep]) -> None:
    wrong = [
        message
        for step in steps
        if step.records is None
        for message in msgspec.json.decode(step.body)["batch"]
        if datetime.fromisoformat(message["timestamp"]) > STARTED + timedelta(seconds=step.due_seconds)
    ]
    assert wrong == []


def test_no_row_knows_what_comes_after_its_sending(steps: list[LiveStep]) -> None:
    late = []
    for step in steps:
        limit = (STARTED + timedelta(seconds=step.due_seconds + 1)).strftime("%Y-%m-%dT%H:%M:%SZ")
        moments = [
            v for line in step.body.splitlines() if step.records for v in re.findall(rb'"(2\d{3}-[^"]+Z)"', line)
        ]
        late += [moment for moment in moments if moment.decode() > limit]
    assert late == []


def test_rows_have_our_columns_and_those_required(steps: list[LiveStep]) -> None:
    kinds = {step.records for step in steps if step.records}
    assert {ImportKind.TICKETS, ImportKind.CONTACTS, ImportKind.INTERACTIONS} <= kinds
    for kind in kinds:
        fields = {field.name: field.required for field in FIELDS[kind]}
        assert [row for row in lines(steps, kind) if not set(row) <= set(fields)] == []
        assert [
            row for row in lines(steps, kind) for name, required in fields.items() if required and name not in row
        ] == []


def test_within_half_a_minute_a_case_is_escalated_and_a_wave_of_invitations_goes_out(steps: list[LiveStep]) -> None:
    early = [step for step in steps if step.due_seconds <= 30]
    assert [
        row for row in lines(early, ImportKind.TICKETS) if row["account_id"] == "acc-00032" and "escalated_at" in row
    ]
    invited = [
        one
        for one in messages(early)
        if one.get("event") == "User Invited" and one["context"] == {"groupId": "acc-00038"}
    ]
    assert len(invited) >= 12


def test_a_sponsor_leaves_before_our_eyes(steps: list[LiveStep]) -> None:
    gone = [
        row
        for row in lines(steps, ImportKind.CONTACTS)
        if row["is_sponsor"] == "true" and row.get("left_on") == "2026-11-22"
    ]
    assert "acc-00030" in {row["account_id"] for row in gone}


def test_every_message_has_its_own_name_but_for_the_duplicates(steps: list[LiveStep]) -> None:
    names = [message["messageId"] for message in messages(steps)]
    assert len(names) - len(set(names)) < 0.03 * len(names)


def test_a_second_play_is_not_a_duplicate_of_the_first(steps: list[LiveStep]) -> None:
    other = {message["messageId"] for message in messages(play(20, seed=2))}
    assert other.isdisjoint({message["messageId"] for message in messages(steps)})


def test_the_same_play_is_told_twice_alike() -> None:
    assert play(15) == play(15)


def test_by_the_clock_a_day_takes_its_time() -> None:
    steps = play(100.0, accounts=6, events_per_second=None, speedup=864.0, beats=False)
    assert steps
    first_day = messages([step for step in steps if step.due_seconds <= 100])
    assert {message["timestamp"][:10] for message in first_day} == {"2026-11-22"}  # type: ignore[index]


def test_the_play_goes_on_beyond_what_was_simulated_at_first() -> None:
    company = simulate(CompanySpec(seed=7, accounts=2, months=3, until=UNTIL))
    live = LivePlay(company, 1, events_per_second=50.0, started=STARTED, beats=False)
    for _ in takewhile(lambda _: live.day < 60, live):
        continue
    assert live.day == 60


def test_an_intervention_changes_the_story_from_the_next_day_on() -> None:
    company = simulate(CompanySpec(seed=7, accounts=40, months=3, until=UNTIL))
    live = LivePlay(company, 1, events_per_second=50.0, started=STARTED, beats=False)
    effects = [live.intervene(number, InterventionKind.TRAINING) for number in range(40)]
    assert {one.day for one in effects} == {company.spec.days}
    assert max(one.effect for one in effects) > 0.5


def test_bodies_for_load_tests_are_valid_and_never_repeat_a_name() -> None:
    bodies = [msgspec.json.decode(body)["batch"] for body in stream_events(1_000_000, 20, at_micros=0)]
    names = [message["messageId"] for body in bodies for message in body]
    assert len(names) == len(set(names)) == 2_000
    assert {message["timestamp"] for body in bodies for message in body} == {"1970-01-01T00:00:00.000Z"}
    assert len({message["context"]["groupId"] for body in bodies for message in body}) > 1_000
