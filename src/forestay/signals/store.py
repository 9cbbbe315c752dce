"""Signals, their requests and the states of triggers in the store: what the tick writes in its transaction.

Reads : store.tables.signals
Gives : insert_signals(), update_signals(), close_signals(), release_signals(), insert_requests(), save_states(),
        load_states(), NewSignal, SignalUpdate, SavedState
Every call is one statement over arrays (`unnest`), so that its cost is that of the rows and not of the round
trips. Moments are aware UTC.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec
from sqlalchemy import Connection, text

from forestay.customers.requests import Evidence
from forestay.customers.words import RiskLevel, Tier
from forestay.signals.requests import RequestRow


@dataclass(frozen=True, slots=True)
class NewSignal:
    """One firing. cause: JSON of what set it off; held_back: why it asks for no action, None when it does."""

    trigger_key: str
    trigger_version: int
    account_id: int
    tier: Tier
    risk_level: RiskLevel
    evidence: list[Evidence]
    cause: dict[str, str | int | None]
    held_back: str | None
    event_at: datetime
    detected_at: datetime
    fired_at: datetime


@dataclass(frozen=True, slots=True)
class SignalUpdate:
    """Fresh evidence and level of the open signal of a trigger and account."""

    trigger_key: str
    account_id: int
    risk_level: RiskLevel
    evidence: list[Evidence]


@dataclass(frozen=True, slots=True)
class SavedState:
    """One line of trigger_states, with what its open signal says: whether there is one and it waits for the cap, its
    level and when its evidence was last written."""

    trigger_key: str
    account_id: int
    is_on: bool
    since: datetime
    last_fired_at: datetime | None
    is_open: bool = False
    is_capped: bool = False
    level: RiskLevel | None = None
    updated_at: datetime | None = None


def insert_signals(connection: Connection, workspace_id: int, signals: Sequence[NewSignal]) -> list[int]:
    """Write firings and give their numbers in the same order. Where one is open already, that one is updated."""
    if not signals:
        return []
    found = connection.execute(_INSERT, {"workspace": workspace_id, **_signal_arrays(signals)}).all()
    numbers = {(row.trigger_key, row.account_id): int(row.id) for row in found}
    return [numbers[signal.trigger_key, signal.account_id] for signal in signals]


def update_signals(connection: Connection, workspace_id: int, updates: Sequence[SignalUpdate]) -> None:
    """Refresh open signals; one that was closed meanwhile stays as it is."""
    if updates:
        arrays = {
            "keys": [update.trigger_key for update in updates],
            "accounts": [update.account_id for update in updates],
            "levels": [update.risk_level.value for update in updates],
            "evidence": [_json(update.evidence) for update in updates],
        }
        connection.execute(_UPDATE, {"workspace": workspace_id, **arrays})


def close_signals(
    connection: Connection, workspace_id: int, ended: Sequence[tuple[str, int]], at: datetime, reason: str
) -> None:
    """Close the open signals of (trigger key, account id)."""
    if ended:
        keys, accounts = [key for key, _ in ended], [account for _, account in ended]
        arrays = {"keys": keys, "accounts": accounts, "at": at, "reason": reason}
        connection.execute(_CLOSE, {"workspace": workspace_id, **arrays})


def release_signals(
    connection: Connection, workspace_id: int, released: Sequence[tuple[str, int]]
) -> dict[tuple[str, int], int]:
    """Take 'cap' off the open signals of (trigger key, account id); their numbers, for the requests to write now."""
    if not released:
        return {}
    arrays = {"keys": [key for key, _ in released], "accounts": [account for _, account in released]}
    found = connection.execute(_RELEASE, {"workspace": workspace_id, **arrays}).all()
    return {(row.trigger_key, row.account_id): int(row.id) for row in found}


def insert_requests(connection: Connection, workspace_id: int, rows: Sequence[RequestRow]) -> None:
    """Write requests; one whose cause and slot stand there already is left alone."""
    if rows:
        arrays = {
            "accounts": [row.account_id for row in rows],
            "causes": [row.cause for row in rows],
            "slots": [row.slot for row in rows],
            "bodies": [row.body for row in rows],
        }
        connection.execute(_REQUESTS, {"workspace": workspace_id, **arrays})


def save_states(connection: Connection, workspace_id: int, states: Sequence[SavedState]) -> None:
    """Keep where triggers stand; what the open signals say is not written here."""
    if states:
        arrays = {
            "keys": [state.trigger_key for state in states],
            "accounts": [state.account_id for state in states],
            "ons": [state.is_on for state in states],
            "sinces": [state.since for state in states],
            "fireds": [state.last_fired_at for state in states],
        }
        connection.execute(_SAVE, {"workspace": workspace_id, **arrays})


def load_states(connection: Connection, workspace_id: int) -> list[SavedState]:
    """Every state of a workspace, with what its open signals say."""
    rows = connection.execute(_LOAD, {"workspace": workspace_id})
    return [
        SavedState(
            key, account, is_on, since, fired, is_open, is_capped, RiskLevel(level) if level else None, updated_at
        )
        for key, account, is_on, since, fired, is_open, is_capped, level, updated_at in rows
    ]


def _signal_arrays(signals: Sequence[NewSignal]) -> dict[str, object]:
    return {
        "keys": [signal.trigger_key for signal in signals],
        "versions": [signal.trigger_version for signal in signals],
        "accounts": [signal.account_id for signal in signals],
        "tiers": [signal.tier.value for signal in signals],
        "levels": [signal.risk_level.value for signal in signals],
        "evidence": [_json(signal.evidence) for signal in signals],
        "causes": [_json(signal.cause) for signal in signals],
        "held": [signal.held_back for signal in signals],
        "events": [signal.event_at for signal in signals],
        "detections": [signal.detected_at for signal in signals],
        "firings": [signal.fired_at for signal in signals],
    }


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


_INSERT = text("""
    INSERT INTO signals (workspace_id, trigger_key, trigger_version, account_id, tier, risk_level, evidence, cause,
                         is_holdout, held_back, event_at, detected_at, fired_at, decided_at)
    SELECT :workspace, key, version, account, tier, level, evidence::jsonb, cause::jsonb,
           held IS NOT DISTINCT FROM 'holdout', held, event_at, detected_at, fired_at, fired_at
    FROM unnest(CAST(:keys AS text[]), CAST(:versions AS int[]), CAST(:accounts AS bigint[]), CAST(:tiers AS text[]),
                CAST(:levels AS text[]), CAST(:evidence AS text[]), CAST(:causes AS text[]), CAST(:held AS text[]),
                CAST(:events AS timestamptz[]), CAST(:detections AS timestamptz[]), CAST(:firings AS timestamptz[]))
         AS fired (key, version, account, tier, level, evidence, cause, held, event_at, detected_at, fired_at)
    ON CONFLICT (workspace_id, trigger_key, account_id) WHERE status = 'open'
    DO UPDATE SET evidence = excluded.evidence, risk_level = excluded.risk_level,
                  updates = signals.updates + 1, updated_at = now()
    RETURNING id, trigger_key, account_id
