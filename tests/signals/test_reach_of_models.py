"""A condition on a prediction reaches what the live model reads, and says what the model had seen already."""

from __future__ import annotations

from forestay.measures.defaults import DEFAULT_MEASURES
from forestay.measures.evaluate import MeasureSet
from forestay.measures.features import FeatureBook, MeasureContext
from forestay.predictions.live import LiveModel
from forestay.predictions.model_document import Purpose
from forestay.predictions.serving import Served, Serving
from forestay.signals.columns import Making
from forestay.signals.reach import reach_of_columns
from tests.predictions.models_at_hand import at_hand

MEASURES = MeasureSet(DEFAULT_MEASURES, MeasureContext(FeatureBook(()), {}))
LIVE = Served(LiveModel.from_document(at_hand(names=("measure.events_7d", "measure.tickets_30d"))), 3, 7, Purpose.CHURN)
WITH_MODEL = Making(serving=Serving({Purpose.CHURN: LIVE}))


def test_the_rule_reaches_its_own_terms() -> None:
    found = reach_of_columns(["churn.probability"], Making(), MEASURES)
    assert "sponsor_left_90d" in found.measures
    assert "churn.probability" not in {lost.column for lost in found.not_reconstructible}


def test_a_live_model_reaches_its_columns_and_no_health_that_it_does_not_read() -> None:
    found = reach_of_columns(["churn.is_alert"], WITH_MODEL, MEASURES)
    assert found.measures == ("events_7d", "tickets_30d")
    assert not found.reads_health


def test_a_backtest_says_until_when_the_model_had_seen_what_became_of_accounts() -> None:
    (lost,) = reach_of_columns(["churn.probability"], WITH_MODEL, MEASURES).not_reconstructible
    assert lost.column == "churn.probability"
    assert "model version 3" in lost.reason
    assert "2026-02-06" in lost.reason
