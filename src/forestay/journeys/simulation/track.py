"""One version's part in a replay: its runs, who comes in, what they wait for, and its turns of the machine.

Reads : Compiled, Arrivals, BlockWorld, NamedEvents
Gives : Track, Tracer
Source: the machine is journeys.machine.advance, the same that the runtime calls; nothing is written anywhere
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np

from forestay.journeys.compiled import Compiled
from forestay.journeys.machine import advance, leave_early
from forestay.journeys.moves import NEVER, Child, Ints, Wake
from forestay.journeys.simulation.admission import Admission, Started
from forestay.journeys.simulation.answers import Answering
from forestay.journeys.simulation.arrivals import Arrivals, Watching
from forestay.journeys.simulation.asking import Asking
from forestay.journeys.simulation.crowd import Crowd, Parent, Turn
from forestay.journeys.simulation.listening import Listening
from forestay.journeys.simulation.ready import Ready
from forestay.journeys.simulation.standing import Standing
from forestay.journeys.simulation.tally import Tally
from forestay.journeys.simulation.world import BlockWorld
from forestay.journeys.tokens import Advanced
from forestay.journeys.words import TokenState

Tracer = Callable[[int, Compiled, Turn, Advanced], None]


class Track:
    """One version over one block of the past. within: the tally of the journey that starts this one, whose messages and
    work count there."""

    def __init__(
        self, compiled: Compiled, arrivals: Arrivals, watching: Watching, world: BlockWorld, answering: Answering,
        tracer: Tracer | None = None, within: Tally | None = None,
    ) -> None:  # fmt: skip
        self.compiled, self.world, self._tracer = compiled, world, tracer
        self.crowd = Crowd()
        self.tally = Tally() if within is None else Tally(messages=within.messages, work=within.work)
        self._admission = Admission(compiled, arrivals, watching, self.crowd, self.tally)
        self._listening = Listening(compiled, watching, self.crowd)
        self._standing = Standing(compiled, watching, self.crowd)
        prefix = "" if within is None else f"{compiled.key}: "
        self._asking = Asking(compiled, answering, watching.people.contacts, self.crowd, self.tally, prefix)
        self._candidates = np.empty(0, np.int64)

    def start(self, now: int) -> None:
        """What came before the replay wakes nobody."""
        self._listening.start(now)

    def begin_day(self, end: int) -> None:
        """Note the tokens that may be looked at until then."""
        self._candidates = np.flatnonzero(self._due(slice(None)) <= end)

    def moments(self, end: int) -> Ints:
        """Moments at which something comes here, some of them beyond `end`; microseconds (n,)."""
        return np.concatenate((self._due(self._candidates), self._admission.moments(end), self._listening.moments(end)))

    def turn(self, now: int, end: int, ending: int | None) -> None:
        """Whatever has come by now. ending: the day whose last second it is, so that its conditions are looked at."""
        ready, changed = self._gathered(now), []
        if ending is not None:
            changed.append(self._leave_early(ending, now))
            self._standing.add_to(ready, ending, now)
        changed.append(self._turn(ready, now))
        self._stir(end, *changed)

    def begin(self, asked: list[Started], now: int, end: int) -> None:
        """Runs that others start."""
        self._stir(end, self._admission.start(asked, now))

    def listen(self, end: int) -> None:
        """Take note of tokens that were told something by other runs' ends."""
        if self.crowd.stirred:
            stirred, self.crowd.stirred = self.crowd.stirred, []
            self._stir(end, np.array(stirred, np.int64))

    def children(self, kept: Mapping[str, Track], now: int) -> Iterator[tuple[Track, Started]]:
        """Runs that the last turn started, each with the track that it belongs to. kept: by key; a journey that is not
        there is over after the assumed time."""
        started, self._asking.children = self._asking.children, []
        for place, child in started:
            track = kept.get(child.journey) if child.journey else self
            if track is not None:
                yield track, self._started(place, child)
            elif child.is_awaited:
                self._asking.await_child(place, now)

    def _started(self, place: int, child: Child) -> Started:
        parent = Parent(self.crowd, place, child.step, child.passed) if child.is_awaited else None
        step = self.compiled.steps[child.step].ports[child.start] if child.start else 0
        return Started(child.account, child.contact, dict(child.values), parent, step)

    def _stir(self, end: int, *places: Ints) -> None:
        candidates = np.unique(np.concatenate((self._candidates, *places)))
        self._candidates = candidates[self._due(candidates) <= end]

    def _due(self, places: Ints | slice) -> Ints:
        """When each token is looked at next, NEVER until woken."""
        tokens = self.crowd.tokens
        due: Ints = np.minimum(tokens["due"][places], tokens["answer_at"][places])
        return np.where(tokens["alive"][places], due, NEVER)

    def _gathered(self, now: int) -> Ready:
        """Who takes part in the turn."""
        ready = Ready()
        new = self._admission.let_in(now)
        ready.add(new, [None] * len(new))
        due = self._candidates[self._due(self._candidates) <= now]
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
        if self._tracer is not None:
            self._tracer(now, self.compiled, turn, done)
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
