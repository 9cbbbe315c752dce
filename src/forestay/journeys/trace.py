"""What a turn of the machine did, as lines that a person can read: for scenarios and for walking an account.

Reads : Advanced
Gives : Line, lines_of()
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from forestay.customers.requests import (
    ActionRequest,
    ApprovalRequest,
    ConnectorRequest,
    DraftRequest,
    MessageRequest,
    TaskRequest,
    TraitRequest,
    WebhookRequest,
    WithdrawRequest,
)
from forestay.journeys.compiled import Compiled
from forestay.journeys.tokens import Advanced, Passage, Request
from forestay.journeys.words import Happening

_WORDS: dict[type, str] = {
    MessageRequest: "message", TaskRequest: "task", ApprovalRequest: "approval", DraftRequest: "draft",
    WebhookRequest: "webhook", ConnectorRequest: "connector", TraitRequest: "trait", WithdrawRequest: "withdraw",
}  # fmt: skip
_SAID = ("channel", "template", "to", "title", "assignee", "endpoint", "action", "traits")
"""What of a request is told, where it has it."""


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that happened to a run. at: microseconds UTC; what: 'asks', 'leaves', 'waits', 'ends', 'fails'; word: of
    the request, the port, or the status; detail: more of it. request: what was asked."""

    at: int
    step: str
    what: str
    word: str = ""
    detail: dict[str, Any] = field(default_factory=dict)
    request: ActionRequest | None = None


def lines_of(compiled: Compiled, done: Advanced, now: int, run: int | None = None) -> Iterator[Line]:
    """In the order in which it happened. run: place of one run in the turn; None: of all."""
    asked = [one for one in done.requests if run is None or int(done.tokens.at[one.place]) == run]
    for passage in done.passages:
        places = np.arange(len(passage.at)) if run is None else np.flatnonzero(passage.at == run)
        for n in places.tolist():
            if passage.happening is Happening.ASKED:
                yield from _asks(compiled, asked, passage.step, now)
            yield from _line(compiled, done, passage, n, now)
    for left in {one.step: None for one in asked}:
        yield from _asks(compiled, asked, left, now)


def word_of(request: ActionRequest) -> str:
    """What kind of request it is, in a word."""
    return _WORDS[type(request)]


def _asks(compiled: Compiled, asked: list[Request], step: int, now: int) -> Iterator[Line]:
    for one in [one for one in asked if one.step == step]:
        asked.remove(one)
        said = {name: value for name in _SAID if (value := getattr(one.request, name, None))}
        yield Line(now, compiled.steps[step].id, "asks", word_of(one.request), said, one.request)


def _line(compiled: Compiled, done: Advanced, passage: Passage, n: int, now: int) -> Iterator[Line]:
    step = compiled.steps[passage.step].id if passage.step in compiled.steps else ""
    detail = dict(passage.details.get(n, {}))
    if passage.ports is not None and passage.happening in (Happening.LEFT, Happening.ASKED):
        code = int(passage.ports[n])
        yield Line(now, step, "leaves", passage.port_names[code] if code >= 0 else "", detail)
    elif passage.happening is Happening.WAITED:
        yield Line(now, step, "waits", "", detail)
    elif passage.happening is Happening.ENDED:
        status, reason = done.ended[int(passage.at[n])]
        yield Line(now, step, "ends", status.name.lower(), {"reason": reason})
    elif passage.happening is Happening.FAILED:
        yield Line(now, step, "fails", str(detail.get("reason", "")), {})
