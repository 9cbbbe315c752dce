"""What steps decided is carried out on the tokens: they ask, wait, go by ports, fork, end and fail.

Reads : Compiled, Moves of one step, Advanced
Gives : Movement, LAPS, PASSED, TRIES, FIRST_RETRY_SECONDS
Source: DESIGN section 9; the machine leads its turn (machine.py), history is told in telling.py
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from forestay.customers.requests import WithdrawRequest
from forestay.journeys.compiled import Compiled, CompiledStep
from forestay.journeys.moves import NEVER, Ints, Moves, Wake, World
from forestay.journeys.telling import tell_decided, tell_ended, tell_failed, tell_left
from forestay.journeys.tokens import SUBJECT_STEP, Advanced, Exposure, Flags, Kept, Request
from forestay.journeys.words import Happening, RunStatus, TokenState
from forestay.kit.clock import micros_of

TRIES = 5
FIRST_RETRY_SECONDS = 30
LAPS, PASSED = "_laps", "_passed"
"""Run values of ours: how often an operator sent it back, and how often it came to the steps that are counted."""


@dataclass(frozen=True, slots=True)
class Came:
    """What set a token moving in this turn: an event, an outcome, its timer, its entry. at: microseconds UTC of that,
    whenever we heard of it; name: of the event, '' for anything else."""

    at: int
    name: str = ""


class Movement:
    """The tokens of one turn. hop: steps passed so far; looks: those that were only looked at again, of which there are
    as many as there were wakes."""

    def __init__(
        self, compiled: Compiled, world: World, done: Advanced, later: Mapping[int, Sequence[Wake]],
        came: Mapping[int, Came],
    ) -> None:  # fmt: skip
        self.compiled, self.world, self.done = compiled, world, done
        self.later = {place: list(wakes) for place, wakes in later.items()}
        self.now = micros_of(world.now)
        self.is_over = np.zeros(len(done.runs), bool)
        self.came = dict(came)
        self.hop = self.looks = 0

    def apply(self, step: CompiledStep, number: int, places: Ints, moves: Moves, *, is_woken: bool) -> Ints:
        """Carry out what a step decided for these places; gives who moved on."""
        done, tokens = self.done, self.done.tokens
        for place, values in moves.puts.items():
            self.put(int(tokens.at[places[place]]), values)
        asked = self._ask(number, places, moves)
        self._expose(places, moves)
        for child in moves.children:
            place = int(places[child.place])
            done.children.append(replace(child, place=place, step=number, passed=int(tokens.passed[place])))
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
        tell_left(self.done, self.hop, number, places, codes, names, asked, moves, local)
        lost = codes < 0
        if lost.any():
            self.fail(
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
        for place in self.later.keys() & set(places.tolist()) if self.later else ():
            del self.later[place]
        tokens.step[places], tokens.attempts[places] = targets, 0
        tokens.since[places] = tokens.heard[places] = self.now
        for place in self.came.keys() & set(places.tolist()) if self.came else ():
            self._count_from(place, int(tokens.step[place]), self.came[place])
        tokens.state[places], tokens.due[places] = int(TokenState.READY), NEVER
        tokens.passed[places] = self._passes(places, targets)

    def _count_from(self, place: int, step: int, came: Came) -> None:
        """Events count for who comes to wait for one from the moment of what moved it there, however late we heard of
        that and act; time-outs count from when we act. An event whose moment is still to come (clocks of senders run
        ahead of ours) does not count again behind any step."""
        tokens, event = self.done.tokens, self.compiled.listens.get(step)
        if came.name and came.at >= self.now:
            tokens.since[place] = tokens.heard[place] = came.at + 1
        if event is not None:
            tokens.heard[place] = came.at + int(came.name == event)

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
                self.put(run, {PASSED: {**before, str(step): int(passes[n])}})
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
        if place in self.came:
            self.came |= dict.fromkeys(new.tolist(), self.came[place])
        return self.leave(number, np.concatenate((first, new)), list(ports), None, None, None)

    def _wait(self, number: int, places: Ints, waiting: Ints, moves: Moves, asked: Flags, *, is_woken: bool) -> Ints:
        """Stay; gives those whom something else woke besides, who look again."""
        if not len(waiting):
            return waiting
        tokens, here = self.done.tokens, places[waiting]
        tokens.state[here], tokens.due[here], tokens.attempts[here] = moves.state[waiting], moves.due[waiting], 0
        told = waiting[asked[waiting]] if is_woken else waiting
        tell_decided(self.done, self.hop, number, places, told, Happening.WAITED, asked, moves)
        again = [place for place in here.tolist() if self.later.get(place)] if self.later else []
        self.looks += bool(again)
        for place in again:
            tokens.woken[place] = self.later[place].pop(0)
        return np.array(again, np.int64)

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

    def put(self, run: int, values: dict[str, object]) -> None:
        """Set values of a run."""
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
            tell_decided(self.done, self.hop, number, places, local, Happening.ASKED, asked, moves)
        ways: dict[tuple[RunStatus, str], list[int]] = {}
        for place, how in ends.items():
            run = int(at[place])
            if not self.is_over[run]:
                self.is_over[run] = True
                done.counts[SUBJECT_STEP, "ended:failed:step"] -= (
                    run in done.ended
                )  # another branch had failed in this turn
                done.ended[run] = how
                if number == SUBJECT_STEP:
                    done.early.add(run)
                ways.setdefault(how, []).append(run)
        for (status, reason), runs in ways.items():
            done.counts[SUBJECT_STEP, f"ended:{status.name.lower()}:{reason}"] += len(runs)
            tell_ended(done, self.hop, number, runs, (status, reason))

    def fail(self, places: Ints, reason: str, *, is_final: bool) -> None:
        """For now (tried again later), or for good (the run is FAILED, the token STUCK, until an operator tries again).
        Either way with what woke it and what would have, since nobody tells that twice."""
        done, tokens = self.done, self.done.tokens
        for place in places.tolist():
            run, tries = int(tokens.at[place]), int(tokens.attempts[place]) + 1
            tokens.attempts[place] = tries
            tell_failed(done, self.hop, place, reason[:500], tries)
            later = tuple(self.later.pop(place, ()))
            done.retried.append(Kept(place, tokens.woken[place], reason[:500], later))
            if is_final or tries >= TRIES:
                tokens.state[place], tokens.due[place] = int(TokenState.STUCK), NEVER
                done.counts[SUBJECT_STEP, "ended:failed:step"] += run not in done.ended
                done.ended.setdefault(run, (RunStatus.FAILED, reason[:500]))
            else:
                tokens.due[place] = self.now + FIRST_RETRY_SECONDS * 1_000_000 * 4 ** (tries - 1)
                tokens.state[place] = int(TokenState.READY)
            tokens.woken[place] = None

    def living(self, places: Ints) -> Ints:
        """Those of the places whose token and run go on."""
        done = self.done
        at, stuck = done.tokens.at[places], done.tokens.state[places] == int(TokenState.STUCK)
        living: Ints = places[~done.gone[places] & ~self.is_over[at] & ~stuck]
        return living
