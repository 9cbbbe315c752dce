"""What is unusual about the use of some accounts as of yesterday, as account_states keeps it; asked once a day.

Reads : WorkspaceMemory (counts by the day of the last 100 days, features)
Gives : unusual_use() -> one JSON list an account
Today has only begun, so the last complete day is the last that counts. A feature is looked at for those who use it.
"""

from __future__ import annotations

import msgspec
import numpy as np
import numpy.typing as npt

from forestay.app.shard import WorkspaceMemory
from forestay.health.anomaly import LEAST_DAYS, LEAST_EXPECTED, Anomalies, Lines, unusual
from forestay.kit.clock import date_of
from forestay.measures.ring import RING_DAYS, Ints
from forestay.measures.series import ANY
from forestay.measures.substrate import Floats, Substrate

SIGN_INS = "role:sign_in"
FEATURE_LINES = Lines(fall=2.3, rise=3.0)
"""Higher than those of the whole: an account has a dozen features, and any of them may look odd by chance."""

_REMEMBERED = RING_DAYS - 1

Told = list[dict[str, str | float | None]]


def unusual_use(space: WorkspaceMemory, rows: Ints) -> list[str]:
    """For each of the rows (n,) what is unusual: a JSON list of documents with the keys of _document()."""
    substrate, today = space.memory.substrate(rows), date_of(space.today).isoformat()
    told: list[Told] = [[] for _ in rows]
    others = (_daily(substrate, SIGN_INS),) if space.configuration.measures.context.feeds(SIGN_INS) else ()
    _tell(told, np.arange(len(rows)), "events", unusual(_daily(substrate, ANY), *others), today)
    for feature in space.configuration.measures.context.features.measurable:
        series = f"feature:{feature.key}"
        weekly = substrate.event_count(series, LEAST_DAYS, 1) * 7 / LEAST_DAYS
        users = np.flatnonzero(weekly >= LEAST_EXPECTED)
        if len(users):
            found = unusual(_daily(space.memory.substrate(rows[users]), series), lines=FEATURE_LINES)
            _tell(told, users, series, found, today)
    return [msgspec.json.encode(one).decode() for one in told]


def _daily(substrate: Substrate, series: str) -> Floats:
    """Counts by the day (n, days), yesterday last."""
    return np.stack([substrate.event_count(series, 1, back) for back in range(_REMEMBERED, 0, -1)], axis=1)


def _tell(told: list[Told], places: npt.NDArray[np.int64], series: str, found: Anomalies, today: str) -> None:
    for at in np.flatnonzero(found.direction).tolist():
        told[int(places[at])].append(_document(series, found, at, today))


def _document(series: str, found: Anomalies, at: int, today: str) -> dict[str, str | float | None]:
    ratio = float(found.ratio[at])
    return {
        "measure": series,
        "direction": "low" if found.direction[at] < 0 else "high",
        "days": int(found.days[at]),
        "counted": float(found.counted[at]),
        "expected": round(float(found.expected[at]), 1),
        "ratio": None if ratio != ratio else round(ratio, 3),
        "probability": float(f"{found.tail[at]:.3g}"),
        "as_of": today,
    }
