"""What came after interventions: renewals, growth, recoveries and losses, by the trigger that asked for them.

Reads : interventions
Gives : attribution(), Attributed
Source: REQUIREMENTS J (attribution)

'After' is not 'because of': the effect stands in `/api/impact`. Where several interventions of one account ended in the
period, the change of its ARR is shared out evenly among them, so that the sum over triggers is what really changed.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, and_, func, select

from forestay.kpis.kpi import Period
from forestay.store.tables.learning import interventions

ENDINGS = ("renewed", "expanded", "recovered", "retained", "churned")


@dataclass(frozen=True, slots=True)
class Attributed:
    """One trigger. ended: interventions whose days were over in the period; touched: of them, reached by somebody;
    endings: by word; change: of ARR, the account's change shared out evenly; won, lost: its ups and downs."""

    trigger: str
    ended: int
    touched: int
    endings: dict[str, int]
    change: float
    won: float
    lost: float


def attribution(conn: Connection, workspace_id: int, period: Period) -> list[Attributed]:
    """Triggers by how many interventions ended; in the workspace's currency."""
    table = interventions.c
    ended = and_(
        table.workspace_id == workspace_id, table.arm == "treated", table.settled_at.is_not(None),
        table.due_at >= period.since, table.due_at < period.until,
    )  # fmt: skip
    change = func.coalesce(table.arr_after, 0) - func.coalesce(table.arr_before, 0)
    part = (change / func.count().over(partition_by=table.account_id)).label("part")
    each = select(table.trigger_key, table.touched_at, table.ending, part).where(ended).subquery()
    rows = conn.execute(
        select(
            each.c.trigger_key, func.count().label("ended"), func.count(each.c.touched_at).label("touched"),
            func.sum(each.c.part).label("change"),
            func.coalesce(func.sum(each.c.part).filter(each.c.part > 0), 0).label("won"),
            func.coalesce(func.sum(each.c.part).filter(each.c.part < 0), 0).label("lost"),
            *(func.count().filter(each.c.ending == word).label(word) for word in ENDINGS),
        )
        .group_by(each.c.trigger_key)
        .order_by(func.count().desc(), each.c.trigger_key)
    ).all()  # fmt: skip
    return [
        Attributed(row.trigger_key, row.ended, row.touched, {word: getattr(row, word) for word in ENDINGS},
                   float(row.change), float(row.won), float(row.lost))
        for row in rows
    ]  # fmt: skip
