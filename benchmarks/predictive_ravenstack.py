"""ravenstack: an untidy export whose tables contradict each other. A section of benchmarks.predictive.

Protocol: snapshots every 30 days from 2023-07-01 on, of accounts that had signed up; the event is the next churn event
within 90 days (an account may have several, the data say that it came back). Known on a day: use, errors, tickets, their
waits and ratings, subscriptions begun and ended, revenue, seats, tenure, earlier churn events. Rolling origins, pooled,
intervals by account. Whatever comes out is true; it is said in words.
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

FIRST, END, STEP, HORIZON = number_of(date(2023, 7, 1)), number_of(date(2025, 1, 1)), 30, 90
_DAY = "DATE '1970-01-01'"
Floats = npt.NDArray[np.float64]


def ravenstack(report: Report, folder: Path) -> None:
    """The AUC with its interval, and what it means."""
    x, y = _snapshots(folder / "ravenstack")
    judged = rolling(x, y, horizon=HORIZON, periods=3, origins=3)
    accounts = x.account_ids[judged.rows]
    found = with_interval(
        report, "ravenstack: AUC, churn event within 90 days, out of time", judged, accounts, target="whatever is true"
    )
    tenure = against(judged, -x.column("tenure")[judged.rows], accounts)
    report.add("  better than youth alone by (AUC)", tenure.value, "", runs=[tenure.low, tenure.high])
    calibration_figures(report, "ravenstack", judged, "")
    verdict = "cannot be told from a coin" if found.low <= 0.5 <= found.high else "differs from a coin"
    print(f"  In words: the AUC of {found.value:.3f} (95 % interval {found.low:.3f} to {found.high:.3f}) {verdict}.")


def _snapshots(folder: Path) -> tuple[Snapshots, Labels]:
    tables = _tables(folder)
    events = tables["churn"]
    parts, ids, days, ends = [], [], [], []
    for now in range(FIRST, END - 29, STEP):
        names, values = _known(tables, now)
        who = np.flatnonzero(tables["accounts"]["day"] <= now - 30)
        following = np.full(len(values), np.inf)
        after = events["day"] > now
        np.minimum.at(following, events["account"][after].astype(int), events["day"][after] - now)
        parts.append(values[who])
        ids.append(who)
        days.append(np.full(len(who), now))
        ends.append(following[who])
    day = np.concatenate(days)
    x = Snapshots(np.concatenate(ids), day, names, np.vstack(parts), np.full(len(day), np.nan))
    return x, Labels(np.concatenate(ends), (END - 1 - day).astype(np.float64))


def _tables(folder: Path) -> dict[str, dict[str, Floats]]:
    """Every table with its account as a number and its moment as a day number."""
    db = duckdb.connect()
    file = lambda name: f"'{folder}/ravenstack_{name}.csv'"  # noqa: E731
    db.execute(
        f"CREATE TABLE a AS SELECT row_number() OVER (ORDER BY account_id) - 1 AS account, * FROM {file('accounts')}"
    )
    db.execute(f"CREATE TABLE s AS SELECT account, b.* FROM {file('subscriptions')} b JOIN a USING (account_id)")
    asked = {
        "accounts": f"SELECT account, signup_date - {_DAY} AS day, seats FROM a ORDER BY account",
        "churn": f"SELECT account, churn_date - {_DAY} AS day, refund_amount_usd AS value FROM {file('churn_events')} JOIN a USING (account_id)",
        "begun": f"SELECT account, start_date - {_DAY} AS day, mrr_amount AS value FROM s",
        "ended": f"SELECT account, end_date - {_DAY} AS day, mrr_amount AS value FROM s WHERE end_date IS NOT NULL",
        "use": f"SELECT account, usage_date - {_DAY} AS day, usage_count AS value, error_count AS errors "
               f"FROM {file('feature_usage')} JOIN s USING (subscription_id)",
        "tickets": f"SELECT account, submitted_at::DATE - {_DAY} AS day, first_response_time_minutes AS value, "
                   f"satisfaction_score AS rating FROM {file('support_tickets')} JOIN a USING (account_id)",
    }  # fmt: skip
    found = {}
    for name, sql in asked.items():
        rows = db.sql(sql).fetchnumpy()
        found[name] = {column: np.ma.filled(np.ma.asarray(rows[column]).astype(np.float64), np.nan) for column in rows}
    return found


def _known(tables: dict[str, dict[str, Floats]], now: int) -> tuple[tuple[str, ...], Floats]:
    count = len(tables["accounts"]["day"])

    def total(table: str, column: str | None = None, days: int = 10_000) -> Floats:
        rows = tables[table]
        near = (rows["day"] <= now) & (rows["day"] > now - days)
        weights = None if column is None else np.nan_to_num(rows[column][near])
        return np.bincount(rows["account"][near].astype(int), weights, count).astype(np.float64)

    last = np.full(count, -np.inf)
    used = tables["use"]["day"] <= now
    np.maximum.at(last, tables["use"]["account"][used].astype(int), tables["use"]["day"][used])
    month = total("use", "value", 30)
    columns = {
        "days_since_use": np.where(np.isfinite(last), now - last, np.nan),
        "use_30d": month, "use_90d": total("use", "value", 90),
        "change": month / np.maximum(total("use", "value", 60) - month, 1),
        "errors_90d": total("use", "errors", 90), "tickets_90d": total("tickets", None, 90),
        "wait_90d": total("tickets", "value", 90) / np.maximum(total("tickets", None, 90), 1),
        "running": total("begun") - total("ended"), "revenue": total("begun", "value") - total("ended", "value"),
        "ended_90d": total("ended", None, 90), "begun_90d": total("begun", None, 90),
        "churned_before": total("churn"), "churned_90d": total("churn", None, 90),
        "tenure": now - tables["accounts"]["day"], "seats": tables["accounts"]["seats"],
    }  # fmt: skip
    return tuple(columns), np.column_stack(list(columns.values()))
