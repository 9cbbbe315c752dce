"""`/api/impact`: what triggers, journeys and arms of tests do and are worth; `next-best-action` of an account.

Reads: impact_reports and account_uplifts, which the daily job 'learning' writes; for what-if the subjects themselves
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import Field
from sqlalchemy import select

from forestay.api.calls import Call, needs
from forestay.api.ids_in_paths import ID_IN_PATH
from forestay.api.queries.accounts import account_number
from forestay.api.shapes import Shape
from forestay.governance.permissions import Permission
from forestay.kit.errors import NotFound
from forestay.outcomes.average import Method
from forestay.outcomes.impact import PERIOD, Stored, costs_of, read_reports
from forestay.outcomes.next_best import Basis, Choice, next_best
from forestay.outcomes.reading import read_journeys, read_triggers
from forestay.outcomes.report import in_all, money_words
from forestay.outcomes.roi import Costs, Worth
from forestay.outcomes.what_if import Asked, Rule, what_if
from forestay.store.tables.governance import workspaces

router = APIRouter(prefix="/api/impact", tags=["impact"])
of_account = APIRouter(prefix="/api/accounts", tags=["impact"])
Reader = Annotated[Call, needs(Permission.KPIS_READ)]


class EffectShape(Shape):
    """Of treatment, above 0 is good. For rates 0.04 is four points of a hundred. All null with method none."""

    method: Method
    estimate: float | None
    low: float | None
    high: float | None
    confidence: float
    treated: int = Field(description="Accounts that got it and whose outcome is known.")
    untreated: int
    rate_treated: float | None
    rate_untreated: float | None
    why: str = Field(description="What is missing, or what was taken into account.")


class MoneyShape(Shape):
    """An amount a year, or a ratio, with its interval."""

    estimate: float
    low: float
    high: float


class WorthShape(Shape):
    """saved: ARR kept or won; cost: of the work; roi: (saved - cost) / cost. Null where it cannot be said yet."""

    saved: MoneyShape | None
    cost: float
    roi: MoneyShape | None
    words: str


class PartShape(Shape):
    """A fifth of the accounts by expected gain, and what those that were held out show it gained."""

    number: int = Field(description="0: the fifth that gains least, 4: that gains most.")
    effect: float
    low: float
    high: float
    n: int


class UpliftShape(Shape):
    """Whether it is known who gains most (Qini coefficient with its interval). ships: a policy may act on it."""

    learner: str
    coefficient: float
    low: float
    high: float
    confidence: float
    n: int
    look: int = Field(description="How often this was asked; each look has its part of 5 %.")
    ships: bool
    curve: list[tuple[float, float]] = Field(description="(share treated, gain an account), the best first.")
    parts: list[PartShape]


class ImpactItem(Shape):
    """One intervention of the last year."""

    kind: Literal["trigger", "journey", "arm"]
    key: str = Field(description="Of an arm: journey/step/arm.")
    aim: str
    method: Method
    effect: EffectShape
    assumptions: list[str]
    words: str
    treated: int
    settled: int
    reached: int
    conversion: float | None = Field(
        description="reached / settled: how often its aim was reached, which is no effect."
    )
    worth: WorthShape | None
    uplift: UpliftShape | None
    uplift_words: str
    computed_at: datetime


class ImpactView(Shape):
    """Every intervention, and all together."""

    items: list[ImpactItem]
    together: WorthShape
    costs: Costs
    currency: str
    computed_at: datetime | None = Field(description="Null before the first daily look.")


class WhatIfShape(Shape):
    """What a rule of whom to treat would have brought, per account, as the share with a good end (0-1)."""

    kind: Literal["trigger", "journey"]
    key: str
    rule: Rule
    by: str | None
    share: float
    treated: float = Field(description="Share of the accounts that the rule treats.")
    value: float = Field(description="Under the rule, doubly robust.")
    low: float
    high: float
    ips: float = Field(description="The same by weighing alone, which is rougher.")
    snips: float
    observed: float = Field(description="As it was done.")
    effective_sample: float = Field(description="Accounts' worth of those who were dealt what the rule would choose.")
    floored: int = Field(description="Chances below the floor, which count as that.")
    n: int = Field(description="Known outcomes.")
    columns: list[str] = Field(description="What `by` may name.")
    words: str


class ChoiceShape(Shape):
    """One intervention for the account. effect: on the chance of its aim; saves: ARR a year."""

    kind: Literal["trigger", "journey"]
    key: str
    aim: str
    basis: Basis
    effect: float | None
    low: float | None
    high: float | None
    chance_without: float | None = Field(description="Of a good end without it, by the prediction in force.")
    projected: float | None = Field(description="Of a good end with it.")
    saves: MoneyShape | None
    conversion: float | None
    is_open: bool = Field(description="Whether it is asked for, or can be begun, now.")
    is_sure: bool = Field(description="Whether the interval excludes zero.")
    words: str


class NextBestShape(Shape):
    """best: null while of nothing that is open to the account it can be said that it helps."""

    account: str
    best: ChoiceShape | None
    choices: list[ChoiceShape]
    words: str


@router.get("")
def list_impact(
    call: Reader, kind: Annotated[Literal["trigger", "journey", "arm"] | None, Query(description="Only these.")] = None
) -> ImpactView:
    """What every intervention does and is worth, and how that is known."""
    with call.begin() as conn:
        stored = read_reports(conn, call.workspace_id)
        costs = costs_of(conn, call.workspace_id)
        currency = str(conn.scalar(select(workspaces.c.currency).where(workspaces.c.id == call.workspace_id)))
    together = in_all([one.report.worth for one in stored if one.report.worth is not None])
    return ImpactView(
        items=[_item(one, currency) for one in stored if kind in (None, one.report.kind)],
        together=_worth(together, currency), costs=costs, currency=currency,
        computed_at=max((one.computed_at for one in stored), default=None),
    )  # fmt: skip


@router.get("/what-if")
def what_if_rule(
    call: Reader,
    kind: Annotated[Literal["trigger", "journey"], Query(description="What intervention.")],
    key: Annotated[str, Query(max_length=200)],
    rule: Annotated[Rule, Query(description="Whom it would have treated.")] = Rule.EVERYBODY,
    by: Annotated[str | None, Query(description="The column that lowest and highest go by.")] = None,
    share: Annotated[float, Query(gt=0, le=1, description="Of the accounts, for lowest, highest and gain.")] = 0.5,
) -> WhatIfShape:
    """What another rule of whom to treat would have brought, read from what chance dealt. Refused where chance dealt
    nothing (409), or too little of what the rule would choose (422)."""
    since, read = call.now() - PERIOD, read_triggers if kind == "trigger" else read_journeys
    with call.begin() as conn:
        found = next(read(conn, call.workspace_id, since, key), None)
    if found is None:
        raise NotFound(f"{kind} with outcomes of the last year", key)
    told = what_if(found.subjects, Asked(rule, share, by))
    seen = told.found
    return WhatIfShape(
        kind=kind, key=key, rule=rule, by=by, share=share, treated=told.treated, value=seen.robust, low=seen.low,
        high=seen.high, ips=seen.ips, snips=seen.snips, observed=seen.observed, effective_sample=seen.effective_sample,
        floored=seen.floored, n=told.n, columns=list(told.columns), words=told.words,
    )  # fmt: skip


@router.get("/{kind}/{key:path}")
def get_impact(kind: Literal["trigger", "journey", "arm"], key: str, call: Reader) -> ImpactItem:
    """One intervention."""
    with call.begin() as conn:
        stored = read_reports(conn, call.workspace_id)
        currency = str(conn.scalar(select(workspaces.c.currency).where(workspaces.c.id == call.workspace_id)))
    for one in stored:
        if (one.report.kind, one.report.key) == (kind, key):
            return _item(one, currency)
    raise NotFound(f"impact of a {kind}", key)


@of_account.get(f"/{ID_IN_PATH}/next-best-action")
def next_best_action(external_id: str, call: Annotated[Call, needs(Permission.ACCOUNTS_READ)]) -> NextBestShape:
    """What is open to the account, by what it is expected to gain."""
    with call.begin() as conn:
        found = next_best(conn, call.workspace_id, account_number(conn, call.workspace_id, external_id))
    return NextBestShape(
        account=external_id,
        best=None if found.best is None else _choice(found.best),
        choices=[_choice(one) for one in found.choices],
        words=found.words,
    )


def _item(stored: Stored, currency: str) -> ImpactItem:
    report = stored.report
    return ImpactItem(
        kind=report.kind,
        key=report.key,
        aim=report.aim,
        method=report.effect.method,
        effect=EffectShape.model_validate(report.effect),
        assumptions=list(report.assumptions),
        words=report.words,
        treated=report.treated,
        settled=report.settled,
        reached=report.reached,
        conversion=report.conversion,
        worth=None if report.worth is None else _worth(report.worth, currency),
        uplift=None if report.uplift is None else UpliftShape.model_validate(report.uplift),
        uplift_words=report.uplift_words,
        computed_at=stored.computed_at,
    )


def _worth(worth: Worth, currency: str) -> WorthShape:
    return WorthShape(
        saved=None if worth.saved is None else MoneyShape.model_validate(worth.saved),
        cost=worth.cost,
        roi=None if worth.roi is None else MoneyShape.model_validate(worth.roi),
        words=money_words(worth, currency),
    )


def _choice(choice: Choice) -> ChoiceShape:
    saves = None
    if choice.saves is not None:
        saves = MoneyShape(estimate=choice.saves[0], low=choice.saves[1], high=choice.saves[2])
    names = [name for name in Choice.__slots__ if name != "saves"]
    return ChoiceShape(saves=saves, **{name: getattr(choice, name) for name in names})
