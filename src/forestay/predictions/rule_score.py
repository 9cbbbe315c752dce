"""Risk of churn and readiness to expand by documented rules, until a model has been trained.

Reads : columns health.*, measure.*, account.* (ColumnTable)
Gives : churn_by_rule(), readiness_by_rule(), RuleScore, Reason, SOURCE
Source: REQUIREMENTS C1, C2, D2; docs/health.md. These are judgements, not fits: wherever they are shown,
        they are labelled source = 'rule'.

Churn: the logistic of a base (about 5 %) plus the terms of CHURN_TERMS; every term rises with risk and is
never negative, so more trouble never lowers the score. A value that is missing adds nothing.
Readiness: each of the four expansion signals of C2 rises from 0 to 1; together 100 x (1 - product of
(1 - weight x signal)), times a factor for health, since nobody sells to an account in trouble.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from forestay.conditions.columns import ColumnTable

Floats = npt.NDArray[np.float64]

SOURCE = "rule"
BASE = -3.0
"""Log-odds of an account about which nothing speaks: 4.7 %."""


@dataclass(frozen=True, slots=True)
class Term:
    """One reason: how much a column adds (log-odds; for readiness, 0-1), and how to say it."""

    key: str
    label: str
    columns: tuple[str, ...]
    add: Callable[..., Floats]


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason of one account. strength: what the term added, for ordering."""

    key: str
    label: str
    strength: float
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RuleScore:
    """value: churn 0-1 or readiness 0-100, NaN when nothing is known. parts: what each term added, same shape."""

    value: Floats
    terms: tuple[Term, ...]
    parts: tuple[Floats, ...]
    source: str = SOURCE

    def reasons(self, row: int, most: int = 5) -> list[Reason]:
        """The strongest reasons of one row, strongest first; only those that added something."""
        found = [
            Reason(term.key, term.label, float(part[row]), term.columns)
            for term, part in zip(self.terms, self.parts, strict=True)
            if part[row] > 0
        ]
        return sorted(found, key=lambda reason: -reason.strength)[:most]


def churn_by_rule(table: ColumnTable) -> RuleScore:
    """Risk of churn 0-1 for every row; NaN for churned accounts and where there is no evidence at all."""
    parts = _parts(CHURN_TERMS, table)
    probability = 1 / (1 + np.exp(-(BASE + np.sum(parts, axis=0))))
    known = _anything_known(CHURN_TERMS, table) & ~_gone(table)
    return RuleScore(np.where(known, probability, np.nan), CHURN_TERMS, parts)


def readiness_by_rule(table: ColumnTable) -> RuleScore:
    """Readiness to expand 0-100 for every row; NaN for churned accounts and where no signal is known."""
    parts = _parts(EXPANSION_TERMS, table)
    left = np.prod([1 - part for part in parts], axis=0)
    health = table.floats("health.score")
    fit = np.where(np.isnan(health), 1.0, np.clip((health - 30) / 40, 0, 1))
    known = _anything_known(EXPANSION_TERMS, table) & ~_gone(table)
    return RuleScore(np.where(known, 100 * fit * (1 - left), np.nan), EXPANSION_TERMS, parts)


def _parts(terms: tuple[Term, ...], table: ColumnTable) -> tuple[Floats, ...]:
    with np.errstate(invalid="ignore"):
        return tuple(np.nan_to_num(term.add(*(table.floats(name) for name in term.columns))) for term in terms)


def _anything_known(terms: tuple[Term, ...], table: ColumnTable) -> npt.NDArray[np.bool_]:
    names = {name for term in terms for name in term.columns}
    unknown: npt.NDArray[np.bool_] = np.all([np.isnan(table.floats(name)) for name in sorted(names)], axis=0)
    return ~unknown


def _gone(table: ColumnTable) -> npt.NDArray[np.bool_]:
    return table.floats("account.is_churned") > 0


def _ramp(value: Floats, start: float, full: float) -> Floats:
    """0 at `start`, 1 at `full`, straight between; start may lie above full."""
    return np.clip((value - start) / (full - start), 0, 1)


def _stagnant(seat_use: Floats, change: Floats) -> Floats:
    """1 where licence use is stagnant (DESIGN section 5): within 5 % over 60 days and below 60 % of the seats."""
    return ((seat_use < 0.6) & (np.abs(change - 1) <= 0.05)).astype(np.float64)


_STAGNATION = ("measure.seat_use_30d", "measure.seat_use_change_60d")

CHURN_TERMS: tuple[Term, ...] = (
    Term("low_health", "Health is low", ("health.score",), lambda health: 3.0 * _ramp(health, 75, 5)),
    Term("falling_health", "Health is falling", ("health.ratio_30d",), lambda ratio: 1.5 * _ramp(ratio, 1, 0.6)),
    Term("quiet", "Nobody has been active", ("measure.days_since_activity",), lambda days: 1.2 * _ramp(days, 7, 45)),
    Term("sponsor_left", "A sponsor left", ("measure.sponsor_left_90d",), lambda left: 1.6 * _ramp(left, 0, 1)),
    Term("stagnant", "Licence use is stagnant", _STAGNATION, _stagnant),
    Term(
        "turnover_and_stagnation",
        "A sponsor left while licence use is stagnant",
        ("measure.sponsor_left_90d", *_STAGNATION),
        lambda left, use, change: 1.3 * _ramp(left, 0, 1) * _stagnant(use, change),
    ),
    Term("contacts_left", "Contacts left", ("measure.contacts_left_90d",), lambda left: 0.5 * _ramp(left, 0, 3)),
    Term("overdue", "Invoices are overdue", ("measure.invoices_overdue",), lambda count: 0.8 * _ramp(count, 0, 2)),
    Term("escalated", "Support escalations", ("measure.escalations_30d",), lambda count: 0.8 * _ramp(count, 0, 2)),
    Term("contraction", "Revenue went down", ("measure.mrr_change_90d",), lambda change: 0.7 * _ramp(change, 1, 0.8)),
    Term("renewal", "The renewal is near", ("account.days_to_renewal",), lambda days: 0.6 * _ramp(days, 120, 30)),
)
"""In log-odds. Health from 75 down to 5 adds 3; an executive's leaving with stagnant licence use adds 3.9
together, so that with health below 60 (0.64 and more) the score reaches 0.8 (D2)."""

EXPANSION_TERMS: tuple[Term, ...] = (
    Term(
        "usage_growth",
        "Use beyond the contracted seats",
        ("measure.seat_use_30d",),
        lambda use: 0.6 * _ramp(use, 0.9, 1.5),
    ),
    Term(
        "premium_interest",
        "Premium features explored",
        ("measure.premium_events_14d",),
        lambda n: 0.5 * _ramp(n, 0, 10),
    ),
    Term("invitations", "New users invited", ("measure.invitations_14d",), lambda n: 0.45 * _ramp(n, 0, 8)),
    Term(
        "new_workflows",
        "New workflows adopted",
        ("measure.workflows_first_30d", "measure.workflow_events_30d"),
        lambda first, events: 0.45 * (first > 0) * _ramp(events, 0, 10),
    ),
)
"""Each alone stays below 80: readiness above 80 takes two strong signals or more."""
