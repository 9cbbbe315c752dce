"""Steps 1-3 of the tick for one workspace: bodies into memory.

Reads : records of the log, in order
Gives : take_in() -> Intake: what was touched, what the store and the lake must learn
Source: DESIGN section 4; docs/architecture.md 'From event to signal'

Bodies of like kind that stand side by side are taken together; the answer is that of taking them one by one.
Used alike by the live tick and by the silent replay, so that both come to the same memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby

import numpy as np

from forestay.app.decoded import NOTHING_READY, DecodedImports, Ready, decoded_runs
from forestay.app.feeds import FEED_OF_KIND
from forestay.app.shard import WorkspaceMemory
from forestay.customers.kinds import ImportKind
from forestay.customers.words import Feed
from forestay.events.catalogue import ControlKind
from forestay.events.log import Codec, Record
from forestay.events.wire import Control, Rejected
from forestay.kit.clock import DAY_MICROS, date_of, day_of, moment_of
from forestay.measures.ring import Ints
from forestay.signals.states import ON, StateColumns
from forestay.sources.columns import FIRST_CALL, BadBody, EventColumns, Int32s, Mask
from forestay.sources.decode import decode_control, decode_rejected, decode_segment, unreadable
from forestay.sources.decode_arrow import ArrowBody, rows_of
from forestay.sources.identity import NOBODY, Adopted, Joined, Merged
from forestay.sources.orphans import Waiting
from forestay.sources.resolution import Resolved, resolve
from forestay.sources.rows import Row
from forestay.sources.subjects import rows_of_calls, rows_of_import

ACCEPTED, DUPLICATE, LATE, QUARANTINED = "events.accepted", "events.duplicate", "events.late", "quarantined"


@dataclass(frozen=True, slots=True)
class Kept:
    """Messages that count, with whom they are about."""

    columns: EventColumns
    resolved: Resolved


@dataclass(frozen=True, slots=True)
class Moved:
    """A join, merge or adoption, with the position of the record that brought it."""

    position: int
    step: Joined | Merged
    part: int


@dataclass(frozen=True, slots=True)
class AdoptedCounts:
    """What waited for users and found its account. accounts: account rows, row for row with waiting."""

    position: int
    waiting: Waiting
    accounts: Ints


@dataclass(slots=True)
class Intake:
    """What some bodies came to. touched: account rows; imported: those that imports spoke of; live: those that anything
    else did; counts: by name of daily_counts."""

    kept: list[Kept] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    moved: list[Moved] = field(default_factory=list)
    adopted: list[AdoptedCounts] = field(default_factory=list)
    bad: list[BadBody] = field(default_factory=list)
    rejected: list[tuple[Record, Rejected]] = field(default_factory=list)
    touched: set[int] = field(default_factory=set)
    imported: set[int] = field(default_factory=set)
    live: set[int] = field(default_factory=set)
    beats: set[Feed] = field(default_factory=set)
    counts: dict[str, int] = field(default_factory=dict)
    last_position: int = 0

    def count(self, name: str, number: int) -> None:
        """Add to one of the day's counts."""
        if number:
            self.counts[name] = self.counts.get(name, 0) + number


def take_in(space: WorkspaceMemory, records: Sequence[Record], ready: Ready = NOTHING_READY) -> Intake:
    """Bring bodies of one workspace, in the order of the log, into its memory. ready: imports decoded beforehand."""
    intake = Intake()
    if not records:
        return intake
    zone = space.configuration.zone
    space.roll_to(day_of(moment_of(max(record.received_at for record in records)), zone))
    for codec, run in _runs(records):
        before, intake.touched = intake.touched, set()
        if codec is Codec.SEGMENT:
            columns, bad = decode_segment(run, zone)
            intake.bad += bad
            _take_events(space, columns, intake, Feed.TELEMETRY)
        elif codec is Codec.ARROW:
            for decoded in decoded_runs(run, zone, ready):
                _take_imports(space, decoded, intake)
        elif codec is Codec.CONTROL:
            _take_decisions(space, run, intake)
        else:
            turned_away, bad = decode_rejected(run)
            intake.rejected += turned_away
            intake.bad += bad
        told = intake.imported if codec is Codec.ARROW else intake.live
        told |= intake.touched
        intake.touched |= before
    intake.last_position = records[-1].position
    intake.count(QUARANTINED, len(intake.bad) + len(intake.rejected))
    space.grow()
    return intake


def _runs(records: Sequence[Record]) -> Iterator[tuple[Codec, list[Record]]]:
    for codec, run in groupby(records, key=lambda record: record.codec):
        yield codec, list(run)


