"""Whether a feed has gone silent is one rule, in health and in what people are shown."""

from __future__ import annotations

from datetime import timedelta

import pytest

from forestay.api.queries.account_parts import feeds_seen
from forestay.api.queries.feeds import feed_states
from forestay.customers.words import Feed
from tests.app.worker_house import WorkerHouse
from tests.sources.messages import track


@pytest.mark.parametrize(("days", "is_silent"), [(2, False), (4, False), (9, True)])
def test_a_feed_that_delivers_every_twenty_days_is_silent_for_everybody_or_for_nobody(
    house: WorkerHouse, acme: int, days: int, is_silent: bool
) -> None:
    for number in range(4):
        house.clock.advance(timedelta(days=20))
        house.say(acme, track(f"m{number}", userId="ann", account="globex"))
        house.run_dry()
    now = house.clock.now() + timedelta(days=days)
    with house.store.begin_worker() as connection:
        shown = {one.feed: one.is_stale(now) for one in feeds_seen(connection, acme)}
        asked = feed_states(connection, acme).freshness(Feed.TELEMETRY, now)
    judged = house.space(acme).feeds.states().freshness(Feed.TELEMETRY, now)
    assert (shown[Feed.TELEMETRY], bool(asked.silent), bool(judged.silent)) == (is_silent,) * 3
