"""Runs that an event or a change of their account concerns wherever they stand: goals, exits, conditions waited for.

Gives : Goals, kept_goals(), GOAL_MET
Writes: journey_tokens (goals that runs met while they stood still)
Reads : journey_runs by account, journey_tokens
Nothing is read where no version has a goal, an exit or a step that waits for a condition: then a touched account
costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from forestay.journeys.compiled import Compiled
from forestay.journeys.judging import judged
from forestay.journeys.moves import Batch, Ints, Wake, World
from forestay.journeys.runtime.acting import let_stand
from forestay.journeys.runtime.book import Book
from forestay.journeys.runtime.intake import EventRow
from forestay.journeys.runtime.rows import Group, look_at_tokens, read_tokens
from forestay.journeys.runtime.wire import Driver, Packed, ask, longs
from forestay.journeys.steps.wait_for import WaitForSettings
from forestay.journeys.words import RunStatus, TokenState

_OF_ACCOUNTS = """
SELECT t.* FROM journey_tokens AS t WHERE t.run_id = ANY(ARRAY(
  SELECT id FROM journey_runs WHERE account_id = ANY($1) AND journey_id = ANY($2) AND status = 0)) AND NOT t.is_paused"""
_THESE = "SELECT * FROM journey_tokens WHERE run_id = ANY($1) ORDER BY id FOR UPDATE"
_OF_RUNS = """
SELECT t.* FROM journey_tokens AS t WHERE t.run_id = ANY(ARRAY(
  SELECT id FROM journey_runs WHERE account_id = ANY($1) AND journey_id = ANY($2) AND status = ANY($3)))
ORDER BY t.id FOR UPDATE"""
_KEEP = """
UPDATE journey_tokens SET wakes = jsonb_set(coalesce(wakes, '{}'), '{kept}', jsonb_build_array(
  jsonb_build_object('what', 'goal', 'name', '', 'body', jsonb_build_object(), 'at', 0)))
