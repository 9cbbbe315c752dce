"""What only the store knows, read back into memory at a recovery.

Gives: read_facts(), read_states(), read_standing(), read_owners(), read_scores()
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
from sqlalchemy import Connection as StoreConnection

from forestay.app.remembering import TRAIT_COLUMNS
from forestay.app.shard import Due, WorkspaceMemory
from forestay.app.subscriptions import derived_from
from forestay.customers.kinds import ImportKind
from forestay.health.bands import NONE
from forestay.health.history import KEPT_DAYS
from forestay.health.registry import KEYS
from forestay.kit.clock import day_of, micros_of, start_of_day
from forestay.measures.facts import FactTable
from forestay.measures.record_facts import facts_of_record
from forestay.measures.traits import TraitColumns
from forestay.signals.levels import code_of
from forestay.signals.states import OpenRows, StateRows
from forestay.signals.store import SavedState, load_states
from forestay.sources.identity import NOBODY
from forestay.sources.record_tables import TABLES
from forestay.sources.records import Connection, plain

_BANDS = {"red": 0, "yellow": 1, "green": 2}
_PORTION = 20_000
_RECORD_KINDS = (
    ImportKind.SUBSCRIPTIONS, ImportKind.INVOICES, ImportKind.TICKETS, ImportKind.INTERACTIONS, ImportKind.SURVEYS,
)  # fmt: skip
_STANDING = """
SELECT account_id, score, band, confidence, band_confidence, scorecard_key, churn_score, readiness, dimensions, as_of, churn_model
FROM account_states WHERE workspace_id = %s"""
_LAST_CHANGES = """
SELECT DISTINCT ON (account_id) account_id, score, band, at FROM health_changes
WHERE workspace_id = %s AND account_id = ANY(%s) ORDER BY account_id, at DESC"""
_LAST_LINES = """
SELECT DISTINCT ON (account_id) account_id, probability, coalesce(model_version, 0), at FROM prediction_changes
WHERE workspace_id = %s AND account_id = ANY(%s) ORDER BY account_id, at DESC"""
_OWNERS = "SELECT id, owner_id FROM accounts WHERE workspace_id = %s AND owner_id IS NOT NULL"
_SCORES = """
SELECT account_id, at, score FROM health_changes WHERE workspace_id = %s AND at >= %s ORDER BY at"""


def read_facts(space: WorkspaceMemory, connection: Connection) -> None:
    """All facts and traits anew from the records that stand in the store, and for which account contacts count."""
    space.memory.facts, space.memory.traits = FactTable(), TraitColumns()
    facts = _FactColumns()
    for kind in _RECORD_KINDS:
        for account, version in _records(space, connection, kind):
            facts.add(account, kind, version, space.configuration.zone)
    _read_contacts(space, connection, facts)
    _read_accounts(space, connection, facts)
    facts.put_into(space.memory.facts)
    _tell_numbers_apart(space, connection)


def read_states(space: WorkspaceMemory, connection: StoreConnection) -> None:
    """Where triggers stand, as the last committed tick left them."""
    by_key: dict[str, list[tuple[int, SavedState]]] = {}
    for state in load_states(connection, space.workspace_id):
        row = space.rows_by_id.get(state.account_id)
        if row is not None:
            by_key.setdefault(state.trigger_key, []).append((row, state))
    for key, kept in by_key.items():
        states = StateRows(
            np.array([row for row, _ in kept], np.int64),
            np.array([state.is_on for _, state in kept]),
            np.array([_seconds(state.since) for _, state in kept], np.int64),
            np.array([_seconds(state.last_fired_at) for _, state in kept], np.int64),
        )
        signals = _open_rows([pair for pair in kept if pair[1].is_open], space.configuration.zone)
        space.states.restore(key, states, signals, space.accounts)


def _open_rows(kept: Sequence[tuple[int, SavedState]], zone: str) -> OpenRows:
    """What open signals say, so that a restart writes no evidence again that stands there already."""
    told = [(state.level, state.updated_at) for _, state in kept]
    return OpenRows(
        np.array([row for row, _ in kept], np.int64),
        np.array([state.is_capped for _, state in kept], bool),
        np.array([0 if at is None else day_of(at, zone) for _, at in told], np.int64),
        np.array([0 if level is None else code_of(level) for level, _ in told], np.uint8),
    )


def read_standing(space: WorkspaceMemory, connection: Connection) -> None:
    """Scores as they stand in the store; accounts that were not scored since the day began are due."""
    standing, rows_by_id = space.standing, space.rows_by_id
    names = {card.key: number for number, card in enumerate(space.configuration.scorecards)}
    day_began = start_of_day(space.today, space.configuration.zone)
    standing.written[:], standing.model[:] = np.nan, -1
    standing.score[:], standing.band[:] = np.nan, NONE
    late: list[int] = []
    for number, score, band, confidence, sure, card, churn, readiness, dimensions, as_of, model in _rows(
        connection, _STANDING, (space.workspace_id,)
    ):
        row = rows_by_id.get(number)
        if row is None:
            continue
        code = _BANDS.get(str(band), NONE)
        numbers = (score, code, confidence, sure, names.get(str(card), 0), churn, readiness)
        standing.written[row] = [np.nan if value is None else value for value in numbers]
        standing.score[row], standing.band[row] = standing.written[row, 0], code
        standing.model[row] = model or 0
        if len(dimensions) == len(KEYS):
            standing.dimensions[row] = dimensions
        if as_of < day_began:
            late.append(row)
    _read_last_changes(space, connection)
    _read_last_lines(space, connection)
    living = space.living()
    never = living[np.isnan(standing.written[living, 1])]
    due = np.union1d(np.array(late, np.int64), never)
    if len(due):
        space.due.append(Due("day", due))


def read_owners(space: WorkspaceMemory, connection: Connection) -> None:
    """The member who owns each account; changed by people at any time."""
    space.standing.owner_ids[:] = -1
    for number, owner in _rows(connection, _OWNERS, (space.workspace_id,)):
        if (row := space.rows_by_id.get(number)) is not None:
            space.standing.owner_ids[row] = owner


def read_scores(space: WorkspaceMemory, connection: Connection, *, anew: bool = False) -> None:
    """Daily scores of the days since the memory of scores ends, and at least today's, from the history kept.

    anew: all days, since the past was scored.
    """
    rows = np.flatnonzero(~np.isnan(space.standing.score))
    empty = not len(rows) or bool(np.isnan(space.scores.at(rows, 1)).all())
    first = space.today - KEPT_DAYS + 1 if empty or anew else space.today - 1
    zone = space.configuration.zone
    by_day: dict[int, tuple[list[int], list[float]]] = {}
    since = start_of_day(first, zone)
    for number, at, score in _rows(connection, _SCORES, (space.workspace_id, since)):
        if (row := space.rows_by_id.get(number)) is not None:
            rows_of_day, scores = by_day.setdefault(day_of(at, zone), ([], []))
            rows_of_day.append(row)
            scores.append(np.nan if score is None else score)
    last = np.full(space.accounts, np.nan)
    for day in range(first, space.today + 1):
        rows_of_day, scores = by_day.get(day, ([], []))
        last[rows_of_day] = scores
        known = np.flatnonzero(~np.isnan(last))
        space.scores.record(known, last[known], day)
    space.scores.record(rows, space.standing.score[rows])


class _FactColumns:
    """Facts gathered by name."""

    def __init__(self) -> None:
        self._by_name: dict[str, list[tuple[int, int, float]]] = {}

    def add(self, account: int, kind: ImportKind, version: dict[str, object], zone: str) -> None:
        if account != NOBODY:
            for fact in facts_of_record(kind, version, zone):  # type: ignore[arg-type]
                self._by_name.setdefault(fact.name, []).append((account, fact.day, fact.value))

    def put_into(self, table: FactTable) -> None:
        for name, rows in self._by_name.items():
            accounts, days, values = (np.array(column) for column in zip(*rows, strict=True))
            table.add(name, accounts.astype(np.int64), days.astype(np.int64), values.astype(np.float64))


def _records(
    space: WorkspaceMemory, connection: Connection, kind: ImportKind
) -> Iterator[tuple[int, dict[str, object]]]:
    table = TABLES[kind]
    names = list(table.columns)
    query = f"SELECT {', '.join(names)} FROM {table.name} WHERE workspace_id = %s"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(query, (space.workspace_id,))
        while portion := cursor.fetchmany(_PORTION):
            for values in portion:
                version: dict[str, object] = {name: plain(value) for name, value in zip(names, values, strict=True)}
                yield _row_of(space, version.get("account_id")), version


def _row_of(space: WorkspaceMemory, account_id: Any) -> int:
    row = space.rows_by_id.get(account_id)
    return NOBODY if row is None else space.known.merged[row]


def _read_contacts(space: WorkspaceMemory, connection: Connection, facts: _FactColumns) -> None:
    known = space.known
    space.homes.grow_to(len(known.canonical))
    space.homes.values[:] = NOBODY
    names = [*TABLES[ImportKind.CONTACTS].columns]
    query = f"SELECT external_id, {', '.join(names)} FROM contacts WHERE workspace_id = %s"  # noqa: S608
    for external_id, *values in _rows(connection, query, (space.workspace_id,)):
        number = known.users.get(f"u:{external_id}")
        if number is None:
            continue
        user = known.canonical[number]
        primary = known.primary[user]
        home = NOBODY if primary == NOBODY else known.merged[primary]
        space.homes[user] = home
        facts.add(home, ImportKind.CONTACTS, dict(zip(names, values, strict=True)), space.configuration.zone)


def _read_accounts(space: WorkspaceMemory, connection: Connection, facts: _FactColumns) -> None:
    names = [*TRAIT_COLUMNS, "traits"]
    query = f"SELECT id, {', '.join(names)} FROM accounts WHERE workspace_id = %s AND merged_into IS NULL"  # noqa: S608
    for number, *values in _rows(connection, query, (space.workspace_id,)):
        row = space.rows_by_id.get(number)
        if row is None:
            continue
        version: dict[str, object] = {name: plain(value) for name, value in zip(names, values, strict=True)}
        traits = version.pop("traits")
        space.memory.traits.set_many(row, {k: v for k, v in version.items() if v is not None})  # type: ignore[misc]
        for key, value in traits.items() if isinstance(traits, dict) else ():
            if isinstance(value, str | int | float | bool) and key not in TRAIT_COLUMNS:
                space.memory.traits.set(row, key, value)
        facts.add(row, ImportKind.ACCOUNTS, version, space.configuration.zone)


def _tell_numbers_apart(space: WorkspaceMemory, connection: Connection) -> None:
    """An account's ARR or seats that its subscriptions do not come to were told by somebody."""
    ids = list(space.rows_by_id)
    derived = derived_from(connection, space.workspace_id, ids, [], space.known, space.today)
    for number, row in space.rows_by_id.items():
        one = derived.get(number)
        for name, told, sum_of in (
            ("arr", space.standing.is_arr_told, None if one is None else one.arr),
            ("seats", space.standing.is_seats_told, None if one is None else one.seats),
        ):
            value = space.memory.traits.get(name, np.array([row]))[0]
            told[row] = isinstance(value, float) and value == value and value != sum_of


