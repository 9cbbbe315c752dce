"""What could not be accepted is kept, can be mended and replayed, and is never counted twice."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from forestay.kit.clock import micros_of
from forestay.kit.errors import NotFound
from forestay.sources import quarantine
from forestay.sources.columns import BadBody
from forestay.sources.quarantine import AlreadySettled, QuarantineStatus, StillBad
from forestay.sources.quarantine_replay import body_to_replay
from tests.conftest import StoreUnderTest

CAME = datetime(2026, 11, 20, 12, tzinfo=UTC)
NOW = CAME + timedelta(days=2)
BAD = {"type": "track", "userId": "ada", "timestamp": "2026-11-20T11:00:00Z"}


def _rejection(
    workspace_id: int, position: int = 1, item: Any = BAD, source: str = "/v1/batch"
) -> quarantine.Rejection:
    said = ("event_missing", "a track call needs its event")
    return quarantine.Rejection(workspace_id, position, 0, micros_of(CAME), source, *said, json.dumps(item))


def _keep(store: StoreUnderTest, *rejections: quarantine.Rejection) -> None:
    with store.worker.begin_worker() as conn:
        quarantine.write(conn, rejections)


def _ids(
    store: StoreUnderTest, workspace: int, status: QuarantineStatus | None = QuarantineStatus.WAITING
) -> list[int]:
    with store.api.begin(workspace) as conn:
        return [one.id for one in quarantine.listing(conn, workspace, status=status)]


def test_a_rejected_item_can_be_read_with_its_reason(store: StoreUnderTest, workspace: int) -> None:
    _keep(store, _rejection(workspace))

    with store.api.begin(workspace) as conn:
        (one,) = quarantine.listing(conn, workspace)
        assert quarantine.get(conn, workspace, one.id) == one
    assert (one.received_at, one.source, one.reason_code, json.loads(one.item)) == (
        CAME,
        "/v1/batch",
        "event_missing",
        BAD,
    )


def test_a_tick_that_is_done_again_keeps_nothing_twice(store: StoreUnderTest, workspace: int) -> None:
    _keep(store, _rejection(workspace, 1), _rejection(workspace, 2))
    _keep(store, _rejection(workspace, 1), _rejection(workspace, 2), _rejection(workspace, 3))

    assert len(_ids(store, workspace)) == 3


def test_a_body_with_a_nul_can_still_be_kept(store: StoreUnderTest, workspace: int) -> None:
    _keep(
        store, quarantine.rejection_of_body(BadBody(workspace, 9, micros_of(CAME), "undecodable", "no\x00", "a\x00b"))
    )

    with store.api.begin(workspace) as conn:
        (one,) = quarantine.listing(conn, workspace)
    assert (one.item, one.source) == ("a\\u0000b", "log")


def test_pages_follow_each_other_without_gap_or_overlap(store: StoreUnderTest, workspace: int) -> None:
    _keep(store, *(_rejection(workspace, position) for position in range(1, 8)))
    everything = _ids(store, workspace)

    with store.api.begin(workspace) as conn:
        first = quarantine.listing(conn, workspace, limit=3)
        second = quarantine.listing(conn, workspace, limit=10, before_id=first[-1].id)
    assert [one.id for one in [*first, *second]] == everything == sorted(everything, reverse=True)


def test_another_workspaces_items_are_not_there(store: StoreUnderTest, workspace: int, other_workspace: int) -> None:
    _keep(store, _rejection(workspace))
    (theirs,) = _ids(store, workspace)

    with store.api.begin(other_workspace) as conn:
        assert quarantine.listing(conn, other_workspace) == []
        for asks in (quarantine.get, lambda *who: quarantine.replay(*who[:2], [who[2]], NOW)):
            with pytest.raises(NotFound):
                asks(conn, other_workspace, theirs)


def test_a_mended_item_is_replayed_once(store: StoreUnderTest, workspace: int) -> None:
    _keep(store, _rejection(workspace, 5))
    (item,) = _ids(store, workspace)
    mended = json.dumps(BAD | {"event": "Report Opened"})

    with store.api.begin(workspace) as conn:
        (body,) = quarantine.replay(conn, workspace, [item], NOW, {item: mended})
    with store.api.begin(workspace) as conn, pytest.raises(AlreadySettled):
        quarantine.replay(conn, workspace, [item], NOW, {item: mended})

    (sent,) = json.loads(body)["batch"]
    assert sent == BAD | {"event": "Report Opened", "messageId": "quarantine.5.0.0"}
    assert (_ids(store, workspace), _ids(store, workspace, QuarantineStatus.REPLAYED)) == ([], [item])


def test_what_is_still_bad_stays_and_says_why(store: StoreUnderTest, workspace: int) -> None:
    _keep(store, _rejection(workspace, 1, BAD | {"event": "x"}), _rejection(workspace, 2))
    items = _ids(store, workspace)

    with store.api.begin(workspace) as conn, pytest.raises(StillBad, match=f"{items[0]}: a track call needs"):
        quarantine.replay(conn, workspace, items, NOW)
    assert _ids(store, workspace) == items


def test_a_discarded_item_is_settled_and_stays_readable(store: StoreUnderTest, workspace: int) -> None:
    _keep(store, _rejection(workspace))
    (item,) = _ids(store, workspace)

    with store.api.begin(workspace) as conn:
        quarantine.discard(conn, workspace, [item], NOW)
        one = quarantine.get(conn, workspace, item)
        with pytest.raises(AlreadySettled):
            quarantine.discard(conn, workspace, [item], NOW)
    assert (one.status, one.settled_at) == (QuarantineStatus.DISCARDED, NOW)


def _times(text: Any, source: str = "/v1/batch") -> list[str]:
    body = body_to_replay(text if isinstance(text, str) else json.dumps(text), source, CAME, "q")
    return [item["timestamp"] for item in json.loads(body)["batch"]]


TRACK = {"type": "track", "userId": "ada", "event": "x", "messageId": "m"}


def test_an_event_without_a_time_happened_when_it_was_first_received() -> None:
    assert _times(TRACK) == ["2026-11-20T12:00:00Z"]


def test_the_senders_clock_is_set_right_as_of_the_day_it_sent() -> None:
    slow = TRACK | {"timestamp": "2026-11-20T10:00:00Z", "sentAt": "2026-11-20T11:30:00Z"}
    fast = {"batch": [TRACK | {"timestamp": "2026-11-20T13:00:00Z"}], "sentAt": "2026-11-20T14:00:00Z"}

    assert _times(slow) + _times(fast) == ["2026-11-20T10:30:00Z", "2026-11-20T11:00:00Z"]
    assert "sentAt" not in body_to_replay(json.dumps(slow), "/v1/batch", CAME, "q").decode()


def test_a_single_call_is_replayed_with_its_routes_type() -> None:
    body = body_to_replay('{"userId": "ada", "groupId": "acme"}', "/v1/group", CAME, "q")

    (item,) = json.loads(body)["batch"]
    assert (item["type"], item["messageId"]) == ("group", "q.0")


@pytest.mark.parametrize(
    "text", ["", "{", "5", '{"batch": []}', '{"batch": [5]}', "\\u0000", '{"userId": "ada"}', "x" * 6_000_000]
)
@pytest.mark.parametrize("source", ["/v1/batch", "/v1/track", "log"])
def test_what_makes_no_event_is_refused(text: str, source: str) -> None:
    with pytest.raises(StillBad):
        body_to_replay(text, source, CAME, "q")
