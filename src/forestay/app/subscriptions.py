"""What an account's subscriptions come to: recurring revenue, seats, next renewal.

Gives: Derived, derived_from(), accounts_with_a_date()
Money is summed as it stands; an account whose subscriptions have several currencies has its sum in none of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from forestay.kit.clock import date_of
from forestay.sources.identity import NOBODY, Identities
from forestay.sources.records import Connection, RecordChange

_OF_ACCOUNTS = """
SELECT s.* FROM unnest(%s::bigint[]) AS account, LATERAL (
  SELECT external_id, account_id, mrr::float8, seats, started_on, ended_on, renews_on FROM subscriptions
  WHERE workspace_id = %s AND account_id = account OFFSET 0) AS s"""
_TURNING = """
SELECT DISTINCT account_id FROM subscriptions WHERE workspace_id = %s AND (
  started_on BETWEEN %s AND %s OR ended_on BETWEEN %s AND %s OR renews_on BETWEEN %s - 1 AND %s)"""


@dataclass(frozen=True, slots=True)
class Derived:
    """arr: money a year of what is in force today; seats; renews_on: the next end or renewal, today or later."""

    arr: float | None
    seats: float | None
    renews_on: date | None


@dataclass(frozen=True, slots=True)
class _Subscription:
    account_id: int
    mrr: float | None
    seats: float | None
    started_on: date | None
    ended_on: date | None
    renews_on: date | None

    def is_in_force(self, today: date) -> bool:
        started = self.started_on is None or self.started_on <= today
        return started and (self.ended_on is None or self.ended_on > today)


def derived_from(
    connection: Connection,
    workspace_id: int,
    account_ids: Sequence[int],
    changes: Sequence[RecordChange],
    known: Identities,
    day: int,
) -> Mapping[int, Derived]:
    """By account id; accounts without any subscription are left out. changes lie over what the store has."""
    present = {
        str(row[0]): _Subscription(*row[1:])  # type: ignore[arg-type]
        for row in connection.execute(_OF_ACCOUNTS, (list(account_ids), workspace_id))
    }
    for change in changes:
        present[change.key] = _changed(change, known)
    by_account: dict[int, list[_Subscription]] = {}
    for one in present.values():
        by_account.setdefault(one.account_id, []).append(one)
    return {number: _sum(by_account[number], date_of(day)) for number in account_ids if number in by_account}


def accounts_with_a_date(connection: Connection, workspace_id: int, after: int, until: int) -> list[int]:
    """Ids of accounts of whose subscriptions one starts, ends or renews in the days after .. until."""
    since, last = date_of(after + 1), date_of(until)
    found = connection.execute(_TURNING, (workspace_id, *([since, last] * 3)))
    return [int(str(row[0])) for row in found]


def _changed(change: RecordChange, known: Identities) -> _Subscription:
    new, account = change.new, change.new_account
    return _Subscription(
        known.account_ids[account] if account != NOBODY else 0,
        *(new.get(name) for name in ("mrr", "seats", "started_on", "ended_on", "renews_on")),  # type: ignore[arg-type]
    )


def _sum(subscriptions: Sequence[_Subscription], today: date) -> Derived:
    running = [one for one in subscriptions if one.is_in_force(today)]
    ends = [one.renews_on or one.ended_on for one in running]
    ahead = [end for end in ends if end is not None and end >= today]
    mrr = [one.mrr for one in subscriptions if one.mrr is not None]
    seats = [one.seats for one in subscriptions if one.seats is not None]
    return Derived(
        round(12 * sum(one.mrr or 0.0 for one in running), 2) if mrr else None,
        sum(one.seats or 0.0 for one in running) if seats else None,
        min(ahead, default=None),
    )
