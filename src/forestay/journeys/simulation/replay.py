"""The loop over days: entries, timers, answers, events and conditions drive the machine under a virtual clock.

Reads : Compiled, Arrivals, BlockWorld, NamedEvents
Gives : Replay
Source: the machine is journeys.machine.advance, the same that the runtime calls; nothing is written anywhere

For each day of the period, in the order of moments:
1 Whatever comes due within one grain is one turn: entries, timers, answers, events. A turn happens at the latest of its
  moments, so nothing is early and nothing is later than the grain.
2 At the day's last second conditions are looked at: those that runs wait for, goals and exits, on matrices judged once
  for all days; only those for whom something became true take part in a turn.
3 What a turn asks is counted, and its answer is laid down for its moment (answers.py).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from forestay.journeys.compiled import Compiled
from forestay.journeys.machine import advance, leave_early
from forestay.journeys.moves import NEVER, Ints, Wake
from forestay.journeys.simulation.admission import Admission
from forestay.journeys.simulation.answers import Answering
from forestay.journeys.simulation.arrivals import Arrivals, Watching
from forestay.journeys.simulation.asking import Asking
from forestay.journeys.simulation.crowd import Crowd, Turn
from forestay.journeys.simulation.listening import Listening
from forestay.journeys.simulation.ready import Ready
from forestay.journeys.simulation.standing import Standing
from forestay.journeys.simulation.tally import Tally
from forestay.journeys.simulation.world import BlockWorld
from forestay.journeys.tokens import Advanced
from forestay.journeys.words import TokenState
from forestay.kit.clock import date_of, micros_of, moment_of, start_of_day
from forestay.kit.errors import ForestayError

GRAIN = 15 * 60 * 1_000_000
"""Moments nearer to each other than this are one turn, microseconds."""
Tracer = Callable[[int, Turn, Advanced], None]
_TURNS_A_DAY = 5000
"""Beyond this many turns on one day something goes round in circles."""


class NeverEnding(ForestayError):
    """A simulated day does not come to its end: the journey goes round in circles without a wait; give it one."""

    code = "never_ending"

    def __init__(self, day: int) -> None:
        super().__init__(
            f"the simulation of {date_of(day)} takes more than {_TURNS_A_DAY} turns; does the journey wait?"
        )


class Replay:
    """One version over one block of the past."""

    def __init__(
        self, compiled: Compiled, arrivals: Arrivals, watching: Watching, world: BlockWorld, answering: Answering,
        tracer: Tracer | None = None,
    ) -> None:  # fmt: skip
        self.compiled, self.arrivals, self.watching, self.world = compiled, arrivals, watching, world
        self.crowd, self.tally, self.tracer = Crowd(), Tally(), tracer
        self._admission = Admission(compiled, arrivals, watching, self.crowd, self.tally)
        self._listening = Listening(compiled, watching, self.crowd)
        self._standing = Standing(compiled, watching, self.crowd)
        self._asking = Asking(compiled, answering, watching.people.contacts, self.crowd, self.tally)

    def run(self, tell: Callable[[int], None] | None = None) -> None:
        """Replay the whole period. tell: hears how many days are done."""
        start = micros_of(start_of_day(self.watching.since, self.watching.people.zone))
        self.world.now = moment_of(start)
        self._listening.start(start)
        for day in range(self.watching.since, self.watching.until + 1):
            self._day(day)
            if tell is not None:
                tell(day - self.watching.since + 1)

    def _day(self, day: int) -> None:
        end = self.watching.end_of(day)
        candidates = np.flatnonzero(self._due(slice(None)) <= end)
        is_judged = False
        for _ in range(_TURNS_A_DAY):
            now = self._next_moment(candidates, end)
            if now is None and is_judged:
                return
            now = end if now is None else now
            self.world.now = moment_of(now)
            ready = self._gathered(candidates, now)
            changed = []
            if now == end and not is_judged:
                is_judged = True
                changed.append(self._leave_early(day, now))
                self._standing.add_to(ready, day, now)
            changed.append(self._turn(ready, now))
            candidates = np.unique(np.concatenate((candidates, *changed)))
            candidates = candidates[self._due(candidates) <= end]
        raise NeverEnding(day)

    def _due(self, places: Ints | slice) -> Ints:
        """When each token is looked at next, NEVER until woken."""
        tokens = self.crowd.tokens
        due: Ints = np.minimum(tokens["due"][places], tokens["answer_at"][places])
        return np.where(tokens["alive"][places], due, NEVER)

    def _next_moment(self, candidates: Ints, end: int) -> int | None:
        """When the next turn is: the latest moment within a grain of the earliest; None when nothing more is today."""
        whole = np.concatenate((self._due(candidates), self._admission.moments(end), self._listening.moments(end)))
        whole = whole[whole <= end]
        if not len(whole):
            return None
        first = max(int(whole.min()), micros_of(self.world.now))
        if first >= end:
            return end
        return max(first, int(whole[whole <= min(first + GRAIN, end - 1)].max(initial=first)))

    def _gathered(self, candidates: Ints, now: int) -> Ready:
        """Who takes part in the turn."""
        ready = Ready()
        new = self._admission.let_in(now)
        ready.add(new, [None] * len(new))
        due = candidates[self._due(candidates) <= now]
        due = self._listening.add_to(ready, due, now)
        tokens = self.crowd.tokens
        told = due[tokens["answer_at"][due] <= now]
        ready.add(told, self.crowd.told(told))
        timed = due[(tokens["due"][due] <= now) & tokens["alive"][due]]
        again = tokens["state"][timed] == int(TokenState.READY)
        ready.add(timed[again], [self._asking.kept.pop(place, None) for place in timed[again].tolist()])
        over = timed[~again]
        ready.add(over, [Wake("timer", at=now)] * len(over))
        return ready

    def _leave_early(self, day: int, now: int) -> Ints:
        places = self._standing.leaving(day)
        if not len(places):
            return places
        turn = self.crowd.take(places, [None] * len(places))
        return self._give_back(turn, leave_early(self.compiled, *turn.for_machine, self.world), now)

    def _turn(self, ready: Ready, now: int) -> Ints:
        """Let them run on; gives the tokens that a turn touched."""
        places, woken, later = ready.once()
        living = self.crowd.tokens["alive"][places]
        if not living.all():
            kept = np.flatnonzero(living).tolist()
            index = {old: new for new, old in enumerate(kept)}
            later = {index[old]: wakes for old, wakes in later.items() if old in index}
            places, woken = places[living], [woken[n] for n in kept]
        if not len(places):
            return places
        turn = self.crowd.take(places, woken)
        done = advance(self.compiled, *turn.for_machine, self.world, later)
        self.tally.turns += 1
        return self._give_back(turn, done, now)

    def _give_back(self, turn: Turn, done: Advanced, now: int) -> Ints:
        if self.tracer is not None:
            self.tracer(now, turn, done)
        self.tally.transitions += done.transitions
        self.tally.counts.update(done.counts)
        self.tally.passed(done)
        before = len(turn.tokens)
        left = (
            (done.tokens.step[:before] != turn.step) | (done.tokens.since[:before] != turn.since) | done.gone[:before]
        )
        self.tally.waited(turn.step[left], now - turn.since[left])
        places = self.crowd.give_back(turn, done, now)
        self._asking.take_in(done, places, now)
        return places
