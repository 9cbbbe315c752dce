"""What a claimed token is woken by: its timer, what was kept while it was paused, the events before it waited.

Gives : Woken, wake_due(), past_events()
Reads : recent_events
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from forestay.journeys.compiled import Compiled
from forestay.journeys.moves import Ints, Wake
from forestay.journeys.runtime.rows import Group
from forestay.journeys.runtime.wire import Driver
from forestay.journeys.steps.wait_for import WaitForSettings, fits
from forestay.journeys.words import TokenState
from forestay.kit.clock import micros_of, moment_of

Later = dict[int, list[Wake]]
_PAST = """
SELECT u.n, e.name, e.at, e.properties
FROM unnest(%s::int[], %s::bigint[], %s::bigint[], %s::text[], %s::timestamptz[], %s::int[])
  AS u (n, account, contact, name, since, skipped),
LATERAL (
  SELECT e.name, e.at, e.properties FROM recent_events AS e
  WHERE e.workspace_id = %s AND e.account_id = u.account AND e.name = u.name AND e.at >= u.since
    AND (u.contact = 0 OR EXISTS (
      SELECT FROM identities AS i WHERE i.workspace_id = %s AND i.key = e.contact_key AND i.contact_id = u.contact))
  ORDER BY e.at OFFSET u.skipped LIMIT %s) AS e
ORDER BY u.n, e.at"""
_PAGE = 200
"""Events of one token that are read at a time."""
_WAITS_FOR = {"event": TokenState.EVENT, "outcome": TokenState.OUTCOME, "child": TokenState.CHILD, "retried": None}


@dataclass(slots=True)
class Woken:
    """later: by place, wakes that follow the first. due: places that were claimed because their moment came."""

    later: Later = field(default_factory=dict)
    due: Ints = field(default_factory=lambda: np.empty(0, np.int64))


def wake_due(driver: Driver, compiled: Compiled, group: Group) -> Woken:
    """Fill in `woken` of tokens claimed because they were due: what was kept comes first, then the past, then time."""
    tokens, woken = group.tokens, Woken()
    claimed = np.flatnonzero(tokens.claimed)
    state = tokens.state[claimed]
    timer = Wake("timer")
    for place in claimed[(state != int(TokenState.READY)) & (state != int(TokenState.ARMING))].tolist():
        tokens.woken[place] = timer
    woken.due = claimed[(state != int(TokenState.READY)) & (state != int(TokenState.ARMING))]
    arming = claimed[state == int(TokenState.ARMING)]
    if len(arming):
        for place, wakes in past_events(driver, compiled, group, arming).items():
            tokens.woken[place], *woken.later[place] = [*wakes, Wake("armed")]
    for place in [n for n in claimed.tolist() if group.wakes[n] is not None]:
        kept = _kept(group.wakes[place], int(tokens.state[place]))
        if kept:
            rest = [tokens.woken[place]] if tokens.state[place] == int(TokenState.ARMING) else []
            tokens.woken[place], *woken.later[place] = [
                *kept,
                *(one for one in rest if one),
                *woken.later.get(place, []),
            ]
    return woken


def past_events(driver: Driver, compiled: Compiled, group: Group, places: Ints) -> Later:
    """By place, the events since its wait began (or since its run did) that fit what it waits for, but for its 'if'."""
    tokens, runs = group.tokens, group.runs
    found: Later = {place: [] for place in places.tolist()}
    settings: dict[int, WaitForSettings] = {}
    rows: list[tuple[Any, ...]] = []
    for place in places.tolist():
        step = compiled.steps.get(int(tokens.step[place]))
        if step is not None and isinstance(step.settings, WaitForSettings) and step.settings.event is not None:
            settings[place], at = step.settings, int(tokens.at[place])
            since = int(runs.entered_at[at] if step.settings.since == "entry" else tokens.heard[place])
            rows.append((place, int(runs.account[at]), int(runs.contact[at]), step.settings.event, moment_of(since), 0))
    while rows:
        space = group.place.workspace_id
        columns: list[Any] = [list(column) for column in zip(*rows, strict=True)]
        seen: Counter[int] = Counter()
        for place, name, at, properties in driver.execute(_PAST, (*columns, space, space, _PAGE)).fetchall():
            seen[place] += 1
            if fits(settings[place], runs.values[tokens.at[place]], name, properties):
                found[place].append(Wake("event", name, properties, micros_of(at)))
        rows = [
            (*row, skipped + _PAGE) for *row, skipped in rows
            if seen[row[0]] == _PAGE and (not found[row[0]] or settings[row[0]].if_ is not None)
        ]  # fmt: skip
    return found


def _kept(wakes: dict[str, Any] | None, state: int) -> Sequence[Wake]:
    """What was kept for it and still concerns it."""
    kept = [Wake(one["what"], one["name"], one["body"], one["at"]) for one in (wakes or {}).get("kept", ())]
    return [one for one in kept if state == int(TokenState.READY) or _WAITS_FOR.get(one.what) in (state, None)]
