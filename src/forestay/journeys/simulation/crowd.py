"""Runs and tokens of one version in memory, as columns that grow.

Gives : Crowd, Turn, Parent
Source: journeys.tokens (what a turn of the machine takes and gives back)

Places of runs and tokens are their numbers less one; nothing is ever removed, so a place stays good. What the runtime
keeps in rows is kept in arrays here, and nothing is written anywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

import numpy as np
import numpy.typing as npt

from forestay.journeys.moves import NEVER, Ints, Values, Wake
from forestay.journeys.tokens import Advanced, Runs, Tokens
from forestay.journeys.words import RunStatus, TokenState

LIVE_RUN = -1
_TOKEN_COLUMNS = ("at", "step", "state", "passed", "since", "due", "attempts", "is_forked")
_DTYPES: dict[str, Any] = {"state": np.int16, "is_forked": np.bool_, "alive": np.bool_, "is_started": np.bool_}


@dataclass(frozen=True, slots=True)
class Turn:
    """Tokens taken out for one turn, and where they belong. runs, tokens: places in the crowd, place for place."""

    for_machine: tuple[Runs, Tokens]
    runs: Ints
    tokens: Ints
    since: Ints
    """When each token had come to its step."""
    step: Ints


@dataclass(frozen=True, slots=True)
class Parent:
    """The token that waits for a run: where it stands, and the step and pass at which it started the run."""

    crowd: Crowd
    place: int
    step: int
    passed: int

    def tell(self, word: str, at: int) -> None:
        """The run has ended so ('completed', 'failed', ..., 'refused'); who has gone on meanwhile does not hear it."""
        tokens, here = self.crowd.tokens, self.place
        waits = tokens["alive"][here] and tokens["state"][here] == int(TokenState.CHILD)
        if waits and tokens["step"][here] == self.step and tokens["passed"][here] == self.passed:
            self.crowd.answer(np.array([here]), at, Wake("child", word, {}, at))
            self.crowd.stirred.append(here)


class _Columns:
    """Named arrays of one length that grow by doubling."""

    def __init__(self, names: Sequence[str]) -> None:
        self._arrays = {name: np.zeros(64, _DTYPES.get(name, np.int64)) for name in names}
        self.n = 0

    def __getitem__(self, name: str) -> npt.NDArray[Any]:
        return self._arrays[name][: self.n]

    def add(self, count: int, **values: Any) -> Ints:
        """Append rows; gives their places."""
        first, self.n = self.n, self.n + count
        for name, array in self._arrays.items():
            if self.n > len(array):
                array = np.concatenate((array, np.zeros(max(len(array), self.n), array.dtype)))
                self._arrays[name] = array
            array[first : self.n] = values[name]
        return np.arange(first, self.n)


class Crowd:
    """Who is on the way, and where. Moments are microseconds UTC; ended_at NEVER while a run lives."""

    def __init__(self) -> None:
        self.runs = _Columns(("account", "contact", "entered_at", "ended_at", "status", "is_started"))
        self.tokens = _Columns((*_TOKEN_COLUMNS, "alive", "answer_at", "answer"))
        self.values: list[Values] = []
        self.reasons: dict[int, str] = {}
        self.parents: dict[int, Parent] = {}
        """Who waits for which run."""
        self.stirred: list[int] = []
        """Tokens that were told something from outside of their own turns."""
        self._wakes: list[Wake] = []
        """What tokens will be told, by the number in their column `answer`."""
        self._more: dict[int, list[tuple[int, Wake]]] = {}
        """What comes after it, where a token asked for several things."""

    def enter(
        self, account: Ints, contact: Ints, values: list[Values], step: int | Ints, now: int, *, is_started: bool = False
    ) -> Ints:  # fmt: skip
        """Begin runs, each with one token about to arrive at its first step; gives the tokens' places. is_started: another
        run started them."""
        n = len(account)
        runs = self.runs.add(
            n, account=account, contact=contact, entered_at=now, ended_at=NEVER, status=LIVE_RUN, is_started=is_started
        )  # fmt: skip
        self.values += values
        return self.tokens.add(
            n, at=runs, step=step, state=int(TokenState.READY), passed=1, since=now, due=NEVER, attempts=0,
            is_forked=False, alive=True, answer_at=NEVER, answer=0,
        )  # fmt: skip

    @property
    def is_live(self) -> npt.NDArray[np.bool_]:
        """Runs that have not ended (m,)."""
        live: npt.NDArray[np.bool_] = self.runs["status"] == LIVE_RUN
        return live

    def waiting(self, state: TokenState, step: int | None = None) -> Ints:
        """Places of living tokens in a state, at a step or at any."""
        here = self.tokens["alive"] & (self.tokens["state"] == int(state))
        if step is not None:
            here &= self.tokens["step"] == step
        return np.flatnonzero(here)

    def take(self, places: Ints, woken: list[Wake | None]) -> Turn:
        """Tokens of a turn with their runs, and the siblings that a join may ask for."""
        tokens = self.tokens
        mine = places
        if tokens["is_forked"][places].any():
            siblings = self._siblings(places)
            mine, woken = np.concatenate((places, siblings)), [*woken, *([None] * len(siblings))]
        runs, at = np.unique(tokens["at"][mine], return_inverse=True)

        def column(name: str) -> Ints:
            return tokens[name][mine].astype(np.int64)

        table = Tokens(
            mine + 1, at.astype(np.int64), column("step"), column("state"), column("passed"), column("since"),
            column("since"), column("due"), column("attempts"), tokens["is_forked"][mine], np.arange(len(mine)) < len(places), woken,
        )  # fmt: skip
        who = Runs(
            runs + 1, self.runs["account"][runs], self.runs["contact"][runs], self.runs["entered_at"][runs],
            [self.values[run] for run in runs.tolist()],
        )  # fmt: skip
        return Turn((who, table), runs, mine, tokens["since"][mine].copy(), tokens["step"][mine].copy())

    def _siblings(self, places: Ints) -> Ints:
        forked = self.tokens["is_forked"][places]
        runs = np.unique(self.tokens["at"][places[forked]])
        others = np.flatnonzero(self.tokens["alive"] & self.tokens["is_forked"])
        others = others[np.isin(self.tokens["at"][others], runs)]
        return np.setdiff1d(others, places)

    def give_back(self, turn: Turn, done: Advanced, now: int) -> Ints:
        """Take in what a turn came to; gives the places of its tokens, new ones behind the old."""
        before, now_there = len(turn.tokens), len(done.tokens)
        new = self.tokens.add(
            now_there - before, at=0, step=0, state=0, passed=1, since=now, due=NEVER, attempts=0, is_forked=False,
            alive=True, answer_at=NEVER, answer=0,
        )  # fmt: skip
        places = np.concatenate((turn.tokens, new))
        for name in _TOKEN_COLUMNS[1:]:
            self.tokens[name][places] = getattr(done.tokens, name)
        self.tokens["at"][places] = turn.runs[done.tokens.at]
        self.tokens["alive"][places[done.gone]] = False
        for run in done.changed:
            self.values[int(turn.runs[run])] = done.runs.values[run]
        self._end(turn, done, now)
        self._forget_answers(turn, done)
        return places

    def _end(self, turn: Turn, done: Advanced, now: int) -> None:
        if not done.ended:
            return
        ended = turn.runs[np.fromiter(done.ended, np.int64, len(done.ended))]
        self.runs["ended_at"][ended] = now
        for run, (status, reason) in zip(ended.tolist(), done.ended.values(), strict=True):
            self.runs["status"][run] = int(status)
            self.reasons[run] = reason
            self._tell_parent(run, status, now)

    def _tell_parent(self, run: int, status: RunStatus, now: int) -> None:
        parent = self.parents.pop(run, None) if self.parents else None
        if parent is not None:
            parent.tell(status.name.lower(), now)

    def _forget_answers(self, turn: Turn, done: Advanced) -> None:
        """An answer is for the step that asked: who has left it is told nothing any more."""
        before = len(turn.tokens)
        left = (
            (done.tokens.step[:before] != turn.step) | (done.tokens.since[:before] != turn.since) | done.gone[:before]
        )
        gone = turn.tokens[left]
        self.tokens["answer_at"][gone] = NEVER
        for place in gone.tolist() if self._more else ():
            self._more.pop(place, None)

    def answer(self, places: Ints, at: int, wake: Wake) -> None:
        """Tell tokens something at a moment, if they still wait there; what comes later than what they already wait for
        is told after it."""
        busy = self.tokens["answer_at"][places] != NEVER
        for place in places[busy].tolist():
            self._more.setdefault(place, []).append((at, wake))
        free = places[~busy]
        self.tokens["answer_at"][free], self.tokens["answer"][free] = at, len(self._wakes)
        self._wakes.append(wake)

    def told(self, places: Ints) -> list[Wake]:
        """Take out what tokens are told now, one thing each."""
        wakes = [self._wakes[number] for number in self.tokens["answer"][places].tolist()]
        self.tokens["answer_at"][places] = NEVER
        for place in (place for place in places.tolist() if place in self._more) if self._more else ():
            following = sorted(self._more.pop(place), key=itemgetter(0))
            for at, wake in following:
                self.answer(np.array([place]), at, wake)
        return wakes

    def end(self, runs: Ints, status: RunStatus, reason: str, now: int) -> None:
        """End runs with all their tokens."""
        if not len(runs):
            return
        self.runs["status"][runs], self.runs["ended_at"][runs] = int(status), now
        self.reasons.update(dict.fromkeys(runs.tolist(), reason))
        is_ended = np.zeros(self.runs.n, bool)
        is_ended[runs] = True
        living = np.flatnonzero(self.tokens["alive"])
        self.tokens["alive"][living[is_ended[self.tokens["at"][living]]]] = False
        for run in runs.tolist() if self.parents else ():
            self._tell_parent(run, status, now)
