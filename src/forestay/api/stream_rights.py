"""Who may hear what: the permission that each topic's pages need, and who of those who listen still may.

Gives : MAY_HEAR, topics_for(), Proof, still_there()
Reads : member_sessions, members, api_keys
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from forestay.api.deps import ApiDeps
from forestay.governance import sessions
from forestay.governance.keys import KeyKind
from forestay.governance.permissions import Permission
from forestay.governance.principal import Principal, key_principal
from forestay.store.topics import Topic

_P, _T = Permission, Topic
MAY_HEAR: Mapping[Topic, Permission] = {
    _T.STATUS: _P.JOBS_READ, _T.JOBS: _P.JOBS_READ, _T.SOURCES: _P.JOBS_READ,
    _T.ACCOUNTS: _P.ACCOUNTS_READ, _T.ACCOUNT: _P.ACCOUNTS_READ, _T.SUPPRESSIONS: _P.ACCOUNTS_READ,
    _T.VIEWS: _P.ACCOUNTS_READ, _T.NOTES: _P.ACCOUNTS_READ,
    _T.TASKS: _P.TASKS_READ, _T.SIGNALS: _P.SIGNALS_READ,
    _T.JOURNEYS: _P.JOURNEYS_READ, _T.RUNS: _P.JOURNEYS_READ,
    _T.TRIGGERS: _P.TRIGGERS_READ, _T.LEARNING: _P.TRIGGERS_READ, _T.SCORECARDS: _P.SCORECARDS_READ,
    _T.SEGMENTS: _P.CONFIG_READ, _T.TEMPLATES: _P.CONFIG_READ, _T.MEASURES: _P.CONFIG_READ,
    _T.CALENDARS: _P.CONFIG_READ, _T.MEMBERS: _P.CONFIG_READ, _T.WORKSPACE: _P.CONFIG_READ,
    _T.MESSAGES: _P.MESSAGES_READ, _T.EFFECTS: _P.MESSAGES_READ, _T.MODELS: _P.MODELS_READ,
    _T.IMPACT: _P.KPIS_READ, _T.KPIS: _P.KPIS_READ, _T.KEYS: _P.KEYS_ADMIN, _T.AUDIT: _P.AUDIT_READ,
    _T.QUARANTINE: _P.QUARANTINE_READ, _T.IMPORTS: _P.IMPORTS_WRITE,
}  # fmt: skip
"""Every topic but SESSIONS, which nobody is told."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What one who listens came in with: a session's token or a management key's secret; hold it in memory alone."""

    workspace_id: int
    token: str | None = None
    secret: str | None = None


@lru_cache(maxsize=256)
def topics_for(permissions: frozenset[Permission]) -> frozenset[Topic]:
    """What a caller with these permissions is told of."""
    return frozenset(topic for topic, needed in MAY_HEAR.items() if needed in permissions)


def still_there(deps: ApiDeps, proofs: Iterable[Proof]) -> dict[Proof, Principal]:
    """Those whose session or key still holds, with what they may do now: one question a workspace; blocks meanwhile.
    Listening is no use of a session, so it ends when nothing else was done with it."""
    found: dict[Proof, Principal] = {}
    by_space: dict[int, list[Proof]] = {}
    for proof in proofs:
        if proof.secret is not None:
            facts = deps.keys.find(proof.secret)
            if facts is not None and facts.kind is KeyKind.MANAGEMENT and facts.workspace_id == proof.workspace_id:
                found[proof] = key_principal(facts.workspace_id, facts.key_id, facts.scopes)
        elif proof.token is not None:
            by_space.setdefault(proof.workspace_id, []).append(proof)
    for workspace_id, mine in by_space.items():
        with deps.store.begin(workspace_id) as conn:
            alive = sessions.alive(conn, workspace_id, {proof.token for proof in mine if proof.token}, deps.clock.now())
        found.update({proof: alive[proof.token] for proof in mine if proof.token in alive})
    return found
