"""What a turn asked for: counted, and answered at its moment as assumed. Nothing leaves.

Gives : Asking
"""

from __future__ import annotations

from forestay.customers.requests import ActionRequest, ApprovalRequest, DraftRequest, MessageRequest, TaskRequest
from forestay.journeys.compiled import Compiled
from forestay.journeys.moves import Ints, Wake
from forestay.journeys.simulation.answers import HOUR, Answering
from forestay.journeys.simulation.crowd import Crowd
from forestay.journeys.simulation.tally import Tally
from forestay.journeys.tokens import Advanced
from forestay.journeys.words import TokenState


class Asking:
    """Requests of a replay. kept: what a token that failed for now was woken by."""

    def __init__(self, compiled: Compiled, answering: Answering, crowd: Crowd, tally: Tally) -> None:
        self._compiled, self._answering, self._crowd, self._tally = compiled, answering, crowd, tally
        self.kept: dict[int, Wake | None] = {}

    def take_in(self, done: Advanced, places: Ints, now: int) -> None:
        """places: of the turn's tokens in the crowd, place for place."""
        tokens, runs = self._crowd.tokens, self._crowd.runs
        for asked in done.requests:
            place = int(places[asked.place])
            run = int(tokens["at"][place])
            account, contact = int(runs["account"][run]), int(runs["contact"][run])
            step = self._compiled.steps[asked.step].id
            self._note(asked.request, now, account, contact, step)
            waits = tokens["alive"][place] and tokens["state"][place] == int(TokenState.OUTCOME)
            if waits and tokens["step"][place] == asked.step and tokens["passed"][place] == asked.passed:
                self._answer(asked.request, asked.slot, place, account, step, asked.passed, now)
        for child in done.children:
            if child.is_awaited:
                self._await_child(int(places[child.place]), now)
        for kept in done.retried:
            self.kept[int(places[kept.place])] = kept.wake

    def _note(self, request: ActionRequest, now: int, account: int, contact: int, step: str) -> None:
        if isinstance(request, MessageRequest):
            whom = f"contact:{contact}" if contact else f"{account}:{request.to}"
            self._tally.messages.add(now, account, whom, step)
        elif isinstance(request, TaskRequest | ApprovalRequest | DraftRequest):
            whom = str(request.assignee)
            self._tally.work.add(now, account, whom, step, self._answering.minutes(request))

    def _answer(
        self, request: ActionRequest, slot: str, place: int, account: int, step: str, passed: int, now: int
    ) -> None:  # fmt: skip
        answer = self._answering.answer(request, step, account, passed)
        if answer is not None:
            wake = answer.wake
            told = Wake(wake.what, wake.name, {**wake.body, "slot": slot}, now + answer.after)
            self._crowd.answer(place, now + answer.after, told)

    def _await_child(self, place: int, now: int) -> None:
        """A sub-journey is not simulated: it is over after the assumed time."""
        at = now + int(self._answering.assumptions.child_hours * HOUR)
        self._crowd.answer(place, at, Wake("child", "completed", {"reason": "assumed"}, at))
