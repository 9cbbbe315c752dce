"""Imported bodies, decoded: what needs no memory of the workspace, so that it can be done ahead of the tick.

Reads : records with Codec.ARROW of one workspace
Gives : DecodedImports, decode_imports(), Ready, NOTHING_READY, decoded_runs()
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from types import MappingProxyType

from forestay.customers.kinds import ImportKind
from forestay.events.log import Record
from forestay.sources.columns import BadBody, EventColumns
from forestay.sources.decode_arrow import ArrowBody, events_of, read_arrow


@dataclass(frozen=True, slots=True)
class DecodedImports:
    """Some bodies that stand side by side. size: how many they are; zone: in which days were told; pieces in the order
    of the log: columns of events, or one body of other rows."""

    size: int
    zone: str
    pieces: Sequence[EventColumns | ArrowBody]
    bad: Sequence[BadBody]


Ready = Mapping[int, DecodedImports]
"""By the log position of the first body."""

NOTHING_READY: Ready = MappingProxyType({})


def decode_imports(records: Sequence[Record], zone: str) -> DecodedImports:
    """Decode bodies of one workspace; a pure function of them."""
    bodies, bad = read_arrow(records)
    pieces: list[EventColumns | ArrowBody] = []
    for is_events, run in groupby(bodies, key=lambda body: body.kind is ImportKind.EVENTS):
        side_by_side = list(run)
        pieces += [events_of(side_by_side, zone)] if is_events else side_by_side
    return DecodedImports(len(records), zone, pieces, bad)


def decoded_runs(records: Sequence[Record], zone: str, ready: Ready) -> Iterator[DecodedImports]:
    """Bodies side by side, as far as possible out of what is ready; the rest is decoded now."""
    rest = list(records)
    while rest:
        decoded = ready.get(rest[0].position)
        if decoded is None or decoded.size > len(rest) or decoded.zone != zone:
            decoded = decode_imports(rest, zone)
        yield decoded
        rest = rest[decoded.size :]
