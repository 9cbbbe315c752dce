"""`/api/scorecards`: how health is made, with a preview of who would change band before anything is published."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field
from sqlalchemy import Connection, Row, Select, select

from forestay.api.calls import Call, needs
from forestay.api.configuration import segments_of
from forestay.api.documents import DocumentResource, DocumentRules, Key
from forestay.api.queries.columns import stored_columns
from forestay.api.queries.feeds import feed_states
from forestay.api.queries.health import scorecards_of
from forestay.api.shapes import Ask, Shape
from forestay.conditions.segments import check_for_scorecard
from forestay.customers.words import Band
from forestay.governance.permissions import Permission
from forestay.health.preview import Mover, preview
from forestay.health.scorecard import Scorecard, in_order, read_scorecard
from forestay.kit.clock import day_of
from forestay.kit.errors import NotFound
from forestay.store import documents as store
from forestay.store.documents import DocumentKind
from forestay.store.shapes import Json
from forestay.store.tables.customers import accounts
from forestay.store.tables.governance import workspaces

router = APIRouter(prefix="/api/scorecards", tags=["scorecards"])
_BANDS = (Band.RED.value, Band.YELLOW.value, Band.GREEN.value, "none")
_SHOWN = 200


class PreviewAsk(Ask):
    """What to compare with what is live. document: a scorecard that is not saved; the draft if left out."""

    document: dict[str, object] | None = None


class ShiftShape(Shape):
    """Points that one dimension gives to the score, before and after."""

    dimension: str
    name: str
    before: float
    after: float


class ScorecardMover(Shape):
    """An account that would change band, and why."""

    account: str
    account_name: str | None
    arr: float | None = Field(description="Yearly, in the account's currency.")
    currency: str | None
    band_before: Band | None
    band_after: Band | None
    score_before: float | None
    score_after: float | None
    shifts: list[ShiftShape] = Field(
        description="The dimensions that give otherwise, the largest first, at most three."
    )
    why: str


class JudgedShape(Shape):
    """How many accounts a scorecard judges."""

    before: int
    after: int


class ScorecardPreview(Shape):
    """Who would change band, were it published now. counts: before -> after -> accounts."""

    accounts: int
    changed: int
    mean_change: float = Field(description="Points, over accounts with a score before and after.")
    counts: dict[str, dict[str, int]]
    movers: list[ScorecardMover] = Field(description=f"The largest changes first, at most {_SHOWN}.")
    scores_before: list[int] = Field(description="Accounts by score, in steps of 5 points from 0.")
    scores_after: list[int]
    judged: dict[str, JudgedShape] = Field(description="By scorecard.")


def check_scorecard(conn: Connection, workspace_id: int, body: Mapping[str, Json]) -> None:
    """Raise Invalid unless the scorecard is whole and asks only for what exists before health does."""
    card = read_scorecard(body)
    segments = {key: segment.condition for key, segment in segments_of(conn, workspace_id).items()}
    if card.applies_to is not None:
        check_for_scorecard(card.applies_to, segments, "applies_to")
    for at, rule in enumerate(card.exceptions):
        check_for_scorecard(rule.when, segments, f"exceptions[{at}].when")


RULES = DocumentRules(
    DocumentKind.SCORECARD, "scorecards", check_scorecard, has_conditions=True,
    read=Permission.SCORECARDS_READ, write=Permission.SCORECARDS_WRITE, publish=Permission.SCORECARDS_PUBLISH,
)  # fmt: skip
DOCUMENTS = DocumentResource(RULES)
DOCUMENTS.add_reading()
DOCUMENTS.add_writing()


@router.post("/{key}/preview")
def preview_scorecard(
    key: Key, call: Annotated[Call, needs(Permission.SCORECARDS_READ)], body: PreviewAsk | None = None
) -> ScorecardPreview:
    """Score every account by what is live and by the proposal, and show who changes band."""
    with call.begin() as conn:
        present = scorecards_of(conn, call.workspace_id)
        proposal = _proposal(conn, call, key, body)
        segments = {name: segment.condition for name, segment in segments_of(conn, call.workspace_id).items()}
        zone = str(conn.execute(select(workspaces.c.zone).where(workspaces.c.id == call.workspace_id)).scalar_one())
        columns = stored_columns(conn, call.workspace_id, day_of(call.now(), zone), segments=segments)
        found = preview(
            in_order(present.values()), in_order({**present, key: proposal}.values()), columns.table,
            feed_states(conn, call.workspace_id), call.now(), most=_SHOWN,
        )  # fmt: skip
        names = _rows(conn, call, [int(columns.ids[mover.at]) for mover in found.movers])
    counts = {
        before: {after: int(found.counts[row, column]) for column, after in enumerate(_BANDS)}
        for row, before in enumerate(_BANDS)
    }
    moved = int(found.counts.sum() - found.counts.trace())
    movers = [_mover(mover, names[int(columns.ids[mover.at])]) for mover in found.movers]
    return ScorecardPreview(
        accounts=len(columns.ids), changed=moved, mean_change=round(found.mean_change, 3), counts=counts, movers=movers,
        scores_before=found.scores_before.tolist(), scores_after=found.scores_after.tolist(),
        judged={key: JudgedShape(before=old, after=new) for key, (old, new) in found.judged.items()},
    )  # fmt: skip


def _proposal(conn: Connection, call: Call, key: str, body: PreviewAsk | None) -> Scorecard:
    if body is not None and body.document is not None:
        return read_scorecard(DOCUMENTS.checked(conn, call, key, body.document))  # type: ignore[arg-type]
    waiting = store.draft(conn, call.workspace_id, DocumentKind.SCORECARD, key)
    if waiting is None:
        raise NotFound("draft of the scorecard", key)
    return read_scorecard(waiting.body)


def _mover(mover: Mover, account: Row[Any]) -> ScorecardMover:
    return ScorecardMover(
        account=account.external_id,
        account_name=account.name,
        arr=None if account.arr is None else float(account.arr),
        currency=account.currency,
        band_before=Band(mover.band_before) if mover.band_before else None,
        band_after=Band(mover.band_after) if mover.band_after else None,
        score_before=None if mover.score_before is None else round(mover.score_before, 2),
        score_after=None if mover.score_after is None else round(mover.score_after, 2),
        shifts=[ShiftShape.model_validate(one) for one in mover.shifts],
        why=mover.why,
    )


def _rows(conn: Connection, call: Call, numbers: list[int]) -> dict[int, Row[Any]]:
    table = accounts.c
    mine = (table.workspace_id == call.workspace_id) & table.id.in_(numbers)
    wanted: Select[Any] = select(table.id, table.external_id, table.name, table.arr, table.currency).where(mine)
    return {row.id: row for row in conn.execute(wanted)}