def _take_imports(space: WorkspaceMemory, decoded: DecodedImports, intake: Intake) -> None:
    intake.bad += decoded.bad
    for piece in decoded.pieces:
        if isinstance(piece, EventColumns):
            _take_events(space, piece, intake, Feed.TELEMETRY)
        else:
            _take_rows(space, piece, intake)


def _take_events(space: WorkspaceMemory, columns: EventColumns, intake: Intake, feed: Feed) -> None:
    if not len(columns):
        return
    fresh = _first_seen(space, columns)
    intake.count(DUPLICATE, int((~fresh).sum()))
    columns = columns.keep(fresh)
    if not len(columns):
        return
    resolved = resolve(columns, space.known)
    intake.count(ACCEPTED, len(columns))
    intake.kept.append(Kept(columns, resolved))
    if (columns.kind < FIRST_CALL).any() and space.feeds.beat(feed, int(columns.received[-1])):
        intake.beats.add(feed)
    _count(space, columns, resolved, intake)
    _follow_steps(space, intake)
    intake.rows += rows_of_calls(columns, resolved, space.known, space.last_words)


def _first_seen(space: WorkspaceMemory, columns: EventColumns) -> Mask:
    """By day of receipt, since copies are known for seven days of it."""
    days = columns.received // DAY_MICROS
    if days[0] == days[-1]:
        return space.hashes.first_seen(columns.message_hash, int(days[0]), forever=columns.is_import)
    fresh = np.zeros(len(columns), bool)
    for day in np.unique(days).tolist():
        here = days == day
        fresh[here] = space.hashes.first_seen(columns.message_hash[here], day, forever=columns.is_import)
    return fresh


def _count(space: WorkspaceMemory, columns: EventColumns, resolved: Resolved, intake: Intake) -> None:
    """Events into cube and users, or apart where there is no account yet."""
    product = columns.kind < FIRST_CALL
    if not product.any():
        return
    days = np.minimum(columns.day, space.today)
    weights = np.rint(columns.weight).astype(np.int64)
    has_account = product & (resolved.account != NOBODY)
    codes = _series_codes(space, columns)
    here = np.flatnonzero(has_account)
    rows, users = resolved.account[here], resolved.user[here]
    if len(here) < len(product):
        apart = np.flatnonzero(product & (resolved.account == NOBODY) & (resolved.user != NOBODY))
        space.orphans.add(
            resolved.user[apart], columns.name.values, columns.name.codes[apart], days[apart], weights[apart]
        )
    _add(space, codes[here], rows, users, days[here], weights[here], intake)
    at = columns.at[here]
    space.standing.grow(space.accounts)
    np.maximum.at(space.standing.event_at, rows, at)
    intake.touched.update(_each(rows, space.accounts))


def _each(rows: Int32s, accounts: int) -> list[int]:
    """The account rows that occur among many."""
    is_there = np.zeros(accounts, bool)
    is_there[rows] = True
    each: list[int] = np.flatnonzero(is_there).tolist()
    return each


def _series_codes(space: WorkspaceMemory, columns: EventColumns) -> Int32s:
    by_name = np.append(space.memory.book.codes(columns.name.values), np.int32(0))
    coded: Int32s = by_name[columns.name.codes]
    return coded


def _add(
    space: WorkspaceMemory,
    codes: Int32s,
    rows: Int32s,
    users: Ints,
    days: Int32s,
    weights: Ints,
    intake: Intake,
) -> None:
    if not len(rows):
        return
    only_ones = bool((weights == 1).all())
    expanded = space.memory.book.expand(codes, rows, days, None if only_ones else weights)
    late = space.memory.cube.add(expanded.rows, expanded.series, expanded.days, expanded.weights)
    intake.count(LATE, late)
    someone = (users != NOBODY) & (weights > 0)
    if someone.all():
        space.memory.users.touch(users, rows, days)
    else:
        space.memory.users.touch(users[someone], rows[someone], days[someone])


def _follow_steps(space: WorkspaceMemory, intake: Intake) -> None:
    """Joins, adoptions and merges, in the order in which they were decided."""
    adopting: dict[int, int] = {}
    adopted_at = 0
    for part, (position, step) in enumerate(space.known.take_steps()):
        if adopting and (position != adopted_at or not isinstance(step, Adopted)):
            _adopt(space, adopting, adopted_at, intake)
            adopting = {}
        if isinstance(step, Adopted):
            adopting[step.user], adopted_at = step.account, position
            continue
        intake.moved.append(Moved(position, step, part))
        if isinstance(step, Joined):
            space.orphans.join(step.gone, step.kept)
            _move_home(space, step)
            intake.touched.update(space.memory.users.move_user(step.gone, step.kept).tolist())
        else:
            _merge(space, step, intake)
    _adopt(space, adopting, adopted_at, intake)


