"""Measures that mean the same to a person, put together so that they give one reason and not five.

Reads : the columns of a training set
Gives : Group, FAMILIES, group_measures(), rank_correlation(), sums_by_group()
Source: DESIGN section 6 ('group correlated measures into one reason')

Correlated measures share what they add to a prediction in ways that change with every refit; their sum hardly does.
So what is explained is the group. A group begins as a family (measures that a person would say in one breath), a
column without a family begins alone, and groups whose columns move together in the training data are joined:
average |rank correlation| between them, the strongest pair first, until none reaches JOIN.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict

Floats = npt.NDArray[np.floating]

JOIN = 0.7
"""Average |rank correlation| from which two groups become one."""
SAMPLE = 4_000
"""Rows that the correlation is taken from."""
_FEW = 30
"""Rows in which both are known, below which two columns say nothing of each other."""


class Group(BaseModel):
    """Columns that are explained together. key: word; label: as people read it; columns: in model order."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str
    label: str
    columns: tuple[str, ...]


_MEASURES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "activity": ("Use of the product", ("active_users_7d", "active_users_30d", "active_days_28d", "events_7d",
                 "events_30d", "sign_ins_30d", "days_since_activity")),
    "usage_trend": ("Change of use", ("usage_change_28d", "sticky_change_7d", "seat_use_change_60d")),
    "seats": ("Seat use", ("seat_use_30d",)),
    "features": ("Breadth of features", ("features_used_30d", "feature_adoption_30d", "unused_features_45d")),
    "premium": ("Premium features", ("premium_events_14d", "premium_first_60d")),
    "invitations": ("Invitations", ("invitations_14d",)),
    "workflows": ("Workflows", ("workflow_events_30d", "workflows_first_30d")),
    "tickets": ("Support load", ("open_tickets", "tickets_30d", "response_hours_90d")),
    "escalations": ("Escalations", ("escalations_14d", "escalations_30d")),
    "satisfaction": ("Satisfaction", ("csat_90d", "nps_180d", "ticket_sentiment_90d")),
    "contact": ("Contact with us", ("days_since_interaction", "interactions_90d", "meetings_90d", "inbound_90d")),
    "people": ("People who left", ("sponsor_left_90d", "contacts_left_90d")),
    "payment": ("Payment", ("invoices_overdue", "overdue_amount", "late_payments_180d", "payment_delay_days_180d")),
    "revenue": ("Revenue", ("mrr", "seats_contracted")),
    "revenue_trend": ("Change of revenue", ("mrr_change_90d",)),
    "renewal": ("Renewal", ("days_to_renewal",)),
    "tenure": ("Age of the relationship", ("tenure_days",)),
}  # fmt: skip
_OTHERS: Mapping[str, tuple[str, ...]] = {
    "activity": ("health.product_usage",),
    "features": ("health.feature_adoption",),
    "tickets": ("health.support",),
    "contact": ("health.engagement",),
    "payment": ("health.payment",),
    "revenue": ("account.arr", "account.seats", "account.is_top_decile"),
    "renewal": ("account.days_to_renewal",),
}
_HEALTH: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "health": ("Health", ("health.score", "health.confidence")),
    "health_trend": (
        "Change of health",
        tuple(f"health.{kind}_{days}d" for kind in ("change", "ratio") for days in (7, 30, 90)),
    ),
}

FAMILIES: tuple[Group, ...] = tuple(
    Group(key=key, label=label, columns=(*(f"measure.{one}" for one in keys), *_OTHERS.get(key, ())))
    for key, (label, keys) in _MEASURES.items()
) + tuple(Group(key=key, label=label, columns=columns) for key, (label, columns) in _HEALTH.items())
"""What people say in one breath, of the measures that every workspace starts with."""

_FAMILY_OF = {column: family for family in FAMILIES for column in family.columns}


