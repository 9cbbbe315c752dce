"""Tokens of runs as columns, and all that a turn of them came to.

Gives : Runs, Tokens, Advanced, Request, Passage, Kept
Source: DESIGN section 9. The runtime reads these from rows and writes them back; the simulation keeps them in memory
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from forestay.customers.requests import ActionRequest
from forestay.journeys.moves import NEVER, Child, Ints, Values, Wake
from forestay.journeys.words import Happening, RunStatus, TokenState

Flags = npt.NDArray[np.bool_]
SUBJECT_STEP = -1
"""The `step` of counts and history that are about the journey itself."""


@dataclass(slots=True)
class Runs:
    """Runs of one version, place for place (m,). contact: 0 where the subject is an account; entered_at: microseconds
    UTC; values: the run's own values, one dict each, replaced and never changed."""

    run: Ints
    account: Ints
    contact: Ints
    entered_at: Ints
    values: list[Values]

    def __len__(self) -> int:
        return len(self.run)


@dataclass(slots=True)
class Tokens:
    """Tokens of those runs (n,). at: place in Runs; token: 0 until the store gave a number; since: when it came to its
    step; heard: from when on events count there, earlier where we heard late of what brought it; due: NEVER for none.

    woken: why each is looked at; None: it has just come (READY). claimed: False for siblings that are there because a
    join asks for them. is_forked: the run may have other tokens.
    """

    token: Ints
    at: Ints
    step: Ints
    state: Ints
    passed: Ints
    since: Ints
    heard: Ints
    due: Ints
    attempts: Ints
    is_forked: Flags
    claimed: Flags
    woken: list[Wake | None]

    def __len__(self) -> int:
        return len(self.token)

    @classmethod
    def new(cls, at: Ints, step: int, now: int, token: Ints | None = None) -> Tokens:
        """One fresh token for each run, about to arrive at a step."""
        n = len(at)
        return cls(
            np.zeros(n, np.int64) if token is None else token, at, np.full(n, step), np.full(n, int(TokenState.READY)),
            np.ones(n, np.int64), np.full(n, now), np.full(n, now), np.full(n, NEVER), np.zeros(n, np.int64), np.zeros(n, bool),
            np.ones(n, bool), [None] * n,
        )  # fmt: skip

    def chosen(self, places: Ints) -> Tokens:
        """Those of some places, of the same runs; a turn's gone tokens must not come to the next one."""
        return Tokens(
            self.token[places], self.at[places], self.step[places], self.state[places], self.passed[places],
            self.since[places], self.heard[places], self.due[places], self.attempts[places], self.is_forked[places], self.claimed[places],
            [self.woken[place] for place in places.tolist()],
        )  # fmt: skip

    def add(self, at: Ints, step: Ints, passed: Ints, now: int) -> Ints:
        """Append forked tokens; gives their places."""
        n, first = len(at), len(self)
        more = Tokens.new(at, 0, now)
        more.step, more.passed, more.is_forked = step, passed, np.ones(n, bool)
        self.extend(more)
        return np.arange(first, first + n)

    def extend(self, more: Tokens) -> None:
        """Append tokens of the same runs."""
        for name in (
            "token",
            "at",
            "step",
            "state",
            "passed",
            "since",
            "heard",
            "due",
            "attempts",
            "is_forked",
            "claimed",
        ):
            setattr(self, name, np.concatenate((getattr(self, name), getattr(more, name))))
        self.woken += more.woken


@dataclass(frozen=True, slots=True)
class Request:
    """A request to act. place: of Tokens; passed: of the moment it was asked, since the token may have gone on."""

    place: int
    step: int
    passed: int
    slot: str
    request: ActionRequest
    not_before: datetime | None


@dataclass(frozen=True, slots=True)
class Passage:
    """Rows of history, of one step in one hop: at: places of Runs (n,); ports: code into port_names (n,), -1 none;
    details by place in `at`."""

    at: Ints
    hop: int
    step: int
    happening: Happening
    port_names: tuple[str, ...] = ()
    ports: Ints | None = None
    details: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Exposure:
    """A run got an arm of a test. at: place of Runs; shares: arm -> probability with which it got it."""

    at: int
    test: str
    bucket_version: int
    arm: str
    shares: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Kept:
    """What a token that failed was woken by: it is tried again with it. later: what woke it besides, in order."""

    place: int
    wake: Wake | None
    reason: str
    later: tuple[Wake, ...] = ()


@dataclass(slots=True)
class Advanced:
    """What a turn came to. gone: tokens that are no more (n,), of ended runs too; ended: by place of Runs; early: those of
    them that ended where they stood, and not at a step.

    changed: places of Runs whose values were replaced. counts: (step, name) -> number, step -1 for the journey itself.
    awaited: children by the token's place. retried: tokens that failed, for now or for good. cut: places that reached the hop limit.
    """

    runs: Runs
    tokens: Tokens
    gone: Flags
    ended: dict[int, tuple[RunStatus, str]] = field(default_factory=dict)
    early: set[int] = field(default_factory=set)
    changed: set[int] = field(default_factory=set)
    requests: list[Request] = field(default_factory=list)
    children: list[Child] = field(default_factory=list)
    passages: list[Passage] = field(default_factory=list)
    exposures: list[Exposure] = field(default_factory=list)
    retried: list[Kept] = field(default_factory=list)
    counts: Counter[tuple[int, str]] = field(default_factory=Counter)
    transitions: int = 0