WHERE id = ANY($1)"""
_LIVING = (RunStatus.RUNNING, RunStatus.PAUSED, RunStatus.HELD)
GOAL_MET = (RunStatus.GOAL_MET, "goal")
_WAITING = """
SELECT * FROM journey_tokens WHERE account_id = ANY($1) AND state = 3 AND NOT is_paused AND journey_id = ANY($2)
  AND run_id <> ALL($3) ORDER BY id FOR UPDATE"""


class Goals:
    """events: of this turn's inbox."""

    def __init__(self, driver: Driver, book: Book, events: Sequence[EventRow]) -> None:
        self.driver, self.book, self.events = driver, book, events

    def met(
        self, world_of: Callable[[int], World]
    ) -> Iterator[tuple[Compiled, Group, Ints, tuple[RunStatus, str]]]:  # fmt: skip
        """Runs whose goal is one of the events, with the places of their tokens. One that stands still keeps it, and ends
        when it goes on."""
        names = {event.name for event in self.events}
        wanted = [one for one in self.book.versions() if one.journey.goal and one.journey.goal.event in names]
        if not wanted:
            return
        accounts = np.array(sorted({event.account for event in self.events}))
        journeys = np.array(sorted({one.journey_id for one in wanted}))
        groups = read_tokens(
            self.driver, _OF_RUNS, longs(accounts), longs(journeys), _numbers(_LIVING), waits=True
        )  # fmt: skip
        let_stand(self.driver, groups)
        for group in groups:
            compiled = self.book.version(self.driver, group.place)
            if compiled is not None and compiled.journey.goal is not None:
                acts = group.tokens.claimed.copy()
                group.tokens.claimed[:] = False
                places = self._places(compiled, group, world_of(group.place.workspace_id))
                places = places[acts[places]]
                still = group.is_paused[places]
                if still.any():
                    ask(self.driver, _KEEP, longs(group.tokens.token[places[still]]))
                if not still.all():
                    yield compiled, group, places[~still], GOAL_MET

    def _places(self, compiled: Compiled, group: Group, world: World) -> Ints:
        """Tokens whose account (and contact) did it after the run began."""
        goal = compiled.journey.goal
        assert goal is not None
        runs, at = group.runs, group.tokens.at
        found: list[int] = []
        wakes: list[Wake] = []
        for place, run in enumerate(at.tolist()):
            for event in self.events:
                is_its = event.name == goal.event and event.account == runs.account[run]
                if is_its and runs.contact[run] in (0, event.contact) and event.at >= runs.entered_at[run]:
                    found.append(place)
                    wakes.append(Wake("event", event.name, event.properties, event.at))
        places = np.array(found, np.int64)
        if goal.if_ is None or not len(places):
            return np.unique(places)
        some = at[places]
        batch = Batch(
            group.place.workspace_id, compiled.key, group.tokens.token[places], runs.run[some], runs.account[some],
            runs.contact[some], group.tokens.passed[places], runs.entered_at[some], group.tokens.since[places],
            [runs.values[run] for run in some.tolist()], wakes,
        )  # fmt: skip
        met = judged(goal.if_, lambda some: world.table(batch.at(some)), np.arange(len(places)))
        return np.unique(places[met])

    def watching(
        self, versions: Sequence[Compiled], accounts: Ints, free: Ints, world_of: Callable[[int], World]
    ) -> list[Group]:  # fmt: skip
        """Tokens to be looked at since their accounts changed, locked: those that wait for a condition are woken; those of
        runs whose goal or exit condition is true are there to be ended. Runs that are only judged are read without a lock,
        which would write every row of everybody who is touched; who is locked is judged once more."""
        early = {v.journey_id for v in versions if v.goal_condition is not None or v.exit_condition is not None}
        asking = {v.journey_id for v in versions if _waits_for_condition(v)}
        free_ones = set(free.tolist())
        groups: list[Group] = []
        met = np.empty(0, np.int64)
        if early & free_ones:
            journeys = longs(np.array(sorted(early & free_ones)))
            seen = look_at_tokens(self.driver, _OF_ACCOUNTS, longs(accounts), journeys)
            met = np.unique(np.concatenate([met, *(self._early(group, world_of) for group in seen)]))
        if len(met):
            groups += [_woken(group) for group in read_tokens(self.driver, _THESE, longs(met), waits=True)]
        if asking & free_ones:
            journeys = longs(np.array(sorted(asking & free_ones)))
            found = read_tokens(self.driver, _WAITING, longs(accounts), journeys, longs(met), waits=True)
            groups += [_woken(group) for group in found]
        return groups

    def _early(self, group: Group, world_of: Callable[[int], World]) -> Ints:
        """Numbers of the runs of a group whose goal or exit condition is true now."""
        compiled = self.book.version(self.driver, group.place)
        runs = group.runs
        if compiled is None:
            return runs.run[:0]
        zeros = np.zeros(len(runs), np.int64)
        batch = Batch(
            group.place.workspace_id, compiled.key, zeros, runs.run, runs.account, runs.contact, zeros + 1,
            runs.entered_at, runs.entered_at, runs.values,
        )  # fmt: skip
        met = np.zeros(len(runs), bool)
        world = world_of(group.place.workspace_id)
        for condition in (compiled.goal_condition, compiled.exit_condition):
            rest = np.flatnonzero(~met)
            if condition is not None and len(rest):
                met[rest] = judged(condition, lambda some: world.table(batch.at(some)), rest)
        return runs.run[met]


def kept_goals(group: Group) -> Ints:
    """Claimed tokens whose run met its goal while it stood still."""
    places = [n for n in np.flatnonzero(group.tokens.claimed).tolist() if group.wakes[n] is not None]
    return np.array([n for n in places if any(w["what"] == "goal" for w in group.wakes[n].get("kept", ()))], np.int64)  # type: ignore[union-attr]


def _numbers(statuses: Sequence[RunStatus]) -> Packed:
    return longs(np.array(list(map(int, statuses))))


def _waits_for_condition(compiled: Compiled) -> bool:
    settings = (step.settings for step in compiled.steps.values())
    return any(isinstance(one, WaitForSettings) and one.condition is not None for one in settings)


def _woken(group: Group) -> Group:
    """Those that wait for a condition are woken by this; all are claimed so that goals and exits are asked first."""
    waiting = (group.tokens.state == int(TokenState.CONDITION)) & ~group.is_paused
    group.tokens.claimed &= waiting
    for place in np.flatnonzero(waiting).tolist():
        group.tokens.woken[place] = Wake("condition")
    return group
