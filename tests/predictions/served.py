"""Small trained models for tests of what is served: made from known effects, never from a random guess."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np

from forestay.predictions.groups import group_measures
from forestay.predictions.model_document import (
    DataWindow,
    Document,
    FeatureSummary,
    ModelDocument,
    Prior,
    Purpose,
    State,
)
from forestay.predictions.models.candidate import Fitted
from forestay.predictions.peers import peer_groups
from forestay.predictions.snapshots import Labels, Snapshots

NAMES = (
    "measure.active_users_7d", "measure.events_7d", "measure.seat_use_30d", "measure.open_tickets",
    "measure.csat_90d", "measure.sponsor_left_90d", "account.days_to_renewal", "health.score",
)  # fmt: skip


def past(accounts: int = 1_500, seed: int = 0) -> tuple[Snapshots, Labels]:
    """Accounts of whom those leave early that have few active users, many tickets and a sponsor who left."""
    rng = np.random.default_rng(seed)
    users = rng.poisson(rng.gamma(2, 6, accounts)).astype(float)
    tickets, sponsor = rng.poisson(2, accounts).astype(float), (rng.random(accounts) < 0.1).astype(float)
    values = np.column_stack([
        users, users * rng.uniform(8, 12, accounts), np.clip(users / 20, 0, 2), tickets,
        np.where(rng.random(accounts) < 0.4, np.nan, rng.normal(4, 0.5, accounts)), sponsor,
        rng.integers(1, 360, accounts), np.clip(40 + 2 * users - 3 * tickets, 0, 100),
    ]).astype(np.float32)  # fmt: skip
    odds = -1.5 - 0.25 * np.minimum(users, 20) + 0.4 * tickets + 1.5 * sponsor
    monthly = 1 / (1 + np.exp(-odds))
    event = rng.geometric(np.clip(monthly, 1e-6, 1)) * 30.0 - rng.uniform(0, 30, accounts)
    observed = rng.choice([60.0, 120.0], accounts)
    x = Snapshots(np.arange(accounts), np.full(accounts, 20_000), NAMES, values, rng.lognormal(9, 1, accounts))
    return x, Labels(np.where(event <= observed, event, np.inf), observed)


def document_of(
    fitted: Fitted | None, x: Snapshots, *, candidate: str = "additive", calibration: Document | None = None,
    ensemble: tuple[Fitted, ...] = (), surrogate: Fitted | None = None, purpose: Purpose = Purpose.CHURN,
) -> ModelDocument:  # fmt: skip
    """The document of a model of these accounts."""
    summaries = tuple(
        FeatureSummary(
            name=name,
            missing=float(np.isnan(column).mean()),
            quantiles=tuple(np.nanquantile(column, np.linspace(0, 1, 21)).tolist()),
        )
        for name, column in zip(x.names, x.values.T, strict=True)
    )
    return ModelDocument(
        purpose=purpose,
        key="test",
        state=State.NOT_ENOUGH_DATA if fitted is None else State.OK,
        data=DataWindow(first_day=0, last_day=1, known_until=2, rows=len(x), accounts=len(x), events=9),
        measure_hashes={},
        names=x.names,
        candidate=None if fitted is None else candidate,
        fitted=None if fitted is None else fitted.to_document(),
        calibration=calibration,
        ensemble=tuple(one.to_document() for one in ensemble),
        surrogate=None if surrogate is None else surrogate.to_document(),
        metrics={},
        prior=Prior(alpha=2.0, beta=98.0),
        features=summaries,
        groups=group_measures(x.names, x.values),
        peers=peer_groups(x),
        created_at=datetime(2026, 11, 22, tzinfo=UTC),
    ).signed()
