"""The inbox: entries, events, outcomes and ends of children, taken in and deleted in the transaction that acts on them.

Gives : Inbox, read_inbox(), delete_read(), wake_by_inbox()
Reads : journey_inbox, journey_tokens, journey_runs, identities
Tokens are locked in the order of their numbers and waited for, not skipped: whoever holds one lets it go soon, and
then we see it as that turn left it. A token that is paused, or that failed and is to be tried again with what woke it,
keeps what comes, for when it goes on.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from psycopg.types.json import Jsonb

from forestay.journeys.moves import Ints, Wake
from forestay.journeys.runtime.acting import let_stand
from forestay.journeys.runtime.book import Book
from forestay.journeys.runtime.entering import Arrival
from forestay.journeys.runtime.merging import Merge
from forestay.journeys.runtime.rows import Group, read_tokens
from forestay.journeys.runtime.sifting import Reach
from forestay.journeys.runtime.waking import Later
from forestay.journeys.runtime.wire import Driver, ask, longs
from forestay.journeys.steps.wait_for import WaitForSettings, fits
from forestay.journeys.words import TokenState
from forestay.kit.clock import micros_of

_TAKE = """
WITH taken AS MATERIALIZED (
  SELECT * FROM journey_inbox
  WHERE refused IS NULL AND workspace_id <> ALL(%s::bigint[]) AND (cardinality(%s::bigint[]) = 0 OR id = ANY(%s::bigint[]))
  ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED)
SELECT t.id, t.kind, t.workspace_id, t.journey_id, t.account_id, coalesce(t.contact_id, i.contact_id, 0), t.token_id, t.name,
       t.entry_key, t.at, nullif(t.body, '{}')
FROM taken AS t LEFT JOIN identities AS i ON i.workspace_id = t.workspace_id AND i.key = t.contact_key
ORDER BY t.id"""
_DONE = "DELETE FROM journey_inbox WHERE id = ANY($1)"
_WAITING_FOR_EVENTS = """
SELECT * FROM journey_tokens WHERE account_id = ANY($1) AND (state IN (2, 7) OR (state IN (0, 8) AND attempts > 0))
ORDER BY id FOR UPDATE"""
"""Those that another runner is about to make wait are asked for, too, so that they are seen as it left them."""
_THESE = "SELECT * FROM journey_tokens WHERE id = ANY($1) ORDER BY id FOR UPDATE"
_ANSWERED_IN = {"child": int(TokenState.CHILD), "outcome": int(TokenState.OUTCOME)}
_KEEP = """
UPDATE journey_tokens AS t SET wakes = jsonb_set(coalesce(t.wakes, '{}'), '{kept}',
  coalesce(t.wakes -> 'kept', '[]') || u.kept)
