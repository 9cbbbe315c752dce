"""Random histories of a workspace: bodies of the log, and what ends each stretch of the worker's life."""

from __future__ import annotations

import itertools
import os
from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import strategies as st

from forestay.customers.kinds import ImportKind
from forestay.events.log import Codec
from tests.app.worker_house import NOON, WorkerHouse
from tests.sources.messages import arrow, body_of, control, group, identify, track

FULL = bool(os.environ.get("FORESTAY_TEST_FULL"))
SHARDS = itertools.count(1)

KEYS = st.sampled_from(["p", "q", "r"])
MESSAGE_ID = st.integers(0, 40).map(str)
MESSAGES = st.one_of(
    st.builds(lambda m, a: track(m, anonymousId=a), MESSAGE_ID, KEYS),
    st.builds(
        lambda m, u, d: track(m, userId=u, timestamp=f"2026-11-{d:02}T10:00:00Z"), MESSAGE_ID, KEYS, st.integers(1, 22)
    ),
    st.builds(lambda m, u, g: track(m, userId=u, account=g), MESSAGE_ID, KEYS, KEYS),
    st.builds(lambda m, u, a: identify(m, u, a, traits={"created_on": "2026-11-03"}), MESSAGE_ID, KEYS, KEYS),
    st.builds(lambda m, u, g: group(m, g, userId=u, traits={"seats": 5}), MESSAGE_ID, KEYS, KEYS),
    st.builds(lambda m, a, g: group(m, g, anonymousId=a), MESSAGE_ID, KEYS, KEYS),
    st.builds(lambda m, u, p: {"type": "alias", "messageId": m, "userId": u, "previousId": p}, MESSAGE_ID, KEYS, KEYS),
)
TICKET = st.builds(
    lambda key, account, user, hours: arrow(0, ImportKind.TICKETS, [
        {"ticket_id": key, "account_id": account, "contact_id": user, "opened_at": NOON - timedelta(hours=hours),
         "csat": float(hours % 5)}]).body,
    KEYS, KEYS, KEYS, st.integers(1, 90),
)  # fmt: skip
CONTACT = st.builds(
    lambda key, account, sponsor: arrow(0, ImportKind.CONTACTS, [
        {"contact_id": key, "account_id": account, "is_sponsor": sponsor,
         "left_on": (NOON - timedelta(days=9)).date()}]).body,
    KEYS, KEYS, st.booleans(),
)  # fmt: skip
EVENTS = st.builds(
    lambda m, account, user: arrow(0, ImportKind.EVENTS, [
        {"event": "Report Run", "at": NOON - timedelta(days=3), "account_id": account, "user_id": user,
         "row_key": m}]).body,
    MESSAGE_ID, KEYS, KEYS,
)  # fmt: skip
BODIES = st.lists(
    st.one_of(
        st.lists(MESSAGES, min_size=1, max_size=5).map(lambda some: (Codec.SEGMENT, body_of(*some))),
        st.builds(lambda gone, into: (Codec.CONTROL, control(0, "account.merged", gone, into).body), KEYS, KEYS),
        st.one_of(TICKET, CONTACT, EVENTS).map(lambda body: (Codec.ARROW, body)),
    ),
    max_size=12,
)
"""(codec, body), in the order of the log."""


class PowerCut(BaseException):
    """Nothing catches it, as nothing catches a kill."""


def cut(*_: object, **__: object) -> None:
    raise PowerCut


def cut_short(house: WorkerHouse, step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A tick that dies at a step, and the worker that comes after it."""
    with monkeypatch.context() as broken:
        broken.setattr(step, cut)
        with suppress(PowerCut):
            house.run()
    house.lake.lose()
    house.restart()
