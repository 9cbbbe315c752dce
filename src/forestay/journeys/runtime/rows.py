"""Tokens with their runs, read under lock as columns and sorted by the version that they are pinned to.

Gives : Group, Place, read_tokens(), look_at_tokens(), TOKEN_COLUMNS
Reads : journey_tokens, journey_runs
A row of a token is the lease: whoever holds its lock moves it, and a runner that dies gives it back. A run with
several tokens is moved under the lock of its own row besides.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from forestay.journeys.moves import Ints
from forestay.journeys.runtime.wire import Answer, Driver, Packed, ask, longs
from forestay.journeys.tokens import Flags, Runs, Tokens


class Place(NamedTuple):
    """Where runs are pinned: one version of one journey of one workspace."""

    workspace_id: int
    journey_id: int
    version: int


@dataclass(slots=True)
class Group:
    """Tokens of one version as they stood in the store. wakes: what was kept for each (journey_tokens.wakes); is_paused
    (n,): they stand still and take in what wakes them."""

    place: Place
    runs: Runs
    tokens: Tokens
    wakes: list[dict[str, Any] | None]
    is_paused: Flags

    def at(self, places: Ints) -> Group:
        """Some tokens with their runs."""
        r, tokens = self.runs, self.tokens.chosen(places)
        runs, tokens.at = np.unique(tokens.at, return_inverse=True)
        return Group(
            self.place,
            Runs(
                r.run[runs], r.account[runs], r.contact[runs], r.entered_at[runs], [r.values[n] for n in runs.tolist()]
            ),
            tokens,
            [self.wakes[n] for n in places.tolist()],
            self.is_paused[places],
        )


_READ = """
WITH t AS MATERIALIZED ({source})
SELECT array_agg(t.id), array_agg(t.run_id), array_agg(t.workspace_id), array_agg(t.journey_id),
  array_agg(t.version), array_agg(t.account_id), array_agg(t.step), array_agg(t.state), array_agg(t.passed),
  array_agg(t.since), array_agg(coalesce(t.due_at, 'infinity')), array_agg(t.attempts),
  array_agg(t.fork_step IS NOT NULL), array_agg(r.contact_id), array_agg(r.entered_at),
  array_agg(t.wakes IS NOT NULL), array_agg(t.wakes) FILTER (WHERE t.wakes IS NOT NULL),
  array_agg(r.run_values IS NOT NULL), array_agg(r.run_values) FILTER (WHERE r.run_values IS NOT NULL),
  array_agg(t.is_paused)