FROM unnest(%s::bigint[], %s::jsonb[]) AS u (id, kept)
WHERE t.id = u.id AND jsonb_array_length(coalesce(t.wakes -> 'kept', '[]')) < %s"""
MOST_KEPT = 20
"""What fits its wait is kept, and one of it ends the wait: a pause of weeks with a chatty event keeps no more."""


@dataclass(frozen=True, slots=True)
class EventRow:
    """An event of an account (and of a contact, 0 unknown)."""

    workspace_id: int
    account: int
    contact: int
    name: str
    at: int
    properties: dict[str, Any]


@dataclass(slots=True)
class Inbox:
    """Rows of one turn, locked. told: outcomes and ends of children by token, in order."""

    rows: list[int] = field(default_factory=list)
    arrivals: list[Arrival] = field(default_factory=list)
    events: list[EventRow] = field(default_factory=list)
    merges: list[Merge] = field(default_factory=list)
    told: dict[int, list[Wake]] = field(default_factory=lambda: defaultdict(list))


def read_inbox(driver: Driver, reach: Reach, away: Ints) -> Inbox:
    """Lock rows, the oldest first. away: workspaces that are not served here."""
    reach.seen.clear()  # a turn that met another begins anew
    inbox, only = Inbox(rows=reach.seen), list(reach.only)
    answer = driver.execute(_TAKE, (away.tolist(), only, only, reach.limit), binary=True)
    for row, kind, space, journey, account, contact, token, name, key, at, said in answer.fetchall():
        inbox.rows.append(row)
        body = {} if said is None else said
        if kind == "enter" and journey is not None:
            inbox.arrivals.append(
                Arrival(space, journey, account, contact, name or "manual", key, at, body, token or 0, row)
            )
        elif kind == "event":
            inbox.events.append(EventRow(space, account, contact, name, micros_of(at), body))
        elif kind in ("merge", "join"):
            inbox.merges.append(Merge(space, account, contact, kind == "join"))
        elif token is not None:
            inbox.told[token].append(Wake(kind, name, body, micros_of(at)))
    return inbox


def delete_read(driver: Driver, inbox: Inbox, held: Collection[int]) -> int:
    """Delete the rows but for those who would enter a journey on which an operator is at work: they are let in when
    that is done. Gives how many are gone."""
    left = {one.row for one in inbox.arrivals if one.journey_id in held}
    inbox.arrivals = [one for one in inbox.arrivals if one.row not in left]
    rows = np.array([row for row in inbox.rows if row not in left], np.int64)
    ask(driver, _DONE, longs(rows))
    return len(rows)


@dataclass(slots=True)
class Called:
    """Groups with what woke their tokens: `woken` filled in, and what follows by place."""

    group: Group
    later: Later


def wake_by_inbox(driver: Driver, book: Book, inbox: Inbox) -> Iterator[list[Called]]:
    """The tokens that the inbox concerns, locked, with their wakes: first those that events wake, then those that are
    told what they asked about. What others keep for later is written at once.

    What the first ones come to must be written before the others are asked for: both may be tokens of one run.
    """
    if inbox.events:
        wakes = _by_event(driver, book, inbox.events)
        accounts = np.array(sorted({event.account for event in inbox.events}))
        yield _called(driver, read_tokens(driver, _WAITING_FOR_EVENTS, longs(accounts), waits=True), wakes)
    if inbox.told:
        groups = read_tokens(driver, _THESE, longs(np.array(sorted(inbox.told))), waits=True)
        yield _called(driver, groups, lambda group, place: _concerning(group, place, inbox.told))


def _called(driver: Driver, groups: Sequence[Group], wakes_of: Callable[[Group, int], list[Wake]]) -> list[Called]:
    called, kept = [], []
    let_stand(driver, groups)
    for group in groups:
        later: Later = {}
        for place in np.flatnonzero(group.tokens.claimed).tolist():
            wakes = wakes_of(group, place)
            if wakes and (group.is_paused[place] or _keeps(group, place)):
                kept.append((int(group.tokens.token[place]), [_as_document(wake) for wake in wakes]))
                wakes = []
            group.tokens.claimed[place] = bool(wakes)
            if wakes:
                group.tokens.woken[place], *later[place] = wakes
        if group.tokens.claimed.any():
            called.append(Called(group, later))
    if kept:
        columns = [token for token, _ in kept], [Jsonb(wakes[:MOST_KEPT]) for _, wakes in kept]
        driver.execute(_KEEP, (*columns, MOST_KEPT))
    return called


def _keeps(group: Group, place: int) -> bool:
    """Whether it goes on with what was kept for it, now or when it is tried again."""
    return "kept" in (group.wakes[place] or {})


def _by_event(driver: Driver, book: Book, events: Sequence[EventRow]) -> Callable[[Group, int], list[Wake]]:
    """Those of an account's events that a waiting token looks for, since the moment from which it does."""
    by_account: dict[int, list[EventRow]] = defaultdict(list)
    for event in events:
        by_account[event.account].append(event)

    def wakes(group: Group, place: int) -> list[Wake]:
        tokens, runs, at = group.tokens, group.runs, int(group.tokens.at[place])
        is_waiting = tokens.state[place] == int(TokenState.EVENT) or _is_to_retry(group, place)
        compiled = book.version(driver, group.place)
        step = None if compiled is None or not is_waiting else compiled.steps.get(int(tokens.step[place]))
        if step is None or not isinstance(step.settings, WaitForSettings):
            return []  # one that is ARMING finds it when it looks back
        since = int(runs.entered_at[at] if step.settings.since == "entry" else tokens.heard[place])
        return [
            Wake("event", event.name, event.properties, event.at)
            for event in by_account[int(runs.account[at])]
            if event.at >= since
            and int(runs.contact[at]) in (0, event.contact)
            and fits(step.settings, runs.values[at], event.name, event.properties)
        ]

    return wakes


def _concerning(group: Group, place: int, told: dict[int, list[Wake]]) -> list[Wake]:
    """Outcomes of what it asked for where it stands now; what an earlier step asked for does not wake this one."""
    tokens = group.tokens
    state, is_to_retry = int(tokens.state[place]), _is_to_retry(group, place)
    run, step, passed = group.runs.run[tokens.at[place]], tokens.step[place], tokens.passed[place]
    mine = f"run:{run}:{step}:{passed}"
    return [
        wake
        for wake in told[int(tokens.token[place])]
        if (is_to_retry or state == _ANSWERED_IN.get(wake.what))
        and (
            wake.body.get("parent") == [step, passed] if wake.what == "child" else wake.body.get("cause", mine) == mine
        )
    ]


def _is_to_retry(group: Group, place: int) -> bool:
    """Whether it failed while it was woken at its step, so that it still waits there."""
    return _keeps(group, place) and int(group.tokens.state[place]) in (int(TokenState.READY), int(TokenState.STUCK))


def _as_document(wake: Wake) -> dict[str, Any]:
    return {"what": wake.what, "name": wake.name, "body": dict(wake.body), "at": wake.at}
