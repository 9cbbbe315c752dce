"""Two accounts, or two contacts, that turn out to be one: their runs become the one's that stays.

Gives : Merge, merge_runs()
Reads : rows of the inbox of kind 'merge' (accounts) and 'join' (contacts), which the tick writes
Writes: journey_runs, journey_tokens, journey_exposures, journey_history
Entry keys are made anew, so that who entered once under either name has entered. Of two live runs of one journey the
later one ends MERGED, unless they run by different keys.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from forestay.journeys.run_columns import of_run
from forestay.journeys.runtime import operations
from forestay.journeys.runtime.book import Book
from forestay.journeys.runtime.entering import KEY, entry_key
from forestay.journeys.runtime.rows import Place
from forestay.journeys.runtime.wire import Driver
from forestay.journeys.words import ReEntry, RunStatus


@dataclass(frozen=True, slots=True)
class Merge:
    """stays, gone: numbers of accounts, or of contacts."""

    workspace_id: int
    stays: int
    gone: int
    of_contacts: bool


_RUNS = """
SELECT id, journey_id, version, account_id, contact_id, serial, status, run_values, entered_at FROM journey_runs
WHERE workspace_id = %s AND {subject} = %s ORDER BY entered_at, id FOR UPDATE"""
_SERIALS = """
SELECT coalesce(max(serial), 0), min(id) FILTER (WHERE status < 10) FROM journey_runs
WHERE account_id = %s AND journey_id = %s AND contact_id = %s"""
_TAKEN = "SELECT FROM journey_runs WHERE workspace_id = %s AND entry_key = %s AND id <> %s"
_MOVE = "UPDATE journey_runs SET account_id = %s, contact_id = %s, serial = %s, entry_key = %s WHERE id = %s"
_MOVE_TOKENS = "UPDATE journey_tokens SET account_id = %s WHERE run_id = %s"
_MOVE_EXPOSURES = "UPDATE journey_exposures SET account_id = %s, contact_id = %s WHERE run_id = %s"
_LOCK = "SELECT FROM journey_tokens WHERE workspace_id = %s AND run_id = ANY(%s) ORDER BY id FOR UPDATE"


def merge_runs(driver: Driver, book: Book, merge: Merge, now: datetime) -> int:
    """Bring every run of the one that is gone over; gives how many."""
    subject = "contact_id" if merge.of_contacts else "account_id"
    find = _RUNS.format(subject=subject)
    runs: list[Any] = driver.execute(find, (merge.workspace_id, merge.gone)).fetchall()
    driver.execute(_LOCK, (merge.workspace_id, [row[0] for row in runs]))
    for run, journey, version, account, contact, _, status, values, _ in runs:
        account, contact = (account, merge.stays) if merge.of_contacts else (merge.stays, contact)
        row: Any = driver.execute(_SERIALS, (account, journey, contact)).fetchone()
        serial, live = int(row[0]) + 1, row[1]
        key, is_doubled = _key(
            driver, book, Place(merge.workspace_id, journey, version), (account, contact, serial), run, values
        )
        driver.execute(_MOVE, (account, contact, serial, key, run))
        driver.execute(_MOVE_TOKENS, (account, run))
        driver.execute(_MOVE_EXPOSURES, (account, contact, run))
        if status < RunStatus.COMPLETED and (is_doubled if is_doubled is not None else live is not None):
            operations.end_runs(driver, [max(run, live or run)], RunStatus.MERGED, "merged", now)
    return len(runs)


def _key(
    driver: Driver, book: Book, place: Place, subject: tuple[int, int, int], run: int, values: Any
) -> tuple[bytes, bool | None]:  # fmt: skip
    """The new entry key; by key, also whether the other one runs with it already (None: does not matter here)."""
    compiled = book.version(driver, place)
    account, contact, serial = subject
    rule = None if compiled is None else compiled.journey.re_entry
    if rule is not None and rule.rule is ReEntry.BY_KEY:
        values = values or {}
        value = values.get(KEY, of_run(values, str(rule.key)))
        if value is None:  # it entered when the rule was another one: alone with itself
            return entry_key(place.journey_id, account, "merged", run), False
        key = entry_key(place.journey_id, account, "key", contact, value)
        if driver.execute(_TAKEN, (place.workspace_id, key, run)).fetchone() is None:
            return key, False
        return entry_key(place.journey_id, account, "merged", run), True
    return entry_key(place.journey_id, account, contact, serial), None
