"""What the blocks of a replay came to, put together.

Gives : Gathered, Sent
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from forestay.journeys.compiled import Compiled
from forestay.journeys.moves import NEVER, Ints
from forestay.journeys.simulation.crowd import Crowd
from forestay.journeys.simulation.past import BlockPast
from forestay.journeys.simulation.replay import Replay
from forestay.journeys.simulation.tally import SHOWN, Asks
from forestay.journeys.simulation.track import Track
from forestay.journeys.words import RunStatus

HOURS = 3_600_000_000.0


@dataclass(frozen=True, slots=True)
class Sent:
    """Requests (n,): moment (microseconds UTC), account, to whom (number of a recipient, or text), minutes of a person."""

    at: Ints
    account: Ints
    whom: npt.NDArray[Any]
    minutes: npt.NDArray[np.float64]

    @classmethod
    def of(cls, asks: Asks) -> Sent | None:
        """The same as columns; None where there are none."""
        if not asks.at:
            return None
        sizes = [len(part) for part in asks.accounts]
        return cls(
            np.repeat(np.array(asks.at, np.int64), sizes), np.concatenate(asks.accounts), np.concatenate(asks.whom),
            np.repeat(np.array(asks.minutes, np.float64), sizes),
        )  # fmt: skip

    @classmethod
    def whole(cls, parts: list[Sent]) -> Sent:
        """Several as one."""
        columns: list[npt.NDArray[Any]] = [
            np.concatenate([getattr(part, name) for part in parts]) for name in ("at", "account", "whom", "minutes")
        ]
        return cls(*columns)


@dataclass(slots=True)
class Gathered:
    """One journey over all blocks."""

    compiled: Compiled
    accounts: int = 0
    counts: Counter[tuple[int, str]] = field(default_factory=Counter)
    waits: dict[int, list[npt.NDArray[np.float64]]] = field(default_factory=dict)
    """Step number -> hours."""
    entered: Counter[int] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    ended: Counter[str] = field(default_factory=Counter)
    standing: Counter[int] = field(default_factory=Counter)
    by_port: dict[tuple[int, str], dict[int, None]] = field(default_factory=dict)
    """(Step number, way out; '' where they stand still) -> the first accounts."""
    running: int = 0
    started: int = 0
    """Runs that other runs started: sub-journeys, and branches for contacts."""
    started_ended: Counter[str] = field(default_factory=Counter)
    started_running: int = 0
    within: dict[str, Gathered] = field(default_factory=dict)
    """Sub-journeys that it started, by key."""
    messages: list[Sent] = field(default_factory=list)
    work: list[Sent] = field(default_factory=list)
    messages_by_step: Counter[str] = field(default_factory=Counter)
    work_by_step: Counter[str] = field(default_factory=Counter)
    owners: list[Ints] = field(default_factory=list)
    """Owner of the account of each piece of work, -1 = nobody."""
    transitions: int = 0

    def add(self, replay: Replay, past: BlockPast) -> None:
        """One more block."""
        own, *others = replay.tracks.values()
        self._count(own)
        for track in others:
            self.within.setdefault(track.compiled.key, Gathered(track.compiled))._count(track)
        self.accounts += len(past)
        messages, work = own.tally.messages, own.tally.work
        self.messages_by_step.update(messages.by_step)
        self.work_by_step.update(work.by_step)
        if (sent := Sent.of(messages)) is not None:
            self.messages.append(sent)
        if (asked := Sent.of(work)) is not None:
            self.work.append(asked)
            self.owners.append(past.owner_ids[np.searchsorted(past.account_ids, asked.account)])

    def _count(self, track: Track) -> None:
        """One version's part of a block."""
        tally, crowd = track.tally, track.crowd
        self.started += tally.started
        self.counts.update(tally.counts)
        self.entered.update(tally.entered)
        self.refused.update(tally.refused)
        self.transitions += tally.transitions
        for step, lengths in tally.waits.items():
            self.waits.setdefault(step, []).append(np.concatenate(lengths) / HOURS)
        is_started = crowd.runs["is_started"]
        self.running += int((crowd.is_live & ~is_started).sum())
        self.started_running += int((crowd.is_live & is_started).sum())
        self._add_ends(crowd)
        self._add_accounts(track)
        steps, standing = np.unique(crowd.tokens["step"][crowd.tokens["alive"]], return_counts=True)
        self.standing.update(dict(zip(steps.tolist(), standing.tolist(), strict=True)))

    def _add_accounts(self, track: Track) -> None:
        tokens, runs = track.crowd.tokens, track.crowd.runs
        living = np.flatnonzero(tokens["alive"])
        steps = tokens["step"][living]
        still = {
            (step, ""): dict.fromkeys(runs["account"][tokens["at"][living[steps == step][:SHOWN]]].tolist())
            for step in np.unique(steps).tolist()
        }
        for place, accounts in (*track.tally.by_port.items(), *still.items()):
            known = self.by_port.setdefault(place, {})
            known.update(dict.fromkeys(list(accounts)[: max(SHOWN - len(known), 0)]))

    def _add_ends(self, crowd: Crowd) -> None:
        status, is_started = crowd.runs["status"], crowd.runs["is_started"]
        for run, reason in crowd.reasons.items():
            ended = self.started_ended if is_started[run] else self.ended
            ended[f"{RunStatus(int(status[run])).name.lower()}: {reason}"] += 1


def spans_of(replay: Replay) -> tuple[Ints, Ints, Ints]:
    """Account, beginning and end (NEVER while it lives) of every run."""
    runs = replay.crowd.runs
    return runs["account"], runs["entered_at"], np.where(runs["ended_at"] == 0, NEVER, runs["ended_at"])
