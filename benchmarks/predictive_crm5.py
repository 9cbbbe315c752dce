"""crm5-sim: accounts of a CRM product, churn 60 days ahead. A section of benchmarks.predictive.

Protocol: snapshots every 15 days from 2023-03-01 on, of accounts with a running subscription; the event is the end of the
last subscription (59 of 461 accounts before 2024-01-01, when what is known ends). Known on a day: use by kind of event
over 7, 28 and 84 days, its change, users, tenure, plan, seats, revenue, and when the current term ends. Rolling
origins, pooled; intervals draw accounts. Recency alone (days since the last use) stands beside it.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import numpy.typing as npt

from benchmarks.predictive_over_time import against, calibration_figures, rolling, with_interval
from benchmarks.report import Report
from forestay.kit.clock import number_of
from forestay.predictions.snapshots import Labels, Snapshots

BEGIN, END, FIRST, STEP, HORIZON = (
    number_of(date(2023, 1, 1)), number_of(date(2024, 1, 1)), number_of(date(2023, 3, 1)), 15, 60,
)  # fmt: skip
KINDS = 28
GROUPS = {
    "search": (0, 1, 2, 3),
    "won": (4,),
    "stages": (5,),
    "trouble": (6, 7, 8),
    "quote": (9,),
    "meetings": (21, 22, 23, 24),
}
"""Kinds of events that are counted apart; all together are counted as well."""
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def crm5(report: Report, folder: Path) -> None:
    """Beats recency; AUC with its interval; ECE within luck."""
    x, y = _snapshots(folder / "crm5-sim")
    judged = rolling(x, y, horizon=HORIZON, periods=2, origins=4)
    accounts = x.account_ids[judged.rows]
    with_interval(report, "crm5: AUC, churn within 60 days, out of time", judged, accounts, target="about .68")
    recency = x.column("days_since_use")[judged.rows]
    better = against(judged, recency, accounts)
    report.add("  better than recency alone by (AUC)", better.value, "", target="> 0", runs=[better.low, better.high])
    calibration_figures(report, "crm5", judged, "within luck")


def _snapshots(folder: Path) -> tuple[Snapshots, Labels]:
    terms = _terms(folder)
    use, users = _usage(folder)
    parts, ids, days, ends = [], [], [], []
    for now in range(FIRST, END - 29, STEP):
        names, values, running = _known(use, users, terms, now)
        who = np.flatnonzero(running)
        parts.append(values[who])
        ids.append(who)
        days.append(np.full(len(who), now))
        ends.append(np.where(terms["last"][who] < END, terms["last"][who] - now, np.inf).astype(np.float64))
    day = np.concatenate(days)
    x = Snapshots(np.concatenate(ids), day, names, np.vstack(parts), np.full(len(day), np.nan))
    return x, Labels(np.concatenate(ends), (END - 1 - day).astype(np.float64))


def _terms(folder: Path) -> dict[str, Ints]:
    """Subscriptions as columns (days as numbers), and 'last': by account the end of its last one."""
    rows = duckdb.sql(
        "SELECT account_id, start_date - DATE '1970-01-01' AS begin, end_date - DATE '1970-01-01' AS until, mrr, quantity, "
        f"units, bill_period_months AS months FROM '{folder}/subscriptions.csv' ORDER BY account_id, start_date"
    ).fetchnumpy()
    terms = {name: np.asarray(rows[name]) for name in rows}
    last = np.full(int(terms["account_id"].max()) + 1, -1, np.int64)
    np.maximum.at(last, terms["account_id"].astype(int), terms["until"].astype(int))
    return {**terms, "last": last}


def _usage(folder: Path) -> tuple[Floats, Floats]:
    """Running sums of events (accounts, kinds, days + 1) and users of the busiest kind (accounts, days)."""
    rows = duckdb.sql(
        f"SELECT account_id, event_type_id AS kind, day::DATE - DATE '1970-01-01' AS day, events, users FROM '{folder}/daily_usage.parquet'"
    ).fetchnumpy()
    who, kind, day = (np.asarray(rows[name]).astype(int) for name in ("account_id", "kind", "day"))
    inside = (day >= BEGIN) & (day < END)
    who, kind, day = who[inside], kind[inside], day[inside] - BEGIN
    use = np.zeros((int(who.max()) + 1, KINDS, END - BEGIN + 1))
    np.add.at(use, (who, kind, day + 1), np.asarray(rows["events"])[inside].astype(np.float64))
    users = np.zeros((len(use), END - BEGIN))
    np.maximum.at(users, (who, day), np.nan_to_num(np.asarray(rows["users"])[inside].astype(np.float64)))
    return np.cumsum(use, axis=2), users


def _known(
    use: Floats, users: Floats, terms: dict[str, Ints], now: int
) -> tuple[tuple[str, ...], Floats, npt.NDArray[np.bool_]]:
    at, count = now - BEGIN + 1, len(use)

    def window(days: int, ago: int = 0) -> Floats:
        return use[:, :, max(0, at - ago)] - use[:, :, max(0, at - ago - days)]

    month, before = window(28), window(28, 28)
    daily = np.diff(use[:, :, : at + 1].sum(axis=1), axis=1) > 0
    any_use = daily.any(axis=1)
    since = np.where(any_use, daily[:, ::-1].argmax(axis=1), at)
    columns: dict[str, Floats] = {
        "days_since_use": since.astype(np.float64),
        "events_7d": window(7).sum(axis=1), "events_28d": month.sum(axis=1), "events_84d": window(84).sum(axis=1),
        "change_7d": window(7).sum(axis=1) * 4 / np.maximum(month.sum(axis=1), 1),
        "change_28d": month.sum(axis=1) / np.maximum(before.sum(axis=1), 1),
        "active_days_28d": daily[:, max(0, at - 28):].sum(axis=1).astype(np.float64),
        "users_28d": users[:, max(0, at - 28): at].max(axis=1),
        "kinds_28d": (month > 0).sum(axis=1).astype(np.float64),
    }  # fmt: skip
    columns |= {f"{name}_28d": month[:, list(kinds)].sum(axis=1) for name, kinds in GROUPS.items()}
    contract, running = _contract(terms, now, count)
    columns |= contract
    seats = np.maximum(columns["seats"], 1)
    columns |= {f"{name}_a_seat": columns[f"{name}_28d"] / seats for name in ("events", *GROUPS)}
    columns["events_a_dollar"] = columns["events_28d"] / np.maximum(columns["mrr"], 1)
    columns["users_a_seat"] = columns["users_28d"] / seats
    return tuple(columns), np.column_stack(list(columns.values())), running


def _contract(terms: dict[str, Ints], now: int, count: int) -> tuple[dict[str, Floats], npt.NDArray[np.bool_]]:
    started = terms["begin"] <= now
    current = started & (terms["until"] > now)
    who = terms["account_id"].astype(int)
    users = current & (np.asarray(terms["units"]) == "users")
    first, ends = np.full(count, now), np.full(count, 0)
    np.minimum.at(first, who[started], terms["begin"][started].astype(int))
    np.maximum.at(ends, who[current], terms["until"][current].astype(int))
    months = np.zeros(count)
    np.maximum.at(months, who[current], terms["months"][current].astype(float))
    return {
        "tenure": (now - first).astype(np.float64),
        "days_to_end_of_term": np.where(ends > 0, ends - now, np.nan),
        "months_of_term": months,
        "mrr": np.bincount(who[current], terms["mrr"][current].astype(float), count),
        "seats": np.bincount(who[users], terms["quantity"][users].astype(float), count),
    }, ends > now
