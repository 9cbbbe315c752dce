"""The machine: tokens of one version run on to their next wait, on columns, without I/O, under any clock.

Reads : Compiled, Tokens with their Runs, World
Gives : advance(), leave_early(), end() -> Advanced
Source: DESIGN section 9 ('macro-step'); the worker and the simulation call the same function. What steps decided is
        carried out in movement.py

1 Runs whose goal is met, or whose exit condition came true, end.
2 Tokens are grouped by step; each group is given to its step as columns (arrive, or wake when it waited there).
3 Those that left by a port arrive at the next step, and so on, until all wait or are gone, HOPS times at most.
4 Joins that are complete let one token go on (joining.py).

A step that raises takes down those it raises for and nobody else: the group is halved until they are found.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from forestay.journeys import joining
from forestay.journeys.compiled import Compiled, CompiledStep
from forestay.journeys.judging import judged
from forestay.journeys.movement import PASSED, Came, Movement
from forestay.journeys.moves import NEVER, Batch, Ints, Moves, Wake, World, undecided
from forestay.journeys.tokens import SUBJECT_STEP, Advanced, Runs, Tokens
from forestay.journeys.words import RunStatus, TokenState
from forestay.kit.errors import ForestayError
from forestay.store.database import StoreUnavailable

HOPS = 50
"""Steps that a token passes in one turn; beyond them the turn is cut and the next one goes on."""
PASSES = 1000
"""So often may a run come to one step in turns that were cut; then it goes round in circles and fails."""


def advance(
    compiled: Compiled, runs: Runs, tokens: Tokens, world: World, later: Mapping[int, Sequence[Wake]] | None = None, *,
    came: Mapping[int, Came] | None = None, judges_all: bool = False,
) -> Advanced:  # fmt: skip
    """Let the claimed tokens run on. Both tables are changed in place and stand in the answer.

    A token with something in `woken` waited at its step and is woken; the others have just come to theirs. later: by
    place, what else woke it, in order: given to it one after the other while it stays where it was. came: by place, what
    brought in those who begin. judges_all: goals and exits are asked of those that are not claimed, too.
    """
    turn = _turn(compiled, runs, tokens, world, later, came)
    if judges_all:
        turn.end_early(np.arange(len(tokens)))
    turn.run()
    return turn.done


def leave_early(compiled: Compiled, runs: Runs, tokens: Tokens, world: World) -> Advanced:
    """End the runs whose goal or exit condition is true now; the others stay as they are."""
    turn = _turn(compiled, runs, tokens, world)
    turn.end_early(np.arange(len(tokens)))
    turn.done.gone |= turn.is_over[tokens.at]
    return turn.done


def end(
    compiled: Compiled, runs: Runs, tokens: Tokens, world: World, places: Ints, how: tuple[RunStatus, str]
) -> Advanced:
    """End the runs of some tokens where they stand; the others stay as they are."""
    turn = _turn(compiled, runs, tokens, world)
    turn.end(places, {int(place): how for place in places.tolist()}, SUBJECT_STEP)
    turn.done.gone |= turn.is_over[tokens.at]
    return turn.done


def _turn(
    compiled: Compiled, runs: Runs, tokens: Tokens, world: World, later: Mapping[int, Sequence[Wake]] | None = None,
    came: Mapping[int, Came] | None = None,
) -> _Turn:  # fmt: skip
    return _Turn(compiled, world, Advanced(runs, tokens, np.zeros(len(tokens), bool)), later or {}, came or {})


class _Turn(Movement):
    """One turn, led from step to step."""

    def run(self) -> None:
        """Until all wait or are gone."""
        places = np.flatnonzero(self.done.tokens.claimed)
        if self.compiled.listens:
            self._note_standing(places)
        self.end_early(places)
        places = self.living(places)
        while len(places) and self.hop < HOPS + self.looks:
            self.hop += 1
            moved = [self._group(step, group) for step, group in self._groups(places)]
            places = self.living(np.concatenate(moved))
            if not len(places):
                places = self.living(joining.resolve(self.compiled, self.done, self.is_over, self._leave_join))
        if len(places):
            self._cut(places)
        self.done.gone |= self.is_over[self.done.tokens.at]

    def end_early(self, places: Ints) -> None:
        """Goal first: who met it left content."""
        for condition, status in (
            (self.compiled.goal_condition, RunStatus.GOAL_MET), (self.compiled.exit_condition, RunStatus.LEFT),
        ):  # fmt: skip
            places = self.living(places)
            if condition is not None and len(places):
                met = places[judged(condition, lambda some: self.world.table(self._batch(some, None)), places)]
                reason = "goal" if status is RunStatus.GOAL_MET else "exit"
                self.end(met, {int(place): (status, reason) for place in met}, SUBJECT_STEP)

    def _note_standing(self, places: Ints) -> None:
        """Who begins counts from what brought it in; who came to its step in an earlier turn, from that."""
        tokens = self.done.tokens
        for place, came in self.came.items():
            self._count_from(place, int(tokens.step[place]), came)
        for place in places[tokens.state[places] == int(TokenState.READY)].tolist():
            if tokens.woken[place] is None:
                self.came.setdefault(place, Came(int(tokens.heard[place])))

    def _leave_join(self, number: int, places: Ints, ports: list[str]) -> Ints:
        """What completed a join moves the one that goes on for all."""
        for place in places.tolist() if self.came else ():
            mine = np.flatnonzero(self.done.tokens.at == self.done.tokens.at[place]).tolist()
            latest = max((self.came[one] for one in mine if one in self.came), key=lambda came: came.at, default=None)
            if latest is not None:
                self.came[place] = latest
        return self.leave(number, places, ports)

    def _groups(self, places: Ints) -> Iterator[tuple[int, Ints]]:
        """Places by step and by whether they were woken."""
        tokens = self.done.tokens
        woken = np.fromiter((tokens.woken[place] is not None for place in places.tolist()), bool, len(places))
        keys = tokens.step[places] * 2 + woken
        order = np.argsort(keys, kind="stable")
        starts = np.flatnonzero(np.diff(keys[order], prepend=-1))
        for group in np.split(places[order], starts[1:]):
            yield int(tokens.step[group[0]]), group

    def _group(self, number: int, places: Ints) -> Ints:
        """One step with those who stand there; gives who moved on."""
        tokens = self.done.tokens
        step = self.compiled.steps.get(number)
        if step is None:
            self.fail(places, f"there is no step {number} in this version", is_final=True)
            return places[:0]
        wakes = [tokens.woken[place] for place in places.tolist()]
        is_woken = wakes[0] is not None
        if is_woken:
            self._note_wakes(places.tolist(), wakes)
        else:
            self.done.counts[number, "arrived"] += len(places)
            self._count_first(number, places)
        self.done.transitions += len(places)
        moved = []
        for part, moves in self._tried(step, places, [wake for wake in wakes if wake] if is_woken else None):
            for place in part.tolist():
                tokens.woken[place] = None
            moved.append(self.apply(step, number, part, moves, is_woken=is_woken))
        return np.concatenate(moved) if moved else places[:0]

    def _note_wakes(self, places: list[int], wakes: list[Wake | None]) -> None:
        for place, wake in zip(places, wakes, strict=True):
            self.came.pop(place, None)
            if wake is None or not (self.compiled.listens or wake.at >= self.now):
                continue
            due = int(self.done.tokens.due[place])
            if wake.what == "timer" and due != NEVER:
                self.came[place] = Came(min(due, self.now))
            elif wake.what in ("event", "outcome", "child") and wake.at:
                self.came[place] = Came(wake.at, wake.name if wake.what == "event" else "")

    def _count_first(self, number: int, places: Ints) -> None:
        """Who began at a step has come there once, too."""
        for run in self.done.tokens.at[places].tolist() if number in self.compiled.graph.counted else ():
            before = self.done.runs.values[run].get(PASSED, {})
            if str(number) not in before:
                self.put(run, {PASSED: {**before, str(number): 1}})

    def _tried(self, step: CompiledStep, places: Ints, wakes: list[Wake] | None) -> Iterator[tuple[Ints, Moves]]:
        """What the step decides; halves of the group where it raises, until those it raises for stand alone."""
        batch, moves = self._batch(places, wakes), Moves(len(places))
        try:
            act = step.kind.arrive if wakes is None else (step.kind.wake or step.kind.arrive)
            act(step.settings, batch, self.world, moves)
        except StoreUnavailable:  # nobody's fault: the turn is done again
            raise
        except Exception as reason:  # noqa: BLE001 - whatever it is, it is theirs alone
            if len(places) == 1:
                is_final = not (isinstance(reason, ForestayError) and reason.retryable)
                self.fail(places, f"{type(reason).__name__}: {reason}", is_final=is_final)
                return
            half = len(places) // 2
            for part in (slice(None, half), slice(half, None)):
                yield from self._tried(step, places[part], None if wakes is None else wakes[part])
            return
        lost = undecided(moves)
        if lost.any():
            self.fail(places[lost], f"step '{step.id}' decided nothing", is_final=True)
        yield places, moves

    def _batch(self, places: Ints, wakes: list[Wake] | None) -> Batch:
        runs, tokens = self.done.runs, self.done.tokens
        at = tokens.at[places]
        step = self.compiled.steps.get(int(tokens.step[places[0]]))
        return Batch(
            self.compiled.workspace_id, self.compiled.key, tokens.token[places], runs.run[at], runs.account[at],
            runs.contact[at], tokens.passed[places], runs.entered_at[at], tokens.since[places],
            [runs.values[place] for place in at.tolist()], wakes, "" if step is None else step.id, self.compiled.consent,
        )  # fmt: skip

    def _cut(self, places: Ints) -> None:
        """A long way without a wait goes on in the next turn; a circle without one fails."""
        tokens = self.done.tokens
        circling = tokens.passed[places] > PASSES
        self.fail(places[circling], "goes round in circles without a wait", is_final=True)
        here = places[~circling]
        tokens.state[here], tokens.due[here] = int(TokenState.READY), self.now