def _move_home(space: WorkspaceMemory, joined: Joined) -> None:
    """An earlier anonymous number takes over a contact: what its facts count for goes along."""
    space.homes.grow_to(len(space.known.canonical))
    same_contact = space.known.contact_keys[joined.kept] == space.known.contact_keys[joined.gone]
    if same_contact and space.homes[joined.kept] == NOBODY:
        space.homes[joined.kept], space.homes[joined.gone] = space.homes[joined.gone], NOBODY


def _adopt(space: WorkspaceMemory, adopting: dict[int, int], position: int, intake: Intake) -> None:
    if not adopting:
        return
    waiting = space.orphans.take(list(adopting))
    if not len(waiting.users):
        return
    accounts = space.known.standing(np.array([adopting[user] for user in waiting.users.tolist()], np.int32))
    codes = space.memory.book.codes([name or "" for name in waiting.names])
    _add(space, codes, accounts, waiting.users, waiting.days, waiting.weights, intake)
    intake.adopted.append(AdoptedCounts(position, waiting, accounts.astype(np.int64)))
    intake.touched.update(accounts.tolist())


def _merge(space: WorkspaceMemory, step: Merged, intake: Intake) -> None:
    space.grow()
    space.memory.merge_account(step.gone, step.stays)
    standing = space.standing
    standing.event_at[step.stays] = max(standing.event_at[step.stays], standing.event_at[step.gone])
    standing.clear(step.gone)
    for key in space.states.keys:
        _merge_states(space.states.of(key, space.accounts), step)
    intake.touched.discard(step.gone)
    intake.touched.add(step.stays)


def _merge_states(columns: StateColumns, step: Merged) -> None:
    """An episode, and the open signal of it, goes over to the account that stays, unless that has its own."""
    gone, stays = step.gone, step.stays
    if columns.flags[gone] & ON and not columns.flags[stays] & ON:
        columns.since[stays] = columns.since[gone]
    columns.flags[stays] |= columns.flags[gone]
    columns.fired[stays] = max(columns.fired[stays], columns.fired[gone])
    columns.flags[gone] = columns.since[gone] = columns.fired[gone] = 0


def _take_rows(space: WorkspaceMemory, body: ArrowBody, intake: Intake) -> None:
    rows = rows_of_import(rows_of(body), space.known)
    intake.rows += rows
    intake.count(f"rows.{body.kind.value}", len(rows))
    intake.touched.update(row.account for row in rows if row.account != NOBODY)
    feed = FEED_OF_KIND.get(body.kind)
    if feed is not None and rows and space.feeds.beat(feed, body.record.received_at):
        intake.beats.add(feed)
    _follow_steps(space, intake)


def _take_decisions(space: WorkspaceMemory, records: Sequence[Record], intake: Intake) -> None:
    decisions, bad = decode_control(records)
    intake.bad += bad
    for record, decision in decisions:
        space.known.position = record.position
        refusal = _decide(space, record, decision, intake)
        if refusal:
            intake.bad.append(unreadable(record, "unknown_control", refusal))
        _follow_steps(space, intake)


def _decide(space: WorkspaceMemory, record: Record, decision: Control, intake: Intake) -> str:
    """Carry out one decision of ours; a sentence when it is none that we know."""
    if decision.kind == ControlKind.ACCOUNT_MERGED and decision.into:
        space.known.merge(decision.subject, decision.into)
    elif decision.kind == ControlKind.ACCOUNT_CHURNED:
        account = space.known.account_of(decision.subject)
        intake.rows.append(_churned_row(space, record, decision, account))
        intake.touched.add(account)
    elif decision.kind == ControlKind.FEED_CONNECTED and decision.subject in set(Feed):
        if space.feeds.beat(Feed(decision.subject), record.received_at):
            intake.beats.add(Feed(decision.subject))
    else:
        return f"'{decision.kind}' is no decision that this version knows"
    return ""


def _churned_row(space: WorkspaceMemory, record: Record, decision: Control, account: int) -> Row:
    told = datetime.fromisoformat(decision.at) if decision.at else moment_of(record.received_at)
    day = day_of(told if told.tzinfo else told.replace(tzinfo=UTC), space.configuration.zone)
    key = space.known.account_keys[account]
    row = Row(ImportKind.ACCOUNTS, key, {"churned_on": date_of(day)}, {}, record.received_at, record.position, 0)
    row.account = account
    return row
