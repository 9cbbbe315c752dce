"""What a replay counts while it runs.

Gives : Tally, Asks, SHOWN
Everything is kept as columns of the block and added up by report.py.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from forestay.journeys.moves import Ints
from forestay.journeys.tokens import Advanced
from forestay.journeys.words import Happening


@dataclass(slots=True)
class Asks:
    """Requests to act (n,), turn by turn: moment, accounts, to whom, step id, minutes of a person. To whom: numbers of
    messages' recipients, texts of people's names for work; each list has one entry for each turn and step."""

    at: list[int] = field(default_factory=list)
    accounts: list[Ints] = field(default_factory=list)
    whom: list[npt.NDArray[Any]] = field(default_factory=list)
    minutes: list[float] = field(default_factory=list)
    by_step: Counter[str] = field(default_factory=Counter)

    def add(self, at: int, accounts: Ints, whom: npt.NDArray[Any], step: str, minutes: float) -> None:
        """Some more, of one moment and step."""
        self.at.append(at)
        self.accounts.append(accounts)
        self.whom.append(whom)
        self.minutes.append(minutes)
        self.by_step[step] += len(accounts)


SHOWN = 50
"""Accounts that are named for each way out of a step."""


@dataclass(slots=True)
class Tally:
    """counts: (step number, name) -> how often, as the machine counts (-1: the journey itself). waits: step number ->
    how long tokens stood there, microseconds. by_port: (step number, port) -> the first accounts that left so. turns, transitions: work of the machine."""

    counts: Counter[tuple[int, str]] = field(default_factory=Counter)
    waits: dict[int, list[Ints]] = field(default_factory=dict)
    messages: Asks = field(default_factory=Asks)
    work: Asks = field(default_factory=Asks)
    """Tasks, approvals and drafts."""
    entered: Counter[int] = field(default_factory=Counter)
    """By the number of the document's entry."""
    started: int = 0
    """Runs that other runs started: branches for contacts, and those of a sub-journey."""
    refused: Counter[str] = field(default_factory=Counter)
    by_port: dict[tuple[int, str], dict[int, None]] = field(default_factory=dict)
    turns: int = 0
    transitions: int = 0

    def passed(self, done: Advanced) -> None:
        """Some tokens went on: who by which way, as long as few are known of it."""
        for passage in done.passages:
            if passage.ports is None or passage.happening not in (Happening.LEFT, Happening.ASKED):
                continue
            for code, port in enumerate(passage.port_names):
                known = self.by_port.setdefault((passage.step, port), {})
                if len(known) < SHOWN:
                    here = passage.at[passage.ports == code]
                    known.update(dict.fromkeys(done.runs.account[here[:SHOWN]].tolist()))

    def waited(self, step: Ints, length: Ints) -> None:
        """Tokens left steps where they had stood for some time."""
        stood = length > 0
        for number in np.unique(step[stood]).tolist():
            self.waits.setdefault(int(number), []).append(length[stood & (step == number)])
