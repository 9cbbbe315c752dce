"""Bodies for load tests: valid, varied, cheap to make; no story behind them.

Gives: stream_events().
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from forestay.kit.clock import micros_of, now
from forestay.simulator.catalogue import EVENT_NAMES, PROPERTIES
from forestay.simulator.telemetry import stamp

_BODIES_A_DRAW = 200


def stream_events(
    accounts: int,
    bodies: int,
    *,
    seed: int = 1,
    body_events: int = 100,
    users_per_account: int = 10,
    at_micros: int | None = None,
) -> Iterator[bytes]:
    """JSON bodies for /v1/batch, each of `body_events` track calls with new messageIds, over all accounts.

    at_micros: moment of the events (microseconds UTC); the moment of making, without `sentAt`, when None. Accounts
    differ in weight: a tenth of them send about a third of the events.
    """
    rng = np.random.Generator(np.random.PCG64(seed))
    heads = [
        f'"event":"{name}","properties":{PROPERTIES[n % len(PROPERTIES)]},"userId":"u-'
        for n, name in enumerate(EVENT_NAMES)
    ]
    made = 0
    while made < bodies:
        size = min(_BODIES_A_DRAW, bodies - made) * body_events
        account = (accounts * rng.random(size) ** 2.1).astype(np.int64).tolist()
        user = rng.integers(0, users_per_account, size).tolist()
        name = rng.integers(0, len(heads), size).tolist()
        for begin in range(0, size, body_events):
            moment = stamp(micros_of(now()) if at_micros is None else at_micros)
            items = [
                f'{{"type":"track","messageId":"l{seed}-{made}-{n}",{heads[name[i]]}{account[i] + 1:05d}-{user[i] + 1:03d}",'
                f'"timestamp":"{moment}","context":{{"groupId":"acc-{account[i] + 1:05d}"}}}}'
                for n, i in enumerate(range(begin, begin + body_events))
            ]
            yield ('{"batch":[' + ",".join(items) + "]}").encode()
            made += 1
