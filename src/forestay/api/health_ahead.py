"""`/api/accounts/{id}/trajectory`: where health is heading, what if, and where the account falls short of loyal ones.

Reads: what the last tick stored; the live trajectory and signature; what measures were a quarter ago
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from forestay.api.calls import Call, needs
from forestay.api.ids_in_paths import ID_IN_PATH
from forestay.api.queries import accounts as queries
from forestay.api.queries.health_ahead import Answer, health_ahead_of
from forestay.api.shapes import Shape
from forestay.governance.permissions import Permission

router = APIRouter(prefix=f"/api/accounts/{ID_IN_PATH}", tags=["accounts"])
Reader = Annotated[Call, needs(Permission.ACCOUNTS_READ)]


class AheadShape(Shape):
    """The score so many days ahead, 0-100, with its band."""

    days: int
    level: float
    low: float
    high: float


class AheadForecastShape(Shape):
    """Where health goes if the account stays. The lists beside `horizons` are in its order, of days after the training."""

    state: Answer = Field(description="ok, no_model (none is live) or not_enough_data.")
    words: str
    model_id: int | None
    model_version: int | None
    horizons: list[AheadShape] = Field(description="30, 60 and 90 days; empty unless state is ok.")
    coverage: list[float | None] = Field(
        description="Share of outcomes that lay within the band, 0-1; 0.8 is promised."
    )
    mae: list[float | None] = Field(description="Points by which the forecast missed, on average.")
    mae_unchanged: list[float | None] = Field(description="Points by which 'nothing changes' missed.")


class ScenarioShape(Shape):
    """What if; told of accounts that look like that, not of what an intervention would bring about."""

    key: str
    question: str
    state: Answer
    words: str
    changes: bool = Field(description="Whether it changes anything for this account.")
    score: float | None = Field(description="Health at once under the scenario.")
    horizons: list[AheadShape]


class ShortfallShape(Shape):
    """A measure outside what is usual among loyal accounts (20 % to 80 % of them), on its worse side."""

    column: str
    value: float
    usual_low: float
    usual_high: float
    share_better: float
    weight: float
    sentence: str


class AgainstLoyalShape(Shape):
    """What loyal, high-value accounts do, and where this one falls short of it."""

    state: Answer
    words: str
    model_id: int | None
    model_version: int | None
    score: float | None = Field(description="0: nothing short; about 4 at most.")
    p: float | None = Field(description="Chance that a loyal account falls as short, 0-1.")
    is_unusual: bool = Field(description="Whether hardly any loyal account falls as short (p below 0.05).")
    shortfalls: list[ShortfallShape] = Field(description="The largest first, at most five.")
    segment: str | None = Field(description="Whose loyal accounts it is held against; null for those of everybody.")
    by: str | None = Field(description="The column that names the segment, for example account.plan.")
    loyal_accounts: int | None = Field(description="How many loyal accounts those are.")


class HealthAheadView(Shape):
    """Everything of one account."""

    as_of: datetime | None
    score: float | None = Field(description="Health at the last tick.")
    forecast: AheadForecastShape
    scenarios: list[ScenarioShape] = Field(description="Empty unless the forecast's state is ok.")
    quarter_ago: date | None = Field(
        description="The day that scenarios look back to, or since when the account stood as it did then; null: not known."
    )
    signature: AgainstLoyalShape


@router.get("/trajectory")
def trajectory(external_id: str, call: Reader) -> HealthAheadView:
    """Health 30, 60 and 90 days ahead with its band, scenarios, and shortfalls against the success signature."""
    with call.begin() as conn:
        row = queries.one_account(conn, call.workspace_id, external_id)
        found = health_ahead_of(conn, call.workspace_id, row, call.now())
    return HealthAheadView.model_validate(found)
