"""Joins: when the tokens of a fork that have met let one of them go on.

Reads : Advanced with all tokens of the forked runs in it, the version's graph
Gives : resolve()

'all' waits for every token of the run that can still reach the join; 'any' and a number wait for so many, or for
all that can still come, and take away those that are on their way. When every token of a run stands at a join and
none would be complete, the lowest one is: a run never waits for nobody.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from forestay.journeys.compiled import Compiled
from forestay.journeys.moves import Ints
from forestay.journeys.tokens import Advanced, Flags
from forestay.journeys.words import TokenState

Leave = Callable[[int, Ints, list[str]], Ints]


def resolve(compiled: Compiled, done: Advanced, is_over: Flags, leave: Leave) -> Ints:
    """Complete the joins that are; gives the tokens that went on."""
    tokens = done.tokens
    at_join = (tokens.state == int(TokenState.JOIN)) & ~done.gone & ~is_over[tokens.at]
    moved = [_resolve_run(compiled, done, int(run), leave) for run in np.unique(tokens.at[at_join])]
    return np.concatenate(moved) if moved else np.empty(0, np.int64)


def _resolve_run(compiled: Compiled, done: Advanced, run: int, leave: Leave) -> Ints:
    tokens = done.tokens
    living = np.flatnonzero((tokens.at == run) & ~done.gone)
    waiting = living[tokens.state[living] == int(TokenState.JOIN)]
    for join in np.unique(tokens.step[waiting]).tolist():
        arrived = waiting[tokens.step[waiting] == join]
        coming = _coming(compiled, done, np.setdiff1d(living, arrived), join)
        if len(arrived) >= compiled.steps[join].needs(len(arrived) + len(coming)) or not len(coming):
            return _complete(done, living, arrived, coming, join, leave)
    if len(waiting) == len(living):
        join = int(tokens.step[waiting].min())
        return _complete(done, living, waiting[tokens.step[waiting] == join], living[:0], join, leave)
    return living[:0]


def _coming(compiled: Compiled, done: Advanced, others: Ints, join: int) -> Ints:
    reaches = compiled.graph.reaches[join]
    steps = done.tokens.step[others].tolist()
    here: Ints = others[np.fromiter((step in reaches for step in steps), bool, len(steps))]
    return here


def _complete(done: Advanced, living: Ints, arrived: Ints, coming: Ints, join: int, leave: Leave) -> Ints:
    """The first that arrived goes on for all; the run is a single token's again when no other is left."""
    goes_on, absorbed = arrived[:1], np.concatenate((arrived[1:], coming))
    done.gone[absorbed] = True
    if len(living) == 1 + len(absorbed):
        done.tokens.is_forked[goes_on] = False
    return leave(join, goes_on, ["next"])
