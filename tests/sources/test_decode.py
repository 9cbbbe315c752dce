"""What a tracking call says arrives in its columns: who, what, when by our clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forestay.customers.kinds import ImportKind
from forestay.events.log import Codec, Record
from forestay.kit.clock import micros_of
from forestay.sources.columns import MISSING, MessageKind
from forestay.sources.decode import decode_control, decode_rejected, decode_segment
from forestay.sources.decode_arrow import events_of, read_arrow, rows_of
from forestay.sources.moments import NEVER, micros_of_texts
from tests.sources.messages import NOON, arrow, body_of, control, group, identify, segment, track

HOUR = 3_600_000_000


def test_a_track_call_names_user_account_and_event() -> None:
    columns, bad = decode_segment([segment(7, track("m1", "Report Run", userId="ann", account="acme"))], "UTC")
    assert (columns.user.texts(), columns.account.texts(), columns.name.texts()) == (
        ["u:ann"],
        ["acme"],
        ["Report Run"],
    )
    assert (columns.position.tolist(), columns.part.tolist(), bad) == ([7], [0], [])


def test_ids_that_are_numbers_are_read_as_text() -> None:
    columns, _ = decode_segment([segment(1, track("m1", userId=17, account=4))], "UTC")
    assert (columns.user.texts(), columns.account.texts()) == (["u:17"], ["4"])


def test_an_anonymous_visitor_has_a_key_of_its_own_kind() -> None:
    columns, _ = decode_segment([segment(1, track("m1", anonymousId="x"), track("m2", userId="x"))], "UTC")
    assert columns.user.texts() == ["a:x", "u:x"]


def test_page_and_screen_views_are_named_as_other_tools_name_them() -> None:
    views = [
        {"type": "page", "messageId": "1", "userId": "u", "name": "Home"},
        {"type": "screen", "messageId": "2", "userId": "u"},
    ]
    columns, _ = decode_segment([segment(1, *views)], "UTC")
    assert columns.name.texts() == ["Viewed Home Page", "Viewed a Screen"]


def test_identify_keeps_both_keys_and_its_traits() -> None:
    columns, _ = decode_segment([segment(1, identify("m", "ann", "x", traits={"plan": "pro"}))], "UTC")
    assert (columns.user.texts(), columns.anonymous.texts()) == (["u:ann"], ["a:x"])
    assert (columns.kind.tolist(), list(columns.payload)) == ([MessageKind.IDENTIFY], [b'{"plan":"pro"}'])


def test_a_group_call_names_the_account_outside_the_context() -> None:
    columns, _ = decode_segment([segment(1, group("m", "acme", userId="ann"))], "UTC")
    assert columns.account.texts() == ["acme"]


def test_an_alias_call_keeps_its_previous_id() -> None:
    alias = {"type": "alias", "messageId": "m", "userId": "ann", "previousId": "x"}
    columns, _ = decode_segment([segment(1, track("n", userId="u"), alias)], "UTC")
    assert dict(columns.previous) == {1: "x"}


def test_a_sender_whose_clock_is_an_hour_slow_is_put_right() -> None:
    early = track("m", userId="u", timestamp="2026-11-22T10:30:00Z")
    body = body_of(early, sent_at="2026-11-22T11:00:00.000Z")
    columns, _ = decode_segment([Record(1, NOON, 1, Codec.SEGMENT, body)], "UTC")
    assert columns.at.tolist() == [NOON - HOUR // 2]


def test_a_moment_in_the_future_becomes_the_moment_of_receipt() -> None:
    columns, _ = decode_segment([segment(1, track("m", userId="u", timestamp="2030-01-01T00:00:00Z"))], "UTC")
    assert columns.at.tolist() == [NOON]


def test_an_event_just_before_midnight_belongs_to_the_workspaces_day() -> None:
    late = track("m", userId="u", timestamp="2026-11-22T03:00:00Z")
    days = [decode_segment([segment(1, late)], zone)[0].day[0] for zone in ("UTC", "America/New_York")]
    assert days[0] - days[1] == 1


def test_a_message_without_an_id_gets_the_same_one_on_every_replay() -> None:
    bare = {"type": "track", "userId": "u", "event": "e"}
    hashes = [decode_segment([segment(5, bare, bare)], "UTC")[0].message_hash.tolist() for _ in range(2)]
    assert hashes[0] == hashes[1]
    assert len(set(hashes[0])) == 2


@pytest.mark.parametrize("body", [b"{", b"\xff\xfe", b'{"batch": 4}', b'{"batch":[{"type":7}]}', b""])
def test_a_body_that_cannot_be_read_goes_aside_and_the_others_are_read(body: bytes) -> None:
    poison = Record(2, NOON, 1, Codec.SEGMENT, body)
    columns, bad = decode_segment(
        [segment(1, track("a", userId="u")), poison, segment(3, track("b", userId="u"))], "UTC"
    )
    assert columns.position.tolist() == [1, 3]
    assert [(b.position, b.reason_code) for b in bad] == [(2, "undecodable")]


def test_a_nul_character_which_postgresql_refuses_is_replaced() -> None:
    columns, _ = decode_segment([segment(1, track("m", "a\x00b", userId="u\x00", account="x\x00"))], "UTC")
    assert "\x00" not in "".join([*columns.user.values, *columns.account.values, *columns.name.values])


def test_our_own_decisions_and_rejected_items_are_read() -> None:
    said, _ = decode_control([control(3, "account.merged", "old", "new")])
    assert (said[0][1].subject, said[0][1].into) == ("old", "new")
    item = b'{"reason_code":"c","reason":"r","source":"track","item":"{"}'
    turned_away, _ = decode_rejected([Record(4, NOON, 1, Codec.REJECTED, item)])
    assert turned_away[0][1].reason_code == "c"


@settings(max_examples=150, deadline=None)
@given(
    st.datetimes(datetime(1971, 1, 1), datetime(2100, 1, 1)),
    st.integers(-14 * 60, 14 * 60),
    st.sampled_from(["Z", "offset", "none"]),
)
def test_every_way_to_write_a_moment_gives_the_same_moment(naive: datetime, minutes: int, way: str) -> None:
    aware = naive.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    utc = aware.astimezone(UTC)
    texts = {
        "Z": utc.isoformat().replace("+00:00", "Z"),
        "offset": aware.isoformat(),
        "none": utc.replace(tzinfo=None).isoformat(),
    }
    assert micros_of_texts([texts[way], None]).tolist() == [micros_of(utc), NEVER]


def test_imported_events_become_the_same_columns() -> None:
    rows = [
        {"event": "Report Run", "at": datetime(2026, 11, 1, tzinfo=UTC), "account_id": "acme", "user_id": "ann"},
        {"event": "Report Run", "at": datetime(2026, 11, 2, tzinfo=UTC), "account_id": "acme", "weight": 3.0},
        {"event": "Export", "at": datetime(2027, 11, 2, tzinfo=UTC), "user_id": "", "account_id": "b", "value": 9.5},
    ]
    bodies, bad = read_arrow([arrow(4, ImportKind.EVENTS, rows)])
    columns = events_of(bodies, "UTC")
    assert columns.user.texts() == ["u:ann", None, None]
    assert columns.user.codes.tolist()[1:] == [MISSING, MISSING]
    assert (columns.account.texts(), columns.name.texts()) == (
        ["acme", "acme", "b"],
        ["Report Run", "Report Run", "Export"],
    )
    assert (columns.weight.tolist(), columns.at.tolist()[2]) == ([1.0, 3.0, 1.0], NOON)
    np.testing.assert_array_equal(columns.value, [np.nan, np.nan, 9.5])
    assert (list(columns.message_id), bad) == (["4:0", "4:1", "4:2"], [])


def test_an_import_body_that_is_none_goes_aside() -> None:
    _, bad = read_arrow([Record(1, NOON, 1, Codec.ARROW, b"not arrow")])
    assert [b.reason_code for b in bad] == ["undecodable"]


def test_rows_of_other_kinds_keep_only_what_was_given() -> None:
    bodies, _ = read_arrow([arrow(1, ImportKind.ACCOUNTS, [{"account_id": "acme", "seats": 4.0, "traits": '{"a":1}'}])])
    rows = rows_of(bodies[0])
    assert dict(rows.columns) == {"account_id": ["acme"], "seats": [4.0]}
    assert rows.traits == ['{"a":1}']