FROM t, LATERAL (
  SELECT contact_id, entered_at, run_values FROM journey_runs AS r WHERE r.id = t.run_id OFFSET 0) AS r"""
"""OFFSET 0 keeps the runs a look-up each, whatever the planner thinks of thousands of them."""

_LOCK_RUNS = (
    "SELECT array_agg(r.id) FROM (SELECT id FROM journey_runs WHERE id = ANY($1) ORDER BY id FOR UPDATE{skip}) AS r"
)
_VALUES = """
SELECT array_agg(id), array_agg(run_values IS NOT NULL), array_agg(run_values) FILTER (WHERE run_values IS NOT NULL)
FROM journey_runs WHERE id = ANY($1)"""
_SIBLINGS = "SELECT * FROM journey_tokens WHERE run_id = ANY($1) AND id <> ALL($2) ORDER BY id FOR UPDATE"


def read_tokens(driver: Driver, source: str, *parameters: Packed, waits: bool = False) -> list[Group]:
    """Lock the tokens that `source` selects (whole rows, FOR UPDATE) and read them by version. Forked runs are locked
    too and bring all their tokens; where another runner holds one of those, its tokens are left for later.

    waits: leave nobody for later but wait for who holds them, since what wakes these tokens will not come again.
    """
    groups = _groups(ask(driver, _READ.format(source=source), *parameters))
    if waits:
        for group in groups:
            _refresh(driver, group)
    return [_with_siblings(driver, group, waits) if group.tokens.is_forked.any() else group for group in groups]


def look_at_tokens(driver: Driver, source: str, *parameters: Packed) -> list[Group]:
    """The same without any lock: to judge, not to move."""
    return _groups(ask(driver, _READ.format(source=source), *parameters))


def _groups(answer: Answer) -> list[Group]:
    token = answer.longs(0)
    if not len(token):
        return []
    run, space, journey, version = answer.longs(1), answer.longs(2), answer.longs(3), answer.words(4)
    since, wakes = answer.moments(9), _sparse(answer, 15, None)
    whole = Group(
        Place(0, 0, 0),
        Runs(run, answer.longs(5), answer.longs(13), answer.moments(14), _sparse(answer, 17, {})),
        Tokens(
            token, np.arange(len(token)), answer.shorts(6), answer.shorts(7), answer.words(8), since,
            _heard(since, wakes), answer.moments(10), answer.shorts(11), answer.flags(12), np.ones(len(token), bool), [None] * len(token),
        ),
        wakes,
        answer.flags(19),
    )  # fmt: skip
    order = np.lexsort((version, journey))
    edges = np.flatnonzero(np.diff(journey[order], prepend=-1) | np.diff(version[order], prepend=-1))
    groups = []
    for places in np.split(order, edges[1:]):
        group = _unify(whole, places)
        first = places[0]
        group.place = Place(int(space[first]), int(journey[first]), int(version[first]))
        groups.append(group)
    return groups


def _heard(since: Ints, wakes: list[dict[str, Any] | None]) -> Ints:
    heard = since.copy()
    for place, kept in enumerate(wakes):
        if kept is not None and "from" in kept:
            heard[place] = kept["from"]
    return heard


def _unify(whole: Group, places: Ints) -> Group:
    """Those places, with one row a run; as read, every token brought a row of its run."""
    run = whole.runs.run[places]
    _, first = np.unique(run, return_index=True)
    if len(first) == len(places):
        return whole.at(places)
    row_of = dict(zip(run[first].tolist(), places[first].tolist(), strict=True))
    whole.tokens.at[places] = [row_of[number] for number in run.tolist()]
    return whole.at(places)


def _sparse(answer: Answer, column: int, empty: Any) -> list[Any]:
    """Documents where the flags in `column` say that there are any; the others are `empty`."""
    present = np.flatnonzero(answer.flags(column))
    values = [empty] * len(answer.flags(column))
    for place, document in zip(present.tolist(), answer.documents(column + 1), strict=True):
        values[place] = document
    return values


def _refresh(driver: Driver, group: Group) -> None:
    """A token that was waited for is as its holder left it, but its run was read as it stood before the wait."""
    answer = ask(driver, _VALUES, longs(group.runs.run))
    fresh = dict(zip(answer.longs(0).tolist(), _sparse(answer, 1, {}), strict=True))
    group.runs.values = [fresh[run] for run in group.runs.run.tolist()]


def _with_siblings(driver: Driver, group: Group, waits: bool) -> Group:
    tokens, runs = group.tokens, group.runs
    forked = np.unique(runs.run[tokens.at[tokens.is_forked]])
    locked = ask(driver, _LOCK_RUNS.format(skip="" if waits else " SKIP LOCKED"), longs(forked)).longs(0)
    mine: Flags = ~tokens.is_forked | np.isin(runs.run[tokens.at], locked)
    group = group.at(np.flatnonzero(mine))
    if not len(locked):
        return group
    _refresh(driver, group)
    others = _groups(ask(driver, _READ.format(source=_SIBLINGS), longs(locked), longs(group.tokens.token)))
    for more in others:
        if more.place == group.place:
            _join(group, more)
    return group


def _join(group: Group, more: Group) -> None:
    """Add siblings; their runs stand in the group already."""
    at_of = {run: n for n, run in enumerate(group.runs.run.tolist())}
    at = np.array([at_of[run] for run in more.runs.run[more.tokens.at].tolist()], np.int64)
    more.tokens.at, more.tokens.claimed = at, np.zeros(len(at), bool)
    group.tokens.extend(more.tokens)
    group.wakes += more.wakes
    group.is_paused = np.concatenate((group.is_paused, more.is_paused))
