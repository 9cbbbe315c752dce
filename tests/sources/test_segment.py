"""What the tracking protocol demands of a body, and the body that goes into the log."""

import json
from contextlib import suppress
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forestay.events.wire import Batch, Rejected
from forestay.sources.segment import Call, Examined, Malformed, examine
from forestay.sources.segment_depth import MOST_DEPTH

TRACK = {"type": "track", "messageId": "m-1", "userId": "ada", "event": "Report Opened"}


def _batch(*items: Any, **more: Any) -> bytes:
    return json.dumps({"batch": items, **more}).encode()


def _examine(*items: Any, **more: Any) -> Examined:
    return examine(_batch(*items, **more), Call.BATCH, lambda place: f"new-{place}")


def _only(body: bytes) -> dict[str, Any]:
    (item,) = json.loads(body)["batch"]
    return item


def test_a_faultless_batch_goes_into_the_log_as_it_came() -> None:
    body = b'{ "batch": [ ' + json.dumps(TRACK).encode() + b' ], "sentAt": "2026-11-22T04:13:00.123Z" }'

    assert examine(body, Call.BATCH) == Examined(body, 1, [])


def test_an_empty_batch_is_accepted_and_holds_nothing() -> None:
    assert examine(b'{"batch":[]}', Call.BATCH).accepted == 0


@pytest.mark.parametrize(
    ("item", "code"),
    [
        ({"userId": "ada", "event": "x"}, "type_missing"),
        ({"type": "track", "event": "x"}, "id_missing"),
        ({"type": "track", "userId": "", "anonymousId": None, "event": "x"}, "id_missing"),
        ({"type": "track", "userId": "ada"}, "event_missing"),
        ({"type": "track", "userId": "ada", "event": ""}, "event_missing"),
        ({"type": "identify", "traits": {"plan": "pro"}}, "id_missing"),
        ({"type": "group", "userId": "ada"}, "group_id_missing"),
        ({"type": "group", "groupId": "acme"}, "id_missing"),
        ({"type": "alias", "userId": "ada"}, "previous_id_missing"),
        ({"type": "alias", "previousId": "x", "anonymousId": "y"}, "user_id_missing"),
        ({"type": "page"}, "id_missing"),
        ({"type": "screen"}, "id_missing"),
        ({"type": "poke", "userId": "ada"}, "invalid_field"),
        (TRACK | {"event": 5}, "invalid_field"),
        (TRACK | {"userId": 1.5}, "invalid_field"),
        (TRACK | {"userId": {"id": 1}}, "invalid_field"),
        (TRACK | {"userId": 2**70}, "invalid_field"),
        (TRACK | {"userId": "x" * 256}, "invalid_field"),
        (TRACK | {"event": "x" * 513}, "invalid_field"),
        (TRACK | {"messageId": 7}, "invalid_field"),
        (TRACK | {"properties": [1]}, "invalid_field"),
        (TRACK | {"properties": "x"}, "invalid_field"),
        ({"type": "identify", "userId": "ada", "traits": []}, "invalid_field"),
        (TRACK | {"context": "web"}, "invalid_field"),
        (TRACK | {"timestamp": "yesterday"}, "time_unreadable"),
        (TRACK | {"timestamp": 1763784780}, "time_unreadable"),
        (TRACK | {"timestamp": "0001-01-01T00:00:00+14:00"}, "time_out_of_range"),
        (TRACK | {"originalTimestamp": "9999-01-01T00:00:00Z"}, "time_out_of_range"),
        (TRACK | {"properties": {"note": "a\x00b"}}, "nul_in_text"),
        (TRACK | {"properties": {"text": "x" * 33_000}}, "item_too_large"),
        ("track", "not_an_object"),
        (None, "not_an_object"),
    ],
)
def test_a_bad_item_is_kept_with_its_reason_and_does_not_hold_up_its_neighbours(item: Any, code: str) -> None:
    examined = _examine(TRACK, item, TRACK | {"messageId": "m-2"})

    (rejected,) = examined.rejected
    assert (rejected.reason_code, rejected.source, json.loads(rejected.item)) == (code, "/v1/batch", item)
    assert [one["messageId"] for one in json.loads(examined.body)["batch"]] == ["m-1", "m-2"]
    assert examined.accepted == 2


