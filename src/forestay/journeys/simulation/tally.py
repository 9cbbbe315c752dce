"""What a replay counts while it runs.

Gives : Tally, Asks
Everything is kept as columns of the block and added up by report.py.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np

from forestay.journeys.moves import Ints


@dataclass(slots=True)
class Asks:
    """Requests to act (n,) by a growing list: moment, account, recipient's key (contact, or 'account:part'), step id."""

    at: list[int] = field(default_factory=list)
    account: list[int] = field(default_factory=list)
    whom: list[str] = field(default_factory=list)
    step: list[str] = field(default_factory=list)
    minutes: list[float] = field(default_factory=list)

    def add(self, at: int, accounts: list[int], whom: list[str], step: str, minutes: float) -> None:
        """Some more, of one moment and step."""
        n = len(accounts)
        self.at += [at] * n
        self.account += accounts
        self.whom += whom
        self.step += [step] * n
        self.minutes += [minutes] * n

    def __len__(self) -> int:
        return len(self.at)


@dataclass(slots=True)
class Tally:
    """counts: (step number, name) -> how often, as the machine counts (-1: the journey itself). waits: step number ->
    how long tokens stood there, microseconds. turns, transitions: work of the machine."""

    counts: Counter[tuple[int, str]] = field(default_factory=Counter)
    waits: dict[int, list[Ints]] = field(default_factory=dict)
    messages: Asks = field(default_factory=Asks)
    work: Asks = field(default_factory=Asks)
    """Tasks, approvals and drafts."""
    entered: Counter[int] = field(default_factory=Counter)
    """By the number of the document's entry."""
    refused: Counter[str] = field(default_factory=Counter)
    turns: int = 0
    transitions: int = 0

    def waited(self, step: Ints, length: Ints) -> None:
        """Tokens left steps where they had stood for some time."""
        stood = length > 0
        for number in np.unique(step[stood]).tolist():
            self.waits.setdefault(int(number), []).append(length[stood & (step == number)])
