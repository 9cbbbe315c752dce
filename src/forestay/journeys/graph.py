"""What the machine must know of a version's drawing: which steps a run may pass twice, which tokens a join waits for.

Gives : Graph, graph_of()
A fork's tokens meet again at a join. A join waits for the tokens that can still reach it without going back through
the fork that opened it; so a branch that ends or turns elsewhere leaves nobody waiting.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Graph:
    """counted: steps that a run may come to more than once, whose passes are counted in the run's values.

    reaches: join -> steps from which a token can still come to it.
    """

    counted: frozenset[int]
    reaches: Mapping[int, frozenset[int]]


def graph_of(edges: Mapping[int, Iterable[int]], start: int, forks: Iterable[int], joins: Iterable[int]) -> Graph:
    """edges: step -> steps behind its ports.

    >>> graph_of({1: [2, 3], 2: [4], 3: [4], 4: []}, 1, [1], [4])
    Graph(counted=frozenset({4}), reaches={4: frozenset({1, 2, 3})})
    """
    to = {step: frozenset(targets) for step, targets in edges.items()}
    opened = _openings(to, start, frozenset(forks), frozenset(joins))
    looping = {step for step in to if step in _after(to, to[step])}
    shared = {
        step
        for fork in forks
        for one in to[fork]
        for other in to[fork]
        if one != other
        for step in _after(to, [one]) & _after(to, [other])
    }
    reaches = {join: _before({**to, opened.get(join, -1): frozenset()}, join) | _opener(opened, join) for join in joins}
    return Graph(frozenset(looping | shared), reaches)


def _opener(opened: Mapping[int, int], join: int) -> frozenset[int]:
    """A token that stands at the fork itself, about to fork, comes to the join as well."""
    return frozenset({opened[join]}) if join in opened else frozenset()


def _openings(
    to: Mapping[int, frozenset[int]], start: int, forks: frozenset[int], joins: frozenset[int]
) -> dict[int, int]:
    """The fork that opened what each join closes: the innermost on the first way to it."""
    opened: dict[int, int] = {}
    seen: set[int] = set()
    waiting: list[tuple[int, tuple[int, ...]]] = [(start, ())]
    while waiting:
        step, open_forks = waiting.pop()
        if step in seen or step not in to:
            continue
        seen.add(step)
        if step in joins and open_forks:
            opened[step], open_forks = open_forks[-1], open_forks[:-1]
        if step in forks:
            open_forks = (*open_forks, step)
        waiting += [(target, open_forks) for target in sorted(to[step], reverse=True)]
    return opened


def _after(to: Mapping[int, frozenset[int]], first: Iterable[int]) -> frozenset[int]:
    seen: set[int] = set()
    waiting = list(first)
    while waiting:
        step = waiting.pop()
        if step not in seen:
            seen.add(step)
            waiting += to.get(step, frozenset())
    return frozenset(seen)


def _before(to: Mapping[int, frozenset[int]], last: int) -> frozenset[int]:
    back: dict[int, set[int]] = {}
    for step, targets in to.items():
        for target in targets:
            back.setdefault(target, set()).add(step)
    return _after({step: frozenset(origins) for step, origins in back.items()}, back.get(last, ())) - {last}
