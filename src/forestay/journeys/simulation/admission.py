"""The door: arrivals become runs, or are turned away by the re-entry rule or held out.

Reads : Arrivals, the journey's re-entry rule and holdout share
Gives : Admission
"""

from __future__ import annotations

import numpy as np

from forestay.conditions.columns import Flags
from forestay.journeys.compiled import Compiled
from forestay.journeys.experiments.assignment import HOLDOUT, is_held_out
from forestay.journeys.moves import NEVER, Ints
from forestay.journeys.run_columns import of_run
from forestay.journeys.simulation.arrivals import Arrivals, Watching
from forestay.journeys.simulation.crowd import Crowd
from forestay.journeys.simulation.tally import Tally
from forestay.journeys.words import ReEntry, RunStatus

_NO_RUN = -1


class Admission:
    """Lets arrivals in, in the order of their moments."""

    def __init__(
        self, compiled: Compiled, arrivals: Arrivals, watching: Watching, crowd: Crowd, tally: Tally
    ) -> None:  # fmt: skip
        self._compiled, self._arrivals, self._crowd, self._tally = compiled, arrivals, crowd, tally
        self._rule = compiled.journey.re_entry
        self._account = watching.past.account_ids[arrivals.row]
        pairs = np.stack((self._account, arrivals.contact), axis=1)
        self._subject = self._keyed(np.unique(pairs, axis=0, return_inverse=True)[1].reshape(-1).astype(np.int64))
        self._latest = np.full(int(self._subject.max(initial=-1)) + 1, _NO_RUN)
        self._is_held = is_held_out(self._account, compiled.journey.holdout_share, compiled.key)
        self._next = 0

    def _keyed(self, subject: Ints) -> Ints:
        """A number for each subject, and by_key for each subject and key; -1 where the key is missing."""
        if self._rule.rule is not ReEntry.BY_KEY:
            return subject
        numbers: dict[tuple[int, str], int] = {}
        found = np.full(len(subject), -1)
        for place, (who, values) in enumerate(zip(subject.tolist(), self._arrivals.values, strict=True)):
            key = of_run(values, str(self._rule.key))
            if key is not None:
                found[place] = numbers.setdefault((who, str(key)), len(numbers))
        return found

    def moments(self, until: int) -> Ints:
        """When the next one comes, if by then; microseconds (0 or 1,)."""
        here = self._arrivals.at[self._next : self._next + 1]
        return here[here <= until]

    def let_in(self, now: int) -> Ints:
        """Everybody who has come by now; gives the tokens of those who were let in."""
        last = int(np.searchsorted(self._arrivals.at, now, side="right"))
        places = np.arange(self._next, last)
        self._next = last
        if not len(places):
            return places
        places = places[self._is_admitted(places, now)]
        if not len(places):
            return places
        tokens = self._enter(places, now)
        held = self._is_held[places]
        self._crowd.end(self._crowd.tokens["at"][tokens[held]], RunStatus.COMPLETED, HOLDOUT, now)
        return tokens[~held]

    def _is_admitted(self, places: Ints, now: int) -> Flags:
        subject = self._subject[places]
        first = np.zeros(len(places), bool)
        first[np.unique(subject, return_index=True)[1]] = True
        self._refuse("again", int((~first).sum()))
        has_key = subject >= 0
        self._refuse("no_key", int((first & ~has_key).sum()))
        latest = np.where(has_key, self._latest[subject], _NO_RUN)
        was_here = latest != _NO_RUN
        if self._rule.rule is not ReEntry.AFTER_EXIT:
            self._refuse("again", int((first & was_here).sum()))
            fresh: Flags = first & has_key & ~was_here
            return fresh
        ended = np.where(was_here, self._crowd.runs["ended_at"][np.maximum(latest, 0)] if self._crowd.runs.n else 0, 0)
        is_live = was_here & (ended == NEVER)
        pause = self._rule.after.microseconds if self._rule.after else 0
        is_early = was_here & ~is_live & (ended > now - pause)
        self._refuse("live", int((first & is_live).sum()))
        self._refuse("too_early", int((first & is_early).sum()))
        admitted: Flags = first & ~is_live & ~is_early
        return admitted

    def _refuse(self, reason: str, count: int) -> None:
        if count:
            self._tally.refused[reason] += count

    def _enter(self, places: Ints, now: int) -> Ints:
        values = [self._arrivals.values[place] for place in places.tolist()]
        first_run = self._crowd.runs.n
        tokens = self._crowd.enter(
            self._account[places], self._arrivals.contact[places], values, self._compiled.start, now
        )  # fmt: skip
        self._latest[self._subject[places]] = np.arange(first_run, first_run + len(places))
        ways, counts = np.unique(self._arrivals.way[places], return_counts=True)
        self._tally.entered.update(dict(zip(ways.tolist(), counts.tolist(), strict=True)))
        return tokens
