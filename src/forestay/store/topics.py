"""Which words tell a browser what changed, by the table that was written.

Gives : Topic, TOPICS, SILENT, topics_of()
Source: REQUIREMENTS G2. A query of the workspace begins its key with one of these words (web/src/api/queries.ts).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from functools import lru_cache


class Topic(StrEnum):
    """Something that pages show. SESSIONS is heard by the server alone, which then asks who may still listen."""

    STATUS = "status"
    ACCOUNTS = "accounts"
    ACCOUNT = "account"
    TASKS = "tasks"
    SIGNALS = "signals"
    JOURNEYS = "journeys"
    RUNS = "runs"
    TRIGGERS = "triggers"
    SEGMENTS = "segments"
    SCORECARDS = "scorecards"
    TEMPLATES = "templates"
    MEASURES = "measures"
    CALENDARS = "calendars"
    MESSAGES = "messages"
    EFFECTS = "effects"
    SUPPRESSIONS = "suppressions"
    MODELS = "models"
    LEARNING = "learning"
    IMPACT = "impact"
    KPIS = "kpis"
    MEMBERS = "members"
    KEYS = "keys"
    WORKSPACE = "workspace"
    SOURCES = "sources"
    QUARANTINE = "quarantine"
    IMPORTS = "imports"
    JOBS = "jobs"
    AUDIT = "audit"
    VIEWS = "views"
    NOTES = "notes"
    SESSIONS = "sessions"


_T = Topic
_BOOK = (_T.ACCOUNTS, _T.ACCOUNT, _T.STATUS)
_DOCUMENTS = (_T.TRIGGERS, _T.SEGMENTS, _T.SCORECARDS, _T.TEMPLATES, _T.JOURNEYS, _T.MEASURES)
_RUNS = (_T.RUNS, _T.JOURNEYS, _T.ACCOUNT)

TOPICS: Mapping[str, tuple[Topic, ...]] = {
    "accounts": _BOOK,
    "account_states": _BOOK,
    "predictions": (_T.ACCOUNTS, _T.ACCOUNT),
    "prediction_changes": (_T.ACCOUNT,),
    "prediction_days": (_T.ACCOUNT, _T.MODELS),
    "account_uplifts": (_T.ACCOUNT, _T.IMPACT),
    "health_changes": (_T.ACCOUNT, _T.ACCOUNTS),
    "contacts": (_T.ACCOUNT,),
    "memberships": (_T.ACCOUNT,),
    "identities": (_T.ACCOUNT,),
    "consents": (_T.ACCOUNT, _T.SUPPRESSIONS),
    "interactions": (_T.ACCOUNT,),
    "invoices": (_T.ACCOUNT,),
    "subscriptions": (_T.ACCOUNT, _T.ACCOUNTS),
    "surveys": (_T.ACCOUNT,),
    "tickets": (_T.ACCOUNT,),
    "recent_events": (_T.ACCOUNT,),
    "feeds": (_T.SOURCES, _T.STATUS),
    "daily_counts": (_T.STATUS, _T.SOURCES),
    "signals": (_T.SIGNALS, _T.ACCOUNT, _T.STATUS, _T.KPIS),
    "feedback": (_T.SIGNALS, _T.TASKS, _T.LEARNING),
    "tasks": (_T.TASKS, _T.ACCOUNT, _T.STATUS, _T.KPIS),
    "effects": (_T.EFFECTS, _T.MESSAGES, _T.STATUS),
    "effect_attempts": (_T.EFFECTS,),
    "messages": (_T.MESSAGES, _T.ACCOUNT),
    "suppressions": (_T.SUPPRESSIONS,),
    "documents": _DOCUMENTS,
    "features": (_T.MEASURES,),
    "calendars": (_T.CALENDARS,),
    "journeys": (_T.JOURNEYS,),
    "journey_alarms": (_T.JOURNEYS,),
    "journey_arms": (_T.JOURNEYS,),
    "journey_counts": (_T.JOURNEYS,),
    "journey_exposures": (_T.JOURNEYS,),
    "journey_outcomes": (_T.JOURNEYS,),
    "test_reports": (_T.JOURNEYS,),
    "journey_runs": _RUNS,
    "journey_tokens": _RUNS,
    "journey_history": _RUNS,
    "models": (_T.MODELS,),
    "drift_reports": (_T.MODELS,),
    "trigger_moves": (_T.LEARNING, _T.TRIGGERS),
    "trigger_tunings": (_T.LEARNING, _T.TRIGGERS),
    "interventions": (_T.IMPACT, _T.KPIS, _T.ACCOUNT),
    "impact_reports": (_T.IMPACT,),
    "members": (_T.MEMBERS, _T.SESSIONS),
    "member_sessions": (_T.SESSIONS,),
    "api_keys": (_T.KEYS, _T.SESSIONS),
    "workspaces": (_T.WORKSPACE,),
    "quarantine": (_T.QUARANTINE, _T.STATUS),
    "import_files": (_T.IMPORTS,),
    "import_mappings": (_T.IMPORTS,),
    "jobs": (_T.JOBS, _T.IMPORTS, _T.STATUS),
    "audit_entries": (_T.AUDIT,),
    "saved_views": (_T.VIEWS,),
    "account_notes": (_T.NOTES, _T.ACCOUNT),
    "bulk_actions": (_T.ACCOUNTS,),
    "bulk_items": (_T.ACCOUNTS,),
}

SILENT = frozenset({
    "idempotency_keys", "journey_clocks", "journey_inbox", "journey_steps", "measure_sets", "measures_before",
    "positions", "requests", "trigger_states",
})  # fmt: skip
"""Tables that no page shows: what Forestay keeps to do its own work."""

_WRITES = re.compile(r"\b(?:INSERT\s+INTO|UPDATE|DELETE\s+FROM)\s+(?:ONLY\s+)?\"?([a-z_]+)", re.IGNORECASE)
_LONG = 20_000
_NOTHING: frozenset[Topic] = frozenset()


@lru_cache(maxsize=2048)
def topics_of(statement: str) -> frozenset[Topic]:
    """What a statement of SQL may change; empty for one that only reads, or whose tables no page shows.

    >>> sorted(topics_of("WITH n AS (UPDATE trigger_moves SET at = now()) INSERT INTO positions VALUES (1)"))
    [<Topic.LEARNING: 'learning'>, <Topic.TRIGGERS: 'triggers'>]
    >>> topics_of("SELECT * FROM tasks FOR UPDATE SKIP LOCKED")
    frozenset()
    """
    text = statement if len(statement) < _LONG else statement[:_LONG]  # only a long list of VALUES is longer
    found = {name.lower() for name in _WRITES.findall(text)}
    return frozenset(topic for name in found for topic in TOPICS.get(name, ())) if found else _NOTHING
