"""The loop over days: entries, timers, answers, events and conditions drive the machine under a virtual clock.

Reads : Track (one for the journey, one for each sub-journey that it may start), BlockWorld
Gives : Replay
Source: a turn is journeys.machine.advance, the same that the runtime calls; nothing is written anywhere

For each day of the period, in the order of moments:
1 Whatever comes due within one grain is one turn: entries, timers, answers, events. A turn happens at the latest of its
  moments, so nothing is early and nothing is later than the grain.
2 At the day's last second conditions are looked at: those that runs wait for, goals and exits, on matrices judged once
  for all days; only those for whom something became true take part in a turn.
3 What a turn asks is counted, and its answer is laid down for its moment (answers.py).
4 Runs that a turn starts, branches for contacts and sub-journeys, begin at the same moment by the same clock; when they
  end, who waits for them is told at that moment.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from forestay.journeys.simulation.admission import Started
from forestay.journeys.simulation.arrivals import Watching
from forestay.journeys.simulation.crowd import Crowd
from forestay.journeys.simulation.tally import Tally
from forestay.journeys.simulation.track import Track
from forestay.journeys.simulation.world import BlockWorld
from forestay.kit.clock import date_of, micros_of, moment_of, start_of_day
from forestay.kit.errors import ForestayError

GRAIN = 15 * 60 * 1_000_000
"""Moments nearer to each other than this are one turn, microseconds."""
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
    """One journey over one block of the past, with all that it starts. tracks: by the journey's key, its own first."""

    def __init__(self, tracks: Mapping[str, Track], watching: Watching, world: BlockWorld) -> None:
        self.tracks, self._watching, self._world = tracks, watching, world
        self._root = next(iter(tracks.values()))

    @property
    def tally(self) -> Tally:
        """What was counted of the journey itself; its messages and work are those of all that it started besides."""
        return self._root.tally

    @property
    def crowd(self) -> Crowd:
        """The journey's own runs."""
        return self._root.crowd

    def run(self, tell: Callable[[int], None] | None = None) -> None:
        """Replay the whole period. tell: hears how many days are done."""
        start = micros_of(start_of_day(self._watching.since, self._watching.people.zone))
        self._world.now = moment_of(start)
        for track in self.tracks.values():
            track.start(start)
        for day in range(self._watching.since, self._watching.until + 1):
            self._day(day)
            if tell is not None:
                tell(day - self._watching.since + 1)

    def _day(self, day: int) -> None:
        end = self._watching.end_of(day)
        for track in self.tracks.values():
            track.begin_day(end)
        is_judged = False
        for _ in range(_TURNS_A_DAY):
            now = self._next_moment(end)
            if now is None and is_judged:
                return
            now = end if now is None else now
            self._world.now = moment_of(now)
            ending = day if now == end and not is_judged else None
            is_judged |= ending is not None
            for track in self.tracks.values():
                track.turn(now, end, ending)
                self._start(track, now, end)
        raise NeverEnding(day)

    def _start(self, by: Track, now: int, end: int) -> None:
        """Begin what a turn started; then all who wait for runs that ended, or did not begin, take note."""
        begun: dict[str, list[Started]] = {}
        for track, child in by.children(self.tracks, now):
            begun.setdefault(track.compiled.key, []).append(child)
        for key, children in begun.items():
            self.tracks[key].begin(children, now, end)
        for track in self.tracks.values():
            track.listen(end)

    def _next_moment(self, end: int) -> int | None:
        """When the next turn is: the latest moment within a grain of the earliest; None when nothing more is today."""
        whole = np.concatenate([track.moments(end) for track in self.tracks.values()])
        whole = whole[whole <= end]
        if not len(whole):
            return None
        first = max(int(whole.min()), micros_of(self._world.now))
        if first >= end:
            return end
        return max(first, int(whole[whole <= min(first + GRAIN, end - 1)].max(initial=first)))