""")
_UPDATE = text("""
    UPDATE signals SET evidence = one.evidence::jsonb, risk_level = one.level, updates = updates + 1, updated_at = now()
    FROM unnest(CAST(:keys AS text[]), CAST(:accounts AS bigint[]), CAST(:levels AS text[]), CAST(:evidence AS text[]))
         AS one (key, account, level, evidence)
    WHERE signals.workspace_id = :workspace AND signals.trigger_key = one.key
      AND signals.account_id = one.account AND signals.status = 'open'
""")
_CLOSE = text("""
    UPDATE signals SET status = 'closed', closed_at = :at, closed_reason = :reason, updated_at = now()
    FROM unnest(CAST(:keys AS text[]), CAST(:accounts AS bigint[])) AS one (key, account)
    WHERE signals.workspace_id = :workspace AND signals.trigger_key = one.key
      AND signals.account_id = one.account AND signals.status = 'open'
""")
_RELEASE = text("""
    UPDATE signals SET held_back = NULL, decided_at = now(), updated_at = now()
    FROM unnest(CAST(:keys AS text[]), CAST(:accounts AS bigint[])) AS one (key, account)
    WHERE signals.workspace_id = :workspace AND signals.trigger_key = one.key
      AND signals.account_id = one.account AND signals.status = 'open' AND signals.held_back = 'cap'
    RETURNING signals.id, signals.trigger_key, signals.account_id
""")
_REQUESTS = text("""
    INSERT INTO requests (workspace_id, account_id, cause, slot, body)
    SELECT :workspace, account, cause, slot, body::jsonb
    FROM unnest(CAST(:accounts AS bigint[]), CAST(:causes AS text[]), CAST(:slots AS text[]), CAST(:bodies AS text[]))
         AS asked (account, cause, slot, body)
    ON CONFLICT (workspace_id, cause, slot) DO NOTHING
""")
_SAVE = text("""
    INSERT INTO trigger_states (workspace_id, trigger_key, account_id, is_on, since, last_fired_at)
    SELECT :workspace, key, account, is_on, since, fired
    FROM unnest(CAST(:keys AS text[]), CAST(:accounts AS bigint[]), CAST(:ons AS boolean[]),
                CAST(:sinces AS timestamptz[]), CAST(:fireds AS timestamptz[]))
         AS state (key, account, is_on, since, fired)
    ON CONFLICT (workspace_id, trigger_key, account_id)
    DO UPDATE SET is_on = excluded.is_on, since = excluded.since, last_fired_at = excluded.last_fired_at
""")
_LOAD = text("""
    SELECT state.trigger_key, state.account_id, state.is_on, state.since, state.last_fired_at,
           signal.id IS NOT NULL, signal.held_back IS NOT DISTINCT FROM 'cap',
           signal.risk_level, signal.updated_at
    FROM trigger_states AS state
    LEFT JOIN signals AS signal
      ON signal.workspace_id = state.workspace_id AND signal.trigger_key = state.trigger_key
     AND signal.account_id = state.account_id AND signal.status = 'open'
    WHERE state.workspace_id = :workspace
""")
