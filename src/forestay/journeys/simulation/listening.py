"""Waiting for events: who listens for what, and which event wakes whom.

Reads : NamedEvents, settings of wait_for steps, the goal's event
Gives : Listening
A token that begins to wait is shown the events that fit since then, or since its run's entry, as the runtime does from
the store's recent events; afterwards every later one of its account that fits wakes it.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from forestay.conditions.columns import ColumnTable
from forestay.conditions.evaluate import evaluate
from forestay.journeys.compiled import Compiled
from forestay.journeys.moves import Ints, Wake
from forestay.journeys.simulation.arrivals import Watching
from forestay.journeys.simulation.crowd import Crowd
from forestay.journeys.simulation.ready import Ready
from forestay.journeys.simulation.world import values_as_column
from forestay.journeys.steps.wait_for import WaitForSettings, fits
from forestay.journeys.words import RunStatus, TokenState


class Listening:
    """Events of the period, and the tokens that wait for them."""

    def __init__(self, compiled: Compiled, watching: Watching, crowd: Crowd) -> None:
        self._compiled, self._past, self._events, self._crowd = compiled, watching.past, watching.events, crowd
        self._people = watching.people.contacts
        self._steps = {
            step.number: step.settings
            for step in compiled.steps.values()
            if isinstance(step.settings, WaitForSettings) and step.settings.event is not None
        }
        goal = compiled.journey.goal
        self._goal = goal if goal is not None and goal.event is not None else None
        names = {settings.event for settings in self._steps.values()} | ({self._goal.event} if self._goal else set())
        wanted = [self._events.named(name) for name in sorted(str(name) for name in names)]
        self._heard = np.sort(np.concatenate(wanted)) if wanted else np.empty(0, np.int64)
        """Places of the events that anybody here may listen to, in the order of time."""
        self._at = self._events.at[self._heard]
        by_row = np.lexsort((self._at, self._events.row[self._heard]))
        self._by_row, self._rows = self._heard[by_row], self._events.row[self._heard][by_row]
        self._next = 0

    def start(self, now: int) -> None:
        """What came before the replay wakes nobody."""
        self._next = int(np.searchsorted(self._at, now))

    def moments(self, until: int) -> Ints:
        """When the next event comes that somebody listens to now, if by then; microseconds (0 or 1,)."""
        if self._next >= len(self._at) or self._at[self._next] > until or not self._is_heard():
            return self._at[:0]
        return self._at[self._next : self._next + 1]

    def _is_heard(self) -> bool:
        if self._goal is not None:
            return bool(self._crowd.is_live.any())
        tokens = self._crowd.tokens
        return bool((tokens["alive"] & (tokens["state"] == int(TokenState.EVENT))).any())

    def add_to(self, ready: Ready, due: Ints, now: int) -> Ints:
        """Wake those who listen; gives the due tokens that are not armed now, for whom it is their time that came."""
        arming = self._crowd.tokens["state"][due] == int(TokenState.ARMING)
        for place in due[arming].tolist():
            wakes = list(self._since(place, now)) or [Wake("armed", at=now)]
            ready.add(np.full(len(wakes), place), wakes)
        self._hear(ready, now)
        rest: Ints = due[~arming]
        return rest

    def _since(self, place: int, now: int) -> Iterator[Wake]:
        """Events that a token which begins to wait has missed."""
        tokens, runs = self._crowd.tokens, self._crowd.runs
        run = int(tokens["at"][place])
        settings = self._steps[int(tokens["step"][place])]
        since = int(runs["entered_at"][run] if settings.since == "entry" else tokens["since"][place])
        row = int(np.searchsorted(self._past.account_ids, runs["account"][run]))
        for event in self._of_row(row):
            if since < self._events.at[event] <= now and (wake := self._wake(settings, run, event)):
                yield wake

    def _of_row(self, row: int) -> list[int]:
        where = slice(*np.searchsorted(self._rows, [row, row + 1]).tolist())
        found: list[int] = self._by_row[where].tolist()
        return found

    def _wake(self, settings: WaitForSettings, run: int, event: int) -> Wake | None:
        name, body = self._events.names[int(self._events.code[event])], self._events.body(event)
        if name != settings.event or not fits(settings, self._crowd.values[run], name, body):
            return None
        if not self._is_of(int(self._crowd.runs["contact"][run]), event):
            return None
        return Wake("event", name, body, int(self._events.at[event]))

    def _hear(self, ready: Ready, now: int) -> None:
        last = int(np.searchsorted(self._at, now, side="right"))
        places, self._next = self._heard[self._next : last], last
        if not len(places):
            return
        waiting = self._crowd.waiting(TokenState.EVENT)
        runs = self._crowd.tokens["at"][waiting]
        rows = np.searchsorted(self._past.account_ids, self._crowd.runs["account"][runs])
        order = np.argsort(rows, kind="stable")
        rows, waiting, runs = rows[order], waiting[order], runs[order]
        for event, row in zip(places.tolist(), self._events.row[places].tolist(), strict=True):
            for n in range(*np.searchsorted(rows, [row, row + 1]).tolist()):
                settings = self._steps[int(self._crowd.tokens["step"][waiting[n]])]
                if wake := self._wake(settings, int(runs[n]), event):
                    ready.add(waiting[n : n + 1], [wake])
        if self._goal is not None:
            self._meet_goal(places, now)

    def _meet_goal(self, places: Ints, now: int) -> None:
        """Runs of the accounts whose event is the goal end content."""
        goal = self._goal
        assert goal is not None
        met = np.array(
            [p for p in places.tolist() if self._events.names[int(self._events.code[p])] == goal.event], np.int64
        )
        if goal.if_ is not None and len(met):
            bodies = [self._events.body(place) for place in met.tolist()]
            family = {"event": lambda name: values_as_column([body.get(name) for body in bodies])}
            met = met[evaluate(goal.if_, ColumnTable((len(met),), families=family))]
        columns, ending = self._crowd.runs, []
        for event in met.tolist():
            account = self._past.account_ids[self._events.row[event]]
            runs = np.flatnonzero(self._crowd.is_live & (columns["account"] == account))
            runs = runs[columns["entered_at"][runs] < self._events.at[event]]
            ending += [run for run in runs.tolist() if self._is_of(int(columns["contact"][run]), event)]
        self._crowd.end(np.unique(np.array(ending, np.int64)), RunStatus.GOAL_MET, "goal", now)

    def _is_of(self, contact: int, event: int) -> bool:
        """Whether it is an event of the run's subject: any of its account's, or the contact's own."""
        return contact == 0 or self._people.contact_of(self._events.user_key[event]) == contact
