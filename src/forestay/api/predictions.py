"""`/api/accounts/{id}/prediction`: what is foreseen of an account, how surely, and why.

Reads: what the last tick stored; the live models
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from forestay.api.calls import Call, needs
from forestay.api.ids_in_paths import ID_IN_PATH
from forestay.api.queries import accounts as queries
from forestay.api.queries.foreseen import Foreseen, foreseen_of
from forestay.api.queries.predictions import changes_of
from forestay.api.shapes import Moment, Shape
from forestay.governance.permissions import Permission
from forestay.kit.errors import Invalid

router = APIRouter(prefix=f"/api/accounts/{ID_IN_PATH}", tags=["accounts"])
Reader = Annotated[Call, needs(Permission.ACCOUNTS_READ)]
_QUARTER = timedelta(days=90)


class HorizonShape(Shape):
    """The chance that the account has left by then; it never falls with the days."""

    days: int
    probability: float
    until_renewal: bool = Field(False, description="Whether this is the day of the renewal.")


class PredictionReason(Shape):
    """One reason: associated with the prediction, and not its cause. odds_ratio: against the average account."""

    key: str
    label: str
    sentence: str = Field(description="The value, what is usual for this account, where peers stand, and since when.")
    strength: float = Field(description="Log-odds added; below 0 it lowers the prediction.")
    odds_ratio: float
    direction: str
    source: str = Field(description="model, surrogate (an additive model that follows the live one) or rule.")
    column: str
    value: float | None
    usual: float | None
    peers: str | None
    below: float | None
    above: float | None
    since: str | None


class OpportunityShape(Shape):
    """A signal of expansion that speaks, and what it calls for."""

    offer: str
    label: str
    strength: float = Field(description="0-1.")
    sentence: str
    action: str


class ExpansionShape(Shape):
    """Readiness to expand, 0-100 by rule; probability: that an expansion succeeds, null without a model of it."""

    readiness: float | None
    probability: float | None
    source: str
    opportunities: list[OpportunityShape]


class PredictionPoint(Shape):
    """What was foreseen from this moment on. model_version null: by the rule."""

    at: datetime
    probability: float | None
    low: float | None
    high: float | None
    readiness: float | None
    model_version: int | None


class PredictionView(Shape):
    """What is foreseen of one account."""

    as_of: datetime | None
    source: str = Field(description="model, prior (not enough is known of the account) or rule (no model is live).")
    state: str = Field(description="ok, or not_enough_data.")
    model_version: int | None
    model_id: int | None
    probability: float | None = Field(description="Of churn within the longest horizon, 0-1.")
    low: float | None = Field(description="Lower end of the model's own doubt (90 %).")
    high: float | None
    horizons: list[HorizonShape]
    alert_threshold: float = Field(description="From which chance within `alert_days` the account is alerted.")
    alert_days: int
    is_alert: bool
    reasons: list[PredictionReason] = Field(description="The strongest first.")
    reasons_as_of: datetime | None
    last_activity_soon: float | None = Field(
        description="Chance that the last activity falls soon; null without a model."
    )
    expansion: ExpansionShape


class PredictionHistory(Shape):
    """How the prediction moved."""

    since: datetime
    until: datetime
    points: list[PredictionPoint]


@router.get("/prediction")
def prediction(external_id: str, call: Reader) -> PredictionView:
    """Churn at every horizon with its interval and reasons, and readiness to expand."""
    with call.begin() as conn:
        row = queries.one_account(conn, call.workspace_id, external_id)
        found: Foreseen = foreseen_of(conn, call.workspace_id, row, call.now())
    return PredictionView.model_validate(found)


@router.get("/prediction/history")
def prediction_history(
    external_id: str, call: Reader, since: Moment | None = None, until: Moment | None = None
) -> PredictionHistory:
    """Every line of its history in a period, the last 90 days if none is given."""
    last = until or call.now()
    first = since or last - _QUARTER
    if first > last:
        raise Invalid("since lies after until", place="since")
    with call.begin() as conn:
        account_id = queries.account_number(conn, call.workspace_id, external_id)
        rows = changes_of(conn, call.workspace_id, account_id, first, last)
    return PredictionHistory(since=first, until=last, points=[PredictionPoint.model_validate(row) for row in rows])