@pytest.mark.parametrize(
    "item",
    [
        {"type": "track", "anonymousId": "a-1", "event": "x"},
        {"type": "track", "userId": 0, "event": "x"},
        {"type": "identify", "userId": "ada", "traits": None},
        {"type": "group", "userId": "ada", "groupId": 17},
        {"type": "alias", "userId": "ada", "previousId": "a-1"},
        {"type": "page", "anonymousId": "a-1"},
        {"type": "screen", "userId": "ada", "name": "Home"},
        {"type": "track", "userId": "ada", "event": "x", "properties": {"text": "\\u0000 is only written here"}},
    ],
)
def test_every_call_is_accepted_with_the_ids_it_needs(item: dict[str, Any]) -> None:
    examined = _examine(item | {"messageId": "m"})

    assert (examined.accepted, examined.rejected) == (1, [])


@pytest.mark.parametrize("given_id", [{}, {"messageId": None}, {"messageId": ""}])
def test_an_item_without_message_id_gets_one_before_the_log(given_id: dict[str, Any]) -> None:
    item = {
        "type": "track",
        "userId": "ada",
        "event": "x",
        "properties": {"n": [1, 2.50, "ü"]},
        "extra": {"kept": True},
    }

    assert _only(_examine(item | given_id).body) == item | {"messageId": "new-0"}


def test_new_message_ids_differ() -> None:
    item = {"type": "track", "userId": "ada", "event": "x"}
    body = examine(_batch(item, item), Call.BATCH).body

    assert len({one["messageId"] for one in json.loads(body)["batch"]}) == 2


@pytest.mark.parametrize("call", [Call.TRACK, Call.IDENTIFY, Call.GROUP, Call.PAGE, Call.SCREEN, Call.ALIAS])
def test_a_single_call_becomes_a_batch_of_one_with_its_routes_type(call: Call) -> None:
    item = {"type": "nonsense", "userId": "ada", "event": "x", "groupId": "acme", "previousId": "a", "messageId": "m"}

    examined = examine(json.dumps(item).encode(), call)

    assert _only(examined.body) == item | {"type": call.value}


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("2026-11-22T04:13:00.123Z", "2026-11-22T04:13:00.123Z"),
        ("2026-11-22T04:13:00+05:30", "2026-11-22T04:13:00+05:30"),
        ("2026-11-22T04:13:00", "2026-11-22T04:13:00Z"),
        ("2026-11-22", "2026-11-22T00:00:00Z"),
        ("20261122T041300Z", "2026-11-22T04:13:00Z"),
        ("2026-11-22T04:13Z", "2026-11-22T04:13:00Z"),
        (None, None),
    ],
)
def test_times_in_the_log_are_rfc_3339_and_a_missing_zone_is_utc(written: str | None, kept: str | None) -> None:
    assert _only(_examine(TRACK | {"timestamp": written}).body)["timestamp"] == kept


def test_the_moment_of_sending_is_kept_when_a_body_is_written_anew() -> None:
    assert json.loads(_examine(TRACK, 5, sentAt="2026-11-22 04:13:00").body)["sentAt"] == "2026-11-22T04:13:00Z"


def test_the_context_of_a_batch_counts_for_the_items_that_have_none_of_their_own() -> None:
    own = TRACK | {"context": {"groupId": "globex", "ip": "192.0.2.1"}}
    other = TRACK | {"context": {"ip": "192.0.2.1"}}
    body = _examine(TRACK, own, other, context={"groupId": "acme", "app": {}}).body

    assert [one["context"]["groupId"] for one in json.loads(body)["batch"]] == ["acme", "globex", "acme"]


def test_traits_that_stand_in_the_context_of_an_identify_call_are_its_traits() -> None:
    identify = {"type": "identify", "userId": "ada", "messageId": "m", "context": {"traits": {"plan": "pro"}}}
    own = identify | {"traits": {"plan": "free"}}

    assert [_only(_examine(item).body)["traits"] for item in (identify, own)] == [{"plan": "pro"}, {"plan": "free"}]
    assert "traits" not in _only(_examine(TRACK | {"context": {"traits": {"plan": "pro"}}}).body)


def test_not_a_number_from_a_python_client_is_an_unknown_value() -> None:
    body = _batch(TRACK | {"properties": {"ratio": float("nan"), "rate": float("inf"), "n": 1}})

    assert _only(examine(body, Call.BATCH).body)["properties"] == {"ratio": None, "rate": None, "n": 1}


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        (r"cut \ud83d", "cut \ufffd"),
        (r"cut \ude00 off", "cut \ufffd off"),
        (r"\ud83d\ude00", "\U0001f600"),
        (r"\ud83d \ud83d\ude00", "\ufffd \U0001f600"),
        (r"\\ud83d \ud83d", r"\ud83d " + "\ufffd"),
    ],
)
def test_half_an_emoji_from_a_browser_does_not_cost_the_batch(written: str, kept: str) -> None:
    body = _batch(TRACK | {"properties": {"text": "HERE"}}).replace(b"HERE", written.encode())

    assert _only(examine(body, Call.BATCH).body)["properties"] == {"text": kept}