def group_measures(names: Sequence[str], values: Floats, *, join: float = JOIN) -> tuple[Group, ...]:
    """The groups of a model's columns (k,), from its training rows (n, k), NaN = missing; every column is in one."""
    members = _families(names)
    labels = {key: _FAMILY_OF[names[at[0]]].label if names[at[0]] in _FAMILY_OF else _label(key)
              for key, at in members.items()}  # fmt: skip
    alike = rank_correlation(values)
    while (pair := _closest(list(members.values()), alike, join)) is not None:
        keys = list(members)
        kept, taken = sorted((keys[pair[0]], keys[pair[1]]), key=lambda key: -_measured(names, members[key]))
        members[kept] = sorted(members[kept] + members.pop(taken))
    return tuple(
        Group(key=key, label=labels[key], columns=tuple(names[one] for one in at)) for key, at in members.items()
    )


def rank_correlation(values: Floats) -> npt.NDArray[np.float64]:
    """|rank correlation| (k, k) 0-1 over at most SAMPLE rows spread evenly, from the rows in which both are known; 0
    where a column does not vary or too few rows know both."""
    rows = np.linspace(0, max(len(values) - 1, 0), min(len(values), SAMPLE)).astype(np.int64)
    taken = np.asarray(values[rows], np.float64)
    known = ~np.isnan(taken)
    ranks = np.column_stack([_ranks(column) for column in taken.T]) if taken.shape[1] else taken
    filled, here = np.nan_to_num(ranks), known.astype(np.float64)
    count = np.maximum(here.T @ here, 1.0)
    sums, squares = filled.T @ here, (filled**2).T @ here
    together = filled.T @ filled - sums * sums.T / count
    spread = squares - sums**2 / count
    scale = np.sqrt(np.maximum(spread * spread.T, 0.0))
    usable = (scale > 1e-9) & (here.T @ here >= _FEW)
    return np.clip(np.abs(np.divide(together, scale, out=np.zeros_like(scale), where=usable)), 0, 1)


def sums_by_group(contributions: Floats, names: Sequence[str], groups: Sequence[Group]) -> npt.NDArray[np.float64]:
    """What each group adds (n, groups): the sum of what its columns add (n, k). Nothing is lost: the sums over groups
    and over columns are the same."""
    at = {name: place for place, name in enumerate(names)}
    member = np.zeros((len(names), len(groups)))
    for place, group in enumerate(groups):
        member[[at[column] for column in group.columns], place] = 1.0
    return contributions.astype(np.float64) @ member


def _families(names: Sequence[str]) -> dict[str, list[int]]:
    """Places of columns by the key of the group they begin in."""
    members: dict[str, list[int]] = {}
    for at, name in enumerate(names):
        family = _FAMILY_OF.get(name)
        members.setdefault(family.key if family else name, []).append(at)
    return members


def _measured(names: Sequence[str], members: list[int]) -> float:
    """How many of the columns are measured, by which the larger group gives its name; health is made of measures."""
    return sum(0.5 if names[one].startswith("health.") else 1.0 for one in members)


def _label(column: str) -> str:
    """What a column without a family is called, for want of better words."""
    words = column.partition(".")[2] or column
    return words.replace("_", " ").capitalize()


def _closest(clusters: list[list[int]], alike: npt.NDArray[np.float64], join: float) -> tuple[int, int] | None:
    """The two clusters with the highest average correlation, when it reaches `join`."""
    member = np.zeros((len(clusters), alike.shape[0]))
    for place, cluster in enumerate(clusters):
        member[place, cluster] = 1 / len(cluster)
    between = np.triu(member @ alike @ member.T, 1)
    if not between.size or between.max() < join:
        return None
    one, other = np.unravel_index(int(between.argmax()), between.shape)
    return int(one), int(other)


def _ranks(column: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Ranks 0-1 of the known values, equal ones sharing their mean rank; NaN stays NaN."""
    known = np.flatnonzero(~np.isnan(column))
    ranks = np.full(len(column), np.nan)
    if len(known):
        _, inverse, counts = np.unique(column[known], return_inverse=True, return_counts=True)
        ranks[known] = ((np.cumsum(counts) - (counts - 1) / 2) / len(known))[inverse]
    return ranks
