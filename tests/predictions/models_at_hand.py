"""Models written by hand, whose answers a test can work out: log-odds are straight lines of one or two columns."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np

from forestay.predictions.model_document import (
    AlertThreshold,
    DataWindow,
    FeatureSummary,
    ModelDocument,
    Prior,
    Purpose,
    State,
    Thresholds,
)
from forestay.predictions.models.logistic import LogisticDocument

NAMES = ("health.score", "measure.events_7d")


def at_hand(
    level: float = -2.0, slope: float = -1.0, *, purpose: Purpose = Purpose.CHURN, alert: float = 0.3,
    names: tuple[str, ...] = NAMES, **values: object,
) -> ModelDocument:  # fmt: skip
    """Log-odds of each 30 days: level + slope x (health - 50) / 20; the second column counts a tenth of that."""
    fitted = LogisticDocument(
        names=names, low=(0.0, 0.0), high=(100.0, 1e6), centre=(0.0, 0.0), width=(1.0, 1.0), mean=(0.0, 0.0),
        scale=(1.0, 1.0), flagged=(), slopes=(slope, slope / 10), intercepts=(level, level, level), penalty=1.0,
    )  # fmt: skip
    promise = AlertThreshold(
        name="recommended", probability=alert, horizon_days=90, alerts=40, precision=0.5, low=0.35, high=0.65,
        recall=0.6, saved_arr=1000.0, words="half of them left",
    )  # fmt: skip
    given = {
        "purpose": purpose, "key": purpose.value, "state": State.OK,
        "data": DataWindow(first_day=20_000, last_day=20_400, known_until=20_490, rows=900, accounts=300, events=31),
        "measure_hashes": {}, "names": names, "candidate": "logistic", "fitted": fitted.model_dump(mode="json"),
        "calibration": None, "metrics": {"auc": 0.71}, "prior": Prior(alpha=1, beta=40),
        "thresholds": Thresholds(recommended=promise, fixed=promise.model_copy(update={"name": "fixed", "probability": 0.8})),
        "features": tuple(
            FeatureSummary(name=name, missing=0.0, quantiles=tuple(np.linspace(0, 100, 21).tolist())) for name in names
        ),
        "created_at": datetime(2026, 11, 22, tzinfo=UTC), **values,
    }  # fmt: skip
    return ModelDocument.model_validate(given).signed()
