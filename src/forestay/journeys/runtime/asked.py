"""What tokens ask for in a turn, as rows of requests: one statement, whatever number of steps asked.

Gives : write_requests()
Writes: requests
The cause is of the run, the step and the pass, so that a turn that is repeated asks under the same key.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from forestay.customers.requests import ActionRequest, encode
from forestay.journeys.moves import NEVER, Ints
from forestay.journeys.runtime.wire import (
    Driver,
    ask_if_new,
    documents,
    given,
    longs,
    moment,
    moments,
    shorts,
    texts,
    words,
)
from forestay.kit.clock import micros_of

if TYPE_CHECKING:
    from forestay.journeys.runtime.write import Turned

_REQUESTS = f"""
INSERT INTO requests (workspace_id, account_id, cause, slot, token_id, journey_id, step, body, created_at, not_before)
SELECT space, account, 'run:' || run || ':' || step || ':' || passed, ($13)[slot], token, journey, step,
       coalesce(own, ($14)[same]), $12, nullif(later, 'infinity')
FROM {given("space account run step passed slot token journey later same own")}
{{conflict}}"""  # noqa: S608
_ASKED_BEFORE = "ON CONFLICT (workspace_id, cause, slot) DO NOTHING"
_SAME = 20
"""So many different requests of a turn are told once for all who ask them."""


def write_requests(driver: Driver, turned: Sequence[Turned], now: int) -> None:
    """Write what advanced groups ask for. now: microseconds UTC."""
    asked = [(one, request) for one in turned for request in one.done.requests]
    if not asked:
        return
    slots = list({request.slot: None for _, request in asked})
    code = {slot: n + 1 for n, slot in enumerate(slots)}
    parts = [one for one in turned if one.done.requests]
    at = [one.done.tokens.at[[r.place for r in one.done.requests]] for one in parts]
    space, journey = (np.repeat([one.place[n] for one in parts], [len(a) for a in at]) for n in (0, 1))
    run = np.concatenate([one.done.runs.run[a] for one, a in zip(parts, at, strict=True)])
    account = np.concatenate([one.done.runs.account[a] for one, a in zip(parts, at, strict=True)])
    token = np.concatenate([one.done.tokens.token[[r.place for r in one.done.requests]] for one in parts])
    step, passed, slot = np.array([(r.step, r.passed, code[r.slot]) for _, r in asked], np.int64).T
    later = np.array([NEVER if r.not_before is None else micros_of(r.not_before) for _, r in asked])
    same, own, shared = _bodies([request.request for _, request in asked])
    ask_if_new(
        driver, _REQUESTS, _ASKED_BEFORE, longs(space), longs(account), longs(run), shorts(step), words(passed), words(slot),
        longs(token), longs(journey), moments(later), words(same), documents(own), moment(now), texts(slots), documents(shared),
    )  # fmt: skip


def _bodies(requests: Sequence[ActionRequest]) -> tuple[Ints, list[bytes | None], list[bytes]]:
    """(place among the shared ones from 1, or 0; its own text or None) of each; the shared ones. A step asks the same
    object for all who bring nothing of their own."""
    shared: dict[int, tuple[int, bytes]] = {}
    same, own = np.zeros(len(requests), np.int64), list[bytes | None]([None] * len(requests))
    for n, request in enumerate(requests):
        known = shared.get(id(request))
        if known is None and len(shared) < _SAME:
            known = shared[id(request)] = (len(shared) + 1, encode(request).encode())
        if known is None:
            own[n] = encode(request).encode()
        else:
            same[n] = known[0]
    return same, own, [body for _, body in shared.values()]