def test_a_byte_order_mark_is_no_reason_to_refuse() -> None:
    assert examine(b"\xef\xbb\xbf" + _batch(TRACK), Call.BATCH).accepted == 1


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "malformed"),
        (b"{", "malformed"),
        (b"nonsense", "malformed"),
        (b"[]", "malformed"),
        (b"{}", "malformed"),
        (b'{"batch":{}}', "malformed"),
        (b'{"batch":[]} x', "malformed"),
        (b'{"batch":[1],"sentAt":"yesterday"}', "malformed"),
        (b'{"batch":[{"type":"track","userId":"\xff","event":"x"}]}', "invalid_utf8"),
        (b'{"batch":[{"properties":{"a":' + b"[" * 5_000 + b"]" * 5_000 + b"}}]}", "too_deep"),
        (b'{"batch":' + b"[" * 200_000, "too_deep"),
    ],
)
def test_a_body_that_cannot_be_read_is_refused_whole(body: bytes, code: str) -> None:
    with pytest.raises(Malformed) as refusal:
        examine(body, Call.BATCH)
    assert (refusal.value.code, refusal.value.http_status) == (code, 400)


@pytest.mark.parametrize("body", [b"", b"[]", b"5", b"{", b'"x"'])
def test_so_is_a_single_call(body: bytes) -> None:
    with pytest.raises(Malformed):
        examine(body, Call.TRACK)


def nested(levels: int) -> bytes:
    return _batch(TRACK).replace(b'"ada"', b'"ada","context":{"a":' + b"[" * levels + b"]" * levels + b"}")


def test_nesting_has_one_limit_whatever_the_stack_still_bears() -> None:
    around = 4  # the body, its batch, the item, the context
    assert examine(nested(MOST_DEPTH - around), Call.BATCH).accepted == 1
    with pytest.raises(Malformed, match="deep"):
        examine(nested(MOST_DEPTH - around + 1), Call.BATCH)

    def deeper(frames: int) -> Batch:
        return msgspec.json.decode(nested(MOST_DEPTH), type=Batch) if frames == 0 else deeper(frames - 1)

    assert len(deeper(400).batch) == 1


def test_brackets_in_texts_are_no_nesting() -> None:
    text = b'"' + b'[{\\"' * 5_000 + b'"'
    assert examine(_batch(TRACK).replace(b'"ada"', b'"ada","context":{"a":' + text + b"}"), Call.BATCH).accepted == 1


def test_a_body_full_of_nonsense_cannot_flood_the_quarantine() -> None:
    examined = examine(_batch(*range(1_000)), Call.IMPORT)

    assert len(examined.rejected) == 101
    assert json.loads(examined.rejected[-1].item)["batch"] == list(range(100, 1_000))


_ID = st.one_of(st.none(), st.text(max_size=5), st.integers(), st.floats(), st.booleans())
_JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.floats(), st.text(max_size=8), st.integers()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
    max_leaves=6,
)
_ITEM = st.one_of(
    _JSON,
    st.fixed_dictionaries(
        {},
        optional={
            "type": st.sampled_from(["track", "identify", "group", "page", "screen", "alias", "poke"]),
            "messageId": _ID,
            "userId": _ID,
            "anonymousId": _ID,
            "previousId": _ID,
            "groupId": _ID,
            "event": _ID,
            "timestamp": st.one_of(
                st.none(), st.text(max_size=9), st.datetimes().map(str), st.just("2026-11-22T01:02:03Z")
            ),
            "properties": _JSON,
            "traits": _JSON,
            "context": _JSON,
        },
    ),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(_ITEM, max_size=5))
def test_every_item_is_either_readable_in_the_log_or_kept_with_its_reason(items: list[Any]) -> None:
    examined = _examine(*items)

    read = msgspec.json.decode(examined.body or b'{"batch":[]}', type=Batch).batch
    assert len(read) == examined.accepted
    assert examined.accepted + len(examined.rejected) == len(items)
    assert all(message.messageId and message.type for message in read)
    assert all(isinstance(one, Rejected) and one.reason for one in examined.rejected)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=60), st.sampled_from(Call))
def test_any_bytes_are_examined_or_refused_and_never_break_collection(body: bytes, call: Call) -> None:
    with suppress(Malformed):
        assert examine(body, call).accepted == 0
