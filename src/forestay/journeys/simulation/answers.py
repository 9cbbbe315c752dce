"""How the world is assumed to answer in a simulation: what becomes of tasks, approvals, messages and calls.

Gives : Assumptions, Answering, Answer
The past does not tell what a CSM would have done; so a simulation assumes it and says so in its report. An answer is
drawn by a hash of account, step and pass: the same customer answers a draft and the published version alike, so that
their difference is the drafts' and not chance's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import msgspec
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
)
from forestay.journeys.moves import Ints, Wake
from forestay.kit.buckets import buckets

HOUR = 3_600_000_000


class StepAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """How one step's question is answered. shares: outcome -> share, adding up to 1 at most (the rest never answers, so
    that a time-out comes); hours: until then; says: what comes with it, of a call {"status": 200, "json": ...}."""

    shares: dict[str, float] = {}
    hours: float | None = None
    says: dict[str, Any] | None = None


class Assumptions(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that the past does not tell. Shares are in [0, 1]. steps: step id -> answer, where it differs."""

    task_hours: float = 24.0
    """Hours until a task is done. Its outcomes share alike unless `steps` says otherwise."""
    answered_share: float = 0.9
    """Share of the tasks, approvals and drafts that are answered at all."""
    approved_share: float = 0.9
    approval_hours: float = 8.0
    sent_share: float = 0.97
    """Share of the messages that leave; the rest is skipped (consent, caps, no recipient)."""
    child_hours: float = 72.0
    """Hours until a sub-journey is over that is not published, and so cannot be replayed."""
    task_minutes: float = 30.0
    """A person's time for a task."""
    approval_minutes: float = 5.0
    """A person's time for an approval or for reading a draft."""
    csm_hours_a_week: float = 10.0
    """Hours a week that one CSM has for what journeys ask."""
    collision_hours: float = 48.0
    """Two journeys that write to one contact within so many hours collide."""
    steps: dict[str, StepAnswer] = {}


class Answer(NamedTuple):
    """What a token is told, so many microseconds later."""

    after: int
    wake: Wake


@dataclass(frozen=True, slots=True)
class Answering:
    """Assumptions applied to requests."""

    assumptions: Assumptions

    def minutes(self, request: ActionRequest) -> float:
        """A person's time that a request costs."""
        if isinstance(request, TaskRequest):
            return self.assumptions.task_minutes
        return self.assumptions.approval_minutes if isinstance(request, ApprovalRequest | DraftRequest) else 0.0

    def answers(
        self, request: ActionRequest, step: str, accounts: Ints, contacts: Ints, passed: int
    ) -> Iterator[tuple[Answer, Ints]]:  # fmt: skip
        """What becomes of the same request of several runs: answers with the places of those who are given them; whom
        none names never hears. Answers differ only by subject (the contact, 0: the account), step and pass."""
        usual = self._usual(request)
        own = self.assumptions.steps.get(step)
        shares = own.shares if own is not None and own.shares else usual.shares
        hours = usual.hours if own is None or own.hours is None else own.hours
        bounds = np.cumsum(np.array(list(shares.values()), np.float64))
        bounds[bounds >= 1 - 1e-9] = 1.0  # rounding must not leave anyone without an answer
        chance = buckets(accounts, f"simulation:{step}:{passed}")
        of_contacts = contacts > 0
        if of_contacts.any():
            chance[of_contacts] = buckets(contacts[of_contacts], f"simulation:contact:{step}:{passed}")
        drawn = np.searchsorted(bounds, chance, side="right")
        for number, word in enumerate(shares):
            who = np.flatnonzero(drawn == number)
            says = _body(request, word) if own is None or own.says is None else own.says
            if len(who):
                yield Answer(int((hours or 0.0) * HOUR), Wake("outcome", word, says)), who

    def _usual(self, request: ActionRequest) -> StepAnswer:
        a = self.assumptions
        if isinstance(request, TaskRequest):
            words = request.choices or ["done"]
            return StepAnswer(shares={word: a.answered_share / len(words) for word in words}, hours=a.task_hours)
        if isinstance(request, ApprovalRequest | DraftRequest):
            approved = a.answered_share * a.approved_share
            return StepAnswer(
                shares={"approved": approved, "rejected": a.answered_share - approved}, hours=a.approval_hours
            )
        if isinstance(request, MessageRequest):
            return StepAnswer(shares={"sent": a.sent_share, "skipped:assumed": 1 - a.sent_share}, hours=0.0)
        if isinstance(request, WebhookRequest):
            return StepAnswer(shares={"answered": 1.0}, hours=0.0)
        if isinstance(request, ConnectorRequest | TraitRequest):
            return StepAnswer(shares={"done": 1.0}, hours=0.0)
        return StepAnswer()


def _body(request: ActionRequest, word: str) -> dict[str, object]:
    if isinstance(request, WebhookRequest):
        return {"status": 200, "json": None}
    if isinstance(request, DraftRequest) and word == "approved":
        return {"subject": "", "text": ""}
    return {}
