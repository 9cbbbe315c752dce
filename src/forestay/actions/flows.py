"""Who may go next: what waits, by flow, and an even deal of the room there is.

Reads : effects, requests (the first row of each flow, through an index: the length of a queue costs nothing)
Gives : Flow, effect_flows(), request_flows(), next_effect(), next_request(), deal()
Source: Shreedhar and Varghese, 'Efficient Fair Queuing Using Deficit Round Robin' (1996); effects are of one size, so
        the deficit is at most one turn, which rotating the start pays back.

A flow is (workspace, channel, journey); what no journey asked for is journey 0 of its workspace. Room is dealt first
to workspaces and then, within one, to its journeys: a journey with a hundred thousand messages delays another's ten by
a round, and a workspace with a hundred journeys gets no more than its neighbour with one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, TypeVar

from sqlalchemy import Connection, text

T = TypeVar("T")


class Flow(NamedTuple):
    """One queue. channel: '' for requests, which have none yet."""

    workspace_id: int
    channel: str
    journey_id: int


_EFFECT_FLOWS = """
WITH RECURSIVE flows AS (
  (SELECT workspace_id, channel, COALESCE(journey_id, 0) AS journey FROM effects WHERE status = 'pending'
   ORDER BY workspace_id, channel, COALESCE(journey_id, 0) LIMIT 1)
  UNION ALL
  SELECT n.workspace_id, n.channel, n.journey FROM flows AS f CROSS JOIN LATERAL (
    SELECT e.workspace_id, e.channel, COALESCE(e.journey_id, 0) AS journey FROM effects AS e
    WHERE e.status = 'pending'
      AND (e.workspace_id, e.channel, COALESCE(e.journey_id, 0)) > (f.workspace_id, f.channel, f.journey)
    ORDER BY e.workspace_id, e.channel, COALESCE(e.journey_id, 0) LIMIT 1) AS n
)"""

_NOT_PAUSED = "NOT EXISTS (SELECT FROM journeys AS j WHERE j.id = f.journey AND j.status = 'paused')"
"""What a paused journey asked for stays where it is, and costs nothing."""
_DUE_EFFECTS = text(f"""{_EFFECT_FLOWS}
SELECT f.workspace_id, f.channel, f.journey FROM flows AS f WHERE {_NOT_PAUSED} AND EXISTS (
  SELECT FROM effects AS e
  WHERE e.workspace_id = f.workspace_id AND e.channel = f.channel AND COALESCE(e.journey_id, 0) = f.journey
    AND e.status = 'pending' AND e.due_at <= :now AND (e.leased_until IS NULL OR e.leased_until < :now))""")  # noqa: S608 - our own constants

_NEXT_EFFECT = text(f"""{_EFFECT_FLOWS}
SELECT min(GREATEST(n.due_at, COALESCE(n.leased_until, n.due_at))) FROM flows AS f CROSS JOIN LATERAL (
  SELECT e.due_at, e.leased_until FROM effects AS e
  WHERE e.workspace_id = f.workspace_id AND e.channel = f.channel AND COALESCE(e.journey_id, 0) = f.journey
    AND e.status = 'pending' ORDER BY e.due_at LIMIT 100) AS n
WHERE {_NOT_PAUSED}""")  # noqa: S608 - our own constants

_REQUEST_FLOWS = """
WITH RECURSIVE flows AS (
  (SELECT workspace_id, COALESCE(journey_id, 0) AS journey FROM requests WHERE drained_at IS NULL
   ORDER BY workspace_id, COALESCE(journey_id, 0) LIMIT 1)
  UNION ALL
  SELECT n.workspace_id, n.journey FROM flows AS f CROSS JOIN LATERAL (
    SELECT r.workspace_id, COALESCE(r.journey_id, 0) AS journey FROM requests AS r
    WHERE r.drained_at IS NULL AND (r.workspace_id, COALESCE(r.journey_id, 0)) > (f.workspace_id, f.journey)
    ORDER BY r.workspace_id, COALESCE(r.journey_id, 0) LIMIT 1) AS n
), heads AS (
  SELECT f.workspace_id, f.journey, h.at FROM flows AS f CROSS JOIN LATERAL (
    SELECT COALESCE(r.not_before, '-infinity'::timestamptz) AS at FROM requests AS r
    WHERE r.workspace_id = f.workspace_id AND COALESCE(r.journey_id, 0) = f.journey AND r.drained_at IS NULL
    ORDER BY COALESCE(r.not_before, '-infinity'::timestamptz), r.id LIMIT 1) AS h
)"""

_DUE_REQUESTS = text(f"{_REQUEST_FLOWS} SELECT workspace_id, '', journey FROM heads WHERE at <= :now")  # noqa: S608 - our own constants
_NEXT_REQUEST = text(f"{_REQUEST_FLOWS} SELECT min(GREATEST(at, '2000-01-01'::timestamptz)) FROM heads")  # noqa: S608 - our own constants


def effect_flows(connection: Connection, now: datetime) -> Sequence[Flow]:
    """Flows with an effect that is due and free."""
    return [Flow(*row) for row in connection.execute(_DUE_EFFECTS, {"now": now})]


def request_flows(connection: Connection, now: datetime) -> Sequence[Flow]:
    """Flows with a request that may be drained."""
    return [Flow(*row) for row in connection.execute(_DUE_REQUESTS, {"now": now})]


def next_effect(connection: Connection) -> datetime | None:
    """When the earliest pending effect is due or its lease ends; None when nothing is pending."""
    earliest: datetime | None = connection.scalar(_NEXT_EFFECT)
    return earliest


def next_request(connection: Connection) -> datetime | None:
    """When the earliest undrained request may be drained (long ago: at once); None when none waits."""
    earliest: datetime | None = connection.scalar(_NEXT_REQUEST)
    return earliest


def deal(flows: Sequence[Flow], rooms: Mapping[str, int], turn: int = 0) -> Mapping[Flow, int]:
    """How many of each flow may go: the room of its channel, dealt one by one to workspaces in turn and within each to
    its journeys in turn. turn: the round's number, so that who is dealt first changes.

    >>> a, b, c = Flow(1, "email", 7), Flow(1, "email", 8), Flow(2, "email", 9)
    >>> sorted(deal([a, b, c], {"email": 8}).values())
    [2, 2, 4]
    """
    channels: defaultdict[str, defaultdict[int, list[Flow]]] = defaultdict(lambda: defaultdict(list))
    for flow in flows:
        channels[flow.channel][flow.workspace_id].append(flow)
    dealt: dict[Flow, int] = {}
    for channel, workspaces in channels.items():
        for workspace_id, room in _even(sorted(workspaces), rooms.get(channel, 0), turn).items():
            dealt |= _even(sorted(workspaces[workspace_id]), room, turn)
    return {flow: room for flow, room in dealt.items() if room > 0}


def _even(takers: Sequence[T], room: int, turn: int) -> Mapping[T, int]:
    each, left = divmod(max(room, 0), len(takers))
    first = turn % len(takers)
    return {taker: each + ((place - first) % len(takers) < left) for place, taker in enumerate(takers)}
