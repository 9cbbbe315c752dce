"""Why an account is at risk or ready to expand, as evidence of a signal: the reasons of the score that it asks about.

Reads : the columns of the tick, the live model or the rule, readings of earlier days
Gives : Reasoning, families_of()
Source: issue 'The predictive engine' 5 ('on every prediction, in the API and in the task's evidence')

Only accounts whose signal fires, changes or is released are explained, so an ordinary tick explains nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from forestay.conditions.document import Condition
from forestay.conditions.needs import columns_of
from forestay.customers.requests import Evidence
from forestay.health.explain import say
from forestay.kit.clock import date_of
from forestay.measures.evaluate import MeasureSet
from forestay.measures.substrate import Substrate
from forestay.predictions.rule_score import RuleScore
from forestay.signals.columns import Columns
from forestay.signals.trigger import Trigger
from forestay.signals.words import ColumnWords

if TYPE_CHECKING:
    from forestay.predictions.past import History
    from forestay.predictions.reasons import Reason

MOST = 3
"""Reasons of one score in a signal's evidence."""


class Family(StrEnum):
    """A score that a condition may ask about; the first part of its columns' names."""

    CHURN = "churn"
    EXPANSION = "expansion"


def families_of(trigger: Trigger, segments: Mapping[str, Condition]) -> frozenset[Family]:
    """The scores that the trigger's condition or evidence names."""
    named = {column.partition(".")[0] for column in (*columns_of(trigger.condition, segments), *trigger.evidence)}
    return frozenset(family for family in Family if family.value in named)


@dataclass(frozen=True, slots=True)
class Reasoning:
    """Explains rows of one table. ago: the substrate of places as of so many days ago, for what is usual."""

    columns: Columns
    measures: MeasureSet
    words: ColumnWords
    today: int
    ago: Callable[[Sequence[int], int], Substrate]

    def evidence(self, wanted: Mapping[Family, Sequence[int]]) -> dict[tuple[Family, int], list[Evidence]]:
        """By score and place, what it comes from and its reasons, the strongest first."""
        found: dict[tuple[Family, int], list[Evidence]] = {}
        for family, places in wanted.items():
            if len(places):
                reasons = self._reasons(family, places)
                for place, own in zip(places, reasons, strict=True):
                    found[family, place] = [*self._source(family, place), *(self._told(family, one) for one in own)]
        return found

    def _reasons(self, family: Family, places: Sequence[int]) -> list[list[Reason]]:
        served = self.columns.churn.served if family is Family.CHURN else None
        if served is not None:
            found = served.model.reasons(
                self.columns.table, places, MOST, words=self.words,
                history=lambda columns: self._history(places, columns), today=self.today,
            )  # fmt: skip
        else:
            score = self.columns.churn.rule if family is Family.CHURN else self.columns.readiness
            assert score is not None, "churn has a model or a rule"
            found = self._by_rule(score, places)
        return [[one for one in own if one.strength > 0] for own in found]

    def _by_rule(self, score: RuleScore, places: Sequence[int]) -> list[list[Reason]]:
        from forestay.predictions.reasons import Facts, rule_reasons

        names = tuple(dict.fromkeys(name for term in score.terms for name in term.columns))
        rows = np.asarray(places, np.intp)
        values = np.column_stack([self.columns.table.floats(name)[rows] for name in names])
        facts = Facts(names, values, self.words, self._history(places, names), today=self.today)
        return rule_reasons(score, places, facts, MOST)

    def _history(self, places: Sequence[int], names: Sequence[str]) -> History:
        from forestay.predictions.past import history_of

        return history_of(lambda days: self.ago(places, days), self.measures, names, self.today)

    def _source(self, family: Family, place: int) -> list[Evidence]:
        """Who says so, and how sure it is."""
        churn = self.columns.churn
        if family is not Family.CHURN or churn.served is None or churn.predictions is None:
            return []
        low, high = churn.predictions.low[place, -1], churn.predictions.high[place, -1]
        between = "" if np.isnan(low) else f"; interval {say(float(low), 'share')} to {say(float(high), 'share')}"
        enough = (
            "" if churn.predictions.enough[place] else "; too little is known of this account, so this is the prior"
        )
        sentence = f"By model version {churn.served.version}{between}{enough}"
        return [
            Evidence("churn.model", "Model", float(churn.served.version), "version", as_of=self._day, sentence=sentence)
        ]

    def _told(self, family: Family, reason: Reason) -> Evidence:
        return Evidence(
            f"{family}.reason.{reason.key}", reason.label, reason.value, self.words[reason.column].unit, None,
            reason.usual, "usually" if reason.usual is not None else "", self._day,
            f"{reason.label}: {reason.sentence}" if reason.source == "rule" else reason.sentence,
        )  # fmt: skip

    @property
    def _day(self) -> str:
        return date_of(self.today).isoformat()
