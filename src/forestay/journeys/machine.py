"""The machine: tokens of one version run on to their next wait, on columns, without I/O, under any clock.

Reads : Compiled, Tokens with their Runs, World
Gives : advance(), leave_early(), end() -> Advanced
Source: DESIGN section 9 ('macro-step'); the worker and the simulation call the same function

1 Runs whose goal is met, or whose exit condition came true, end.
2 Tokens are grouped by step; each group is given to its step as columns (arrive, or wake when it waited there).
3 Those that left by a port arrive at the next step, and so on, until all wait or are gone, HOPS times at most.
4 Joins that are complete let one token go on (joining.py).

A step that raises takes down those it raises for and nobody else: the group is halved until they are found.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from forestay.customers.requests import WithdrawRequest
from forestay.journeys import joining
from forestay.journeys.compiled import Compiled, CompiledStep
from forestay.journeys.judging import judged
from forestay.journeys.moves import NEVER, Batch, Ints, Moves, Wake, World, details_of, undecided
from forestay.journeys.tokens import SUBJECT_STEP, Advanced, Exposure, Flags, Kept, Passage, Request, Runs, Tokens
from forestay.journeys.words import Happening, RunStatus, TokenState
from forestay.kit.clock import micros_of
from forestay.kit.errors import ForestayError
from forestay.store.database import StoreUnavailable

HOPS = 50
"""Steps that a token passes in one turn; beyond them the turn is cut and the next one goes on."""
PASSES = 1000
"""So often may a run come to one step in turns that were cut; then it goes round in circles and fails."""
TRIES = 5
FIRST_RETRY_SECONDS = 30
LAPS, PASSED = "_laps", "_passed"
"""Run values of ours: how often an operator sent it back, and how often it came to the steps that are counted."""


def advance(
    compiled: Compiled, runs: Runs, tokens: Tokens, world: World, later: Mapping[int, Sequence[Wake]] | None = None, *,
    judges_all: bool = False,
) -> Advanced:  # fmt: skip
    """Let the claimed tokens run on. Both tables are changed in place and stand in the answer.

    A token with something in `woken` waited at its step and is woken; the others have just come to theirs. later: by
    place, what else woke it, in order: given to it one after the other while it stays where it was. judges_all: goals
    and exits are asked of those that are not claimed, too.
    """
    turn = _Turn(compiled, runs, tokens, world, later or {})
    if judges_all:
        turn.end_early(np.arange(len(tokens)))
    turn.run()
    return turn.done


def leave_early(compiled: Compiled, runs: Runs, tokens: Tokens, world: World) -> Advanced:
    """End the runs whose goal or exit condition is true now; the others stay as they are."""
    turn = _Turn(compiled, runs, tokens, world, {})
    turn.end_early(np.arange(len(tokens)))
    turn.done.gone |= turn.is_over[tokens.at]
    return turn.done


def end(
    compiled: Compiled, runs: Runs, tokens: Tokens, world: World, places: Ints, how: tuple[RunStatus, str]
) -> Advanced:
    """End the runs of some tokens where they stand; the others stay as they are."""
    turn = _Turn(compiled, runs, tokens, world, {})
    turn.end(places, {int(place): how for place in places.tolist()}, SUBJECT_STEP)
    turn.done.gone |= turn.is_over[tokens.at]
    return turn.done


class _Turn:
    def __init__(
        self, compiled: Compiled, runs: Runs, tokens: Tokens, world: World, later: Mapping[int, Sequence[Wake]]
    ) -> None:  # fmt: skip
        self.compiled, self.world = compiled, world
        self._later = {place: list(wakes) for place, wakes in later.items()}
        self.now = micros_of(world.now)
        self.done = Advanced(runs, tokens, np.zeros(len(tokens), bool))
        self.is_over = np.zeros(len(runs), bool)
        self._ahead: dict[int, int] = {}
        """By place, the moment of an event that woke it and is not over yet: clocks of senders run ahead of ours."""
        self.hop = self.looks = 0
        """Steps passed, and those that were only looked at again: there are as many of these as there were wakes."""

    def run(self) -> None:
        places = np.flatnonzero(self.done.tokens.claimed)
        self.end_early(places)
        places = self._living(places)
        while len(places) and self.hop < HOPS + self.looks:
            self.hop += 1
            moved = [self._group(step, group) for step, group in self._groups(places)]
            places = self._living(np.concatenate(moved))
            if not len(places):
                places = self._living(joining.resolve(self.compiled, self.done, self.is_over, self.leave))
        if len(places):
            self._cut(places)
        self.done.gone |= self.is_over[self.done.tokens.at]

    def end_early(self, places: Ints) -> None:
        """Goal first: who met it left content."""
        for condition, status in (
            (self.compiled.goal_condition, RunStatus.GOAL_MET), (self.compiled.exit_condition, RunStatus.LEFT),
        ):  # fmt: skip
            places = self._living(places)
            if condition is not None and len(places):
                met = places[judged(condition, lambda some: self.world.table(self._batch(some, None)), places)]
                reason = "goal" if status is RunStatus.GOAL_MET else "exit"
                self.end(met, {int(place): (status, reason) for place in met}, SUBJECT_STEP)

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
            self._fail(places, f"there is no step {number} in this version", is_final=True)
            return places[:0]
        wakes = [tokens.woken[place] for place in places.tolist()]
        is_woken = wakes[0] is not None
        if is_woken:
            self._ahead |= {
                place: wake.at
                for place, wake in zip(places.tolist(), wakes, strict=True)
                if wake and wake.what == "event" and wake.at >= self.now
            }
        else:
            self.done.counts[number, "arrived"] += len(places)
            self._count_first(number, places)
        self.done.transitions += len(places)
        moved = []
        for part, moves in self._tried(step, places, [wake for wake in wakes if wake] if is_woken else None):
            for place in part.tolist():
                tokens.woken[place] = None
            moved.append(self._apply(step, number, part, moves, is_woken=is_woken))
        return np.concatenate(moved) if moved else places[:0]

    def _count_first(self, number: int, places: Ints) -> None:
        """Who began at a step has come there once, too."""
        for run in self.done.tokens.at[places].tolist() if number in self.compiled.graph.counted else ():
            before = self.done.runs.values[run].get(PASSED, {})
            if str(number) not in before:
                self._put(run, {PASSED: {**before, str(number): 1}})

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
                self._fail(places, f"{type(reason).__name__}: {reason}", is_final=is_final)
                return
            half = len(places) // 2
            for part in (slice(None, half), slice(half, None)):
                yield from self._tried(step, places[part], None if wakes is None else wakes[part])
            return
        lost = undecided(moves)
        if lost.any():
            self._fail(places[lost], f"step '{step.id}' decided nothing", is_final=True)
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

    def _apply(self, step: CompiledStep, number: int, places: Ints, moves: Moves, *, is_woken: bool) -> Ints:
        """Carry out what a step decided for these places; gives who moved on."""
        done, tokens = self.done, self.done.tokens
        for place, values in moves.puts.items():
            self._put(int(tokens.at[places[place]]), values)
        asked = self._ask(number, places, moves)
        self._expose(places, moves)
        for child in moves.children:
            done.children.append(replace(child, place=int(places[child.place])))
        waiting = np.flatnonzero(moves.state >= 0)
        again = self._wait(number, places, waiting, moves, asked, is_woken=is_woken)
        self.end(places, {int(places[place]): how for place, how in moves.ends.items()}, number, moves, asked)
        going = np.array([n for n, port in enumerate(moves.port) if port is not None], np.int64)
        moved = [
            again,
            self.leave(number, places[going], [str(moves.port[n]) for n in going.tolist()], asked, moves, going),
        ]
        moved += [
            self._fork(number, int(places[place]), ports, moves.details.get(place))
            for place, ports in moves.forks.items()
        ]
        return np.concatenate(moved)

    def leave(
        self, number: int, places: Ints, ports: list[str], asked: Flags | None = None, moves: Moves | None = None,
        local: Ints | None = None,
    ) -> Ints:  # fmt: skip
        """Go by ports from a step to the steps behind them; gives who arrived (all whose port leads somewhere)."""
        step = self.compiled.steps[number]
        names = tuple(step.ports)
        code_of = {name: code for code, name in enumerate(names)}
        codes = np.fromiter((code_of.get(port, -1) for port in ports), np.int64, len(ports))
        self._tell(number, places, codes, names, asked, moves, local)
        lost = codes < 0
        if lost.any():
            self._fail(
                places[lost],
                f"nothing is behind the port '{ports[int(np.argmax(lost))]}' of '{step.id}'",
                is_final=True,
            )
            places, codes = places[~lost], codes[~lost]
        if len(places):
            for code, count in enumerate(np.bincount(codes, minlength=len(names)).tolist()):
                if count:
                    self.done.counts[number, f"port:{names[code]}"] += count
            targets = np.array([step.ports[name] for name in names], np.int64)
            self._arrive(places, targets[codes])
        return places

    def _arrive(self, places: Ints, targets: Ints) -> None:
        tokens = self.done.tokens
        for place in self._later.keys() & set(places.tolist()) if self._later else ():
            del self._later[place]
        tokens.step[places], tokens.since[places], tokens.attempts[places] = targets, self.now, 0
        for place in self._ahead.keys() & set(places.tolist()) if self._ahead else ():
            tokens.since[place] = self._ahead[place] + 1
        tokens.state[places], tokens.due[places] = int(TokenState.READY), NEVER
        tokens.passed[places] = self._passes(places, targets)

    def _passes(self, places: Ints, targets: Ints) -> Ints:
        """How often each run has now come to its step, from 1; more after an operator sent it back."""
        runs, at = self.done.runs, self.done.tokens.at[places]
        passes = np.ones(len(places), np.int64)
        counted = self.compiled.graph.counted
        was_sent_back = any(LAPS in runs.values[run] for run in at.tolist())
        if not was_sent_back and counted.isdisjoint(np.unique(targets).tolist()):
            return passes
        for n, (run, step) in enumerate(zip(at.tolist(), targets.tolist(), strict=True)):
            values = runs.values[run]
            if step in counted:
                before = values.get(PASSED, {})
                passes[n] = before.get(str(step), 0) + 1
                self._put(run, {PASSED: {**before, str(step): int(passes[n])}})
            if LAPS in values:
                passes[n] += values[LAPS]
        return passes

    def _fork(self, number: int, place: int, ports: tuple[str, ...], detail: dict[str, object] | None) -> Ints:
        """The token goes by the first port, new ones by the others."""
        done, tokens = self.done, self.done.tokens
        at = tokens.at[np.full(len(ports) - 1, place)]
        first = np.array([place], np.int64)
        tokens.is_forked[first] = True
        new = tokens.add(at, np.full(len(at), number), np.ones(len(at), np.int64), self.now)
        done.gone = np.concatenate((done.gone, np.zeros(len(new), bool)))
        return self.leave(number, np.concatenate((first, new)), list(ports), None, None, None)

    def _wait(self, number: int, places: Ints, waiting: Ints, moves: Moves, asked: Flags, *, is_woken: bool) -> Ints:
        """Stay; gives those whom something else woke besides, who look again."""
        if not len(waiting):
            return waiting
        tokens, here = self.done.tokens, places[waiting]
        tokens.state[here], tokens.due[here], tokens.attempts[here] = moves.state[waiting], moves.due[waiting], 0
        told = waiting[asked[waiting]] if is_woken else waiting
        self._history(number, places, told, Happening.WAITED, asked, moves)
        again = [place for place in here.tolist() if self._later.get(place)] if self._later else []
        self.looks += bool(again)
        for place in again:
            tokens.woken[place] = self._later[place].pop(0)
        return np.array(again, np.int64)

    def _tell(
        self, number: int, places: Ints, codes: Ints, names: tuple[str, ...], asked: Flags | None,
        moves: Moves | None, local: Ints | None,
    ) -> None:  # fmt: skip
        """History of leaving: one row a token; where it also asked, the row says that it asked."""
        details = {} if moves is None or local is None else details_of(moves, local)
        did_ask = np.zeros(len(places), bool) if asked is None or local is None else asked[local]
        for happening, mask in ((Happening.LEFT, ~did_ask), (Happening.ASKED, did_ask)):
            here = np.flatnonzero(mask)
            if len(here):
                told = {n: details[p] for n, p in enumerate(here.tolist()) if p in details} if details else {}
                at = self.done.tokens.at[places[here]]
                self.done.passages.append(Passage(at, self.hop, number, happening, names, codes[here], told))

    def _history(
        self, number: int, places: Ints, local: Ints, happening: Happening, asked: Flags, moves: Moves
    ) -> None:  # fmt: skip
        details = details_of(moves, local)
        for what, mask in ((happening, ~asked[local]), (Happening.ASKED, asked[local])):
            here = np.flatnonzero(mask)
            if len(here):
                told = {n: details[p] for n, p in enumerate(here.tolist()) if p in details} if details else {}
                at = self.done.tokens.at[places[local[here]]]
                self.done.passages.append(Passage(at, self.hop, number, what, details=told))

    def _ask(self, number: int, places: Ints, moves: Moves) -> Flags:
        """Note the requests; gives which places asked."""
        asked = np.zeros(len(places), bool)
        passed = self.done.tokens.passed
        for ask in moves.asks:
            place = int(places[ask.place])
            asked[ask.place] = True
            self.done.requests.append(Request(place, number, int(passed[place]), ask.slot, ask.request, ask.not_before))
        counted = sum(not isinstance(ask.request, WithdrawRequest) for ask in moves.asks)
        if counted:
            self.done.counts[number, "asked"] += counted
        return asked

    def _expose(self, places: Ints, moves: Moves) -> None:
        at = self.done.tokens.at
        for one in moves.exposures:
            run = int(at[places[one.place]])
            self.done.exposures.append(Exposure(run, one.test, one.bucket_version, one.arm, one.shares))

    def _put(self, run: int, values: dict[str, object]) -> None:
        self.done.runs.values[run] = {**self.done.runs.values[run], **values}
        self.done.changed.add(run)

    def end(
        self, places: Ints, ends: dict[int, tuple[RunStatus, str]], number: int, moves: Moves | None = None,
        asked: Flags | None = None,
    ) -> None:  # fmt: skip
        """End runs; a run that two tokens end in the same hop ends once, in the first one's way."""
        done, at = self.done, self.done.tokens.at
        if moves is not None and asked is not None and asked.any() and ends:
            local = np.fromiter((n for n in moves.ends if asked[n]), np.int64)
            self._history(number, places, local, Happening.ASKED, asked, moves)
        ways: dict[tuple[RunStatus, str], list[int]] = {}
        for place, how in ends.items():
            run = int(at[place])
            if not self.is_over[run]:
                self.is_over[run] = True
                done.ended[run] = how
                if number == SUBJECT_STEP:
                    done.early.add(run)
                ways.setdefault(how, []).append(run)
        for (status, reason), runs in ways.items():
            done.counts[SUBJECT_STEP, f"ended:{status.name.lower()}:{reason}"] += len(runs)
            at_runs = np.array(runs, np.int64)
            name = f"{status.name.lower()}:{reason}"
            done.passages.append(Passage(at_runs, self.hop, number, Happening.ENDED, (name,), np.zeros_like(at_runs)))

    def _fail(self, places: Ints, reason: str, *, is_final: bool) -> None:
        """For now (tried again later), or for good (the run is FAILED, the token STUCK, until an operator tries again).
        Either way with what woke it and what would have, since nobody tells that twice."""
        done, tokens = self.done, self.done.tokens
        for place in places.tolist():
            run, tries = int(tokens.at[place]), int(tokens.attempts[place]) + 1
            step = int(tokens.step[place])
            tokens.attempts[place] = tries
            detail = {"reason": reason[:500], "try": tries}
            done.passages.append(Passage(tokens.at[[place]], self.hop, step, Happening.FAILED, details={0: detail}))
            later = tuple(self._later.pop(place, ()))
            done.retried.append(Kept(place, tokens.woken[place], reason[:500], later))
            if is_final or tries >= TRIES:
                tokens.state[place], tokens.due[place] = int(TokenState.STUCK), NEVER
                done.ended.setdefault(run, (RunStatus.FAILED, reason[:500]))
                done.counts[SUBJECT_STEP, "ended:failed:step"] += 1
            else:
                tokens.due[place] = self.now + FIRST_RETRY_SECONDS * 1_000_000 * 4 ** (tries - 1)
                tokens.state[place] = int(TokenState.READY)
            tokens.woken[place] = None

    def _cut(self, places: Ints) -> None:
        """A long way without a wait goes on in the next turn; a circle without one fails."""
        tokens = self.done.tokens
        circling = tokens.passed[places] > PASSES
        self._fail(places[circling], "goes round in circles without a wait", is_final=True)
        here = places[~circling]
        tokens.state[here], tokens.due[here] = int(TokenState.READY), self.now

    def _living(self, places: Ints) -> Ints:
        done = self.done
        at, stuck = done.tokens.at[places], done.tokens.state[places] == int(TokenState.STUCK)
        living: Ints = places[~done.gone[places] & ~self.is_over[at] & ~stuck]
        return living
