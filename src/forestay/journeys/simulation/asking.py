"""What a turn asked for: counted, and answered at its moment as assumed; the runs that it started. Nothing leaves.

Gives : Asking
"""

from __future__ import annotations

from zlib import crc32

import numpy as np

from forestay.customers.requests import ActionRequest, ApprovalRequest, DraftRequest, MessageRequest, TaskRequest
from forestay.journeys.compiled import Compiled
from forestay.journeys.moves import Child, Ints, Wake
from forestay.journeys.simulation.answers import HOUR, Answering
from forestay.journeys.simulation.crowd import Crowd
from forestay.journeys.simulation.people import Contacts
from forestay.journeys.simulation.tally import Tally
from forestay.journeys.tokens import Advanced
from forestay.journeys.words import TokenState


class Asking:
    """Requests of one version. kept: what a token that failed for now was woken by; children: runs that tokens started,
    with the tokens' places; prefix: of its steps' names in what is counted."""

    def __init__(
        self, compiled: Compiled, answering: Answering, contacts: Contacts, crowd: Crowd, tally: Tally, prefix: str = ""
    ) -> None:  # fmt: skip
        self._contacts, self._prefix = contacts, prefix
        self.children: list[tuple[int, Child]] = []
        self._compiled, self._answering, self._crowd, self._tally = compiled, answering, crowd, tally
        self.kept: dict[int, Wake | None] = {}

    def take_in(self, done: Advanced, places: Ints, now: int) -> None:
        """places: of the turn's tokens in the crowd, place for place."""
        alike: dict[tuple[int, int, str, object], list[int]] = {}
        for n, one in enumerate(done.requests):
            alike.setdefault((one.step, one.passed, one.slot, type(one.request)), []).append(n)
        for (step, passed, slot, _), numbers in alike.items():
            asked = [done.requests[n] for n in numbers]
            tokens = places[np.fromiter((one.place for one in asked), np.int64, len(asked))]
            self._note(self._name(step), [one.request for one in asked], tokens, now)
            self._answer(asked[0].request, slot, self._waiting(tokens, step, passed), step, passed, now)
        self.children += [(int(places[child.place]), child) for child in done.children]
        for kept in done.retried:
            self.kept[int(places[kept.place])] = kept.wake

    def _name(self, step: int) -> str:
        return self._prefix + self._compiled.steps[step].id

    def _waiting(self, places: Ints, step: int, passed: int) -> Ints:
        """Those that still stand where they asked, and wait for what becomes of it."""
        tokens = self._crowd.tokens
        here = tokens["alive"][places] & (tokens["state"][places] == int(TokenState.OUTCOME))
        waiting: Ints = places[here & (tokens["step"][places] == step) & (tokens["passed"][places] == passed)]
        return waiting

    def _note(self, step: str, requests: list[ActionRequest], places: Ints, now: int) -> None:
        first = requests[0]
        runs = self._crowd.tokens["at"][places]
        accounts = self._crowd.runs["account"][runs]
        if isinstance(first, MessageRequest):
            self._note_messages(step, first.to, runs, now)
        elif isinstance(first, TaskRequest | ApprovalRequest | DraftRequest):
            whom = np.full(len(accounts), first.assignee)
            self._tally.work.add(now, accounts, whom, step, self._answering.minutes(first))

    def _note_messages(self, step: str, to: str, runs: Ints, now: int) -> None:
        """One to each recipient as known today; where none is known the account counts as one."""
        accounts, contact = self._crowd.runs["account"][runs], self._crowd.runs["contact"][runs]
        places, whom = self._contacts.recipients(accounts, to)
        alone = np.flatnonzero(contact > 0) if to == "contact" else places[:0]
        unknown = np.setdiff1d(np.arange(len(runs)), np.concatenate((places, alone)))
        whose = accounts[np.concatenate((places, alone, unknown))]
        keys = np.concatenate((whom, contact[alone], _unknown(accounts[unknown], to)))
        self._tally.messages.add(now, whose, keys, step, 0.0)

    def _answer(self, request: ActionRequest, slot: str, places: Ints, step: int, passed: int, now: int) -> None:
        """The same question to several accounts, answered by each one's own chance."""
        if not len(places):
            return
        runs = self._crowd.tokens["at"][places]
        who_asked = self._crowd.runs["account"][runs], self._crowd.runs["contact"][runs]
        for answer, who in self._answering.answers(request, self._name(step), *who_asked, passed):
            at, wake = now + answer.after, answer.wake
            self._crowd.answer(places[who], at, Wake(wake.what, wake.name, {**wake.body, "slot": slot}, at))

    def await_child(self, place: int, now: int) -> None:
        """A sub-journey that is not known is over after the assumed time."""
        at = now + int(self._answering.assumptions.child_hours * HOUR)
        self._crowd.answer(np.array([place]), at, Wake("child", "completed", {"reason": "assumed"}, at))


def _unknown(accounts: Ints, to: str) -> Ints:
    """A number below zero for 'whoever that is' at each account, the same in every replay."""
    word: Ints = -((accounts << 32) | crc32(to.encode())) - 1
    return word