def _read_last_changes(space: WorkspaceMemory, connection: Connection) -> None:
    standing = space.standing
    standing.changed_score[:], standing.changed_band[:], standing.changed_day[:] = np.nan, NONE, -1
    for number, score, band, at in _rows(connection, _LAST_CHANGES, (space.workspace_id, list(space.rows_by_id))):
        row = space.rows_by_id[number]
        standing.changed_score[row] = np.nan if score is None else score
        standing.changed_band[row] = _BANDS.get(str(band), NONE)
        standing.changed_day[row] = day_of(at, space.configuration.zone)


def _read_last_lines(space: WorkspaceMemory, connection: Connection) -> None:
    standing = space.standing
    standing.told_churn[:], standing.told_model[:], standing.told_day[:] = np.nan, -1, -1
    for number, probability, model, at in _rows(connection, _LAST_LINES, (space.workspace_id, list(space.rows_by_id))):
        row = space.rows_by_id[number]
        standing.told_churn[row] = np.nan if probability is None else probability
        standing.told_model[row], standing.told_day[row] = model, day_of(at, space.configuration.zone)


def _rows(connection: Connection, query: str, parameters: Sequence[object]) -> Iterator[tuple[Any, ...]]:
    """Rows as the driver gives them; their types are those of the columns asked for."""
    return iter(connection.execute(query, parameters))


def _seconds(moment: datetime | None) -> int:
    return 0 if moment is None else micros_of(moment.astimezone(UTC)) // 1_000_000
