"""What every candidate on the shelf promises."""

import json
from dataclasses import replace

import numpy as np
import pytest

from forestay.predictions.hazard import probability_within
from forestay.predictions.metrics import auc
from forestay.predictions.models import catboost_extra
from forestay.predictions.models.binary import fit_binary
from forestay.predictions.models.boosting import Boosting
from forestay.predictions.models.candidate import Candidate, NotInstalled, TooLittle
from forestay.predictions.models.catboost_extra import CatboostHazard
from forestay.predictions.models.lightgbm_small import SmallTrees
from forestay.predictions.models.registry import CANDIDATES, UnknownModel, candidate, fitted_from
from forestay.predictions.snapshots import Labels, Snapshots
from tests.predictions.past import wandering

X, Y = wandering()
HERE = [one for one in CANDIDATES if one.key != "catboost" or catboost_extra.is_installed()]
MODELS = {one.key: one.fit(X, Y, periods=3, seed=1) for one in HERE}
each = pytest.mark.parametrize("kind", HERE, ids=lambda kind: kind.key)


@each
def test_written_down_and_read_again_it_says_the_same(kind: Candidate) -> None:
    fitted = MODELS[kind.key]
    again = fitted_from(json.loads(json.dumps(fitted.to_document())))
    assert again.names == X.names
    np.testing.assert_array_equal(again.hazard(X.values), fitted.hazard(X.values))


@each
def test_it_gives_a_chance_for_every_period_also_where_everything_is_missing(kind: Candidate) -> None:
    hazard = MODELS[kind.key].hazard(np.full((2, 5), np.nan, np.float32))
    assert hazard.shape == (2, 3)
    assert ((hazard > 0) & (hazard < 1)).all()


@each
def test_it_knows_who_leaves_better_than_a_coin_and_how_many(kind: Candidate) -> None:
    happened, known = Y.within(90)
    chance = probability_within(MODELS[kind.key].hazard(X.values), 90.0)[known]
    assert auc(chance, happened[known]) > 0.7
    assert chance.mean() == pytest.approx(happened[known].mean(), rel=0.15)


@each
def test_learning_twice_from_the_same_gives_the_same(kind: Candidate) -> None:
    again = kind.fit(X, Y, periods=3, seed=1)
    np.testing.assert_allclose(again.hazard(X.values), MODELS[kind.key].hazard(X.values), rtol=1e-9)


@each
def test_accounts_that_count_nothing_change_nothing(kind: Candidate) -> None:
    weight = (X.account_ids % 2 == 0).astype(np.float32)
    half = X.take(weight > 0), Y.take(weight > 0)
    weighed = kind.fit(X, Y, periods=3, seed=1, rows_weight=weight).hazard(X.values)
    np.testing.assert_allclose(weighed, kind.fit(*half, periods=3, seed=1).hazard(X.values), rtol=0.35, atol=0.02)


@each
def test_a_past_without_events_teaches_nothing(kind: Candidate) -> None:
    nobody = Labels(np.full(len(X), np.inf), Y.observed_days)
    with pytest.raises(TooLittle):
        kind.fit(X, nobody, periods=3, seed=1)


def test_a_candidate_that_is_not_on_the_shelf_is_named_with_those_that_are() -> None:
    with pytest.raises(UnknownModel, match="logistic"):
        candidate("oracle")
    with pytest.raises(UnknownModel):
        fitted_from({"kind": "pickle"})


def test_without_catboost_the_sentence_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catboost_extra, "is_installed", lambda: False)
    with pytest.raises(NotInstalled, match="pip install"):
        candidate("catboost").fit(X, Y, periods=3, seed=1)


def test_a_symmetric_tree_is_read_by_the_bits_of_its_answers() -> None:
    tree = {"columns": [0, 1], "borders": [0.5, 2.0], "leaves": [0.0, 1.0, 2.0, 3.0]}
    model = {"kind": "catboost", "names": ["a", "b"], "periods": 1, "trees": [tree], "scale": 1.0, "bias": -1.0}
    values = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 3.0], [1.0, 3.0], [np.nan, 3.0]], np.float32)
    hazard = CatboostHazard.from_document(model).hazard(values)[:, 0]
    np.testing.assert_allclose(np.log(hazard / (1 - hazard)), [-1.0, 0.0, 1.0, 2.0, 1.0])


def test_the_additive_model_adds_up_over_its_columns() -> None:
    model, rows = MODELS["additive"], X.values[:1].repeat(4, axis=0)
    rows[1, 0], rows[2, 1], rows[3, 0], rows[3, 1] = 20, 40, 20, 40
    odds = model.log_odds(rows).astype(float)
    np.testing.assert_allclose(odds[3] - odds[0], (odds[1] - odds[0]) + (odds[2] - odds[0]), atol=1e-5)


def test_a_table_without_time_is_learned_as_one_period() -> None:
    rng = np.random.default_rng(0)
    values = rng.normal(size=(800, 3))
    yes = rng.random(800) < 1 / (1 + np.exp(1 - 2 * values[:, 0]))
    for key in ("logistic", "additive", "lightgbm", "average"):
        chance = fit_binary(key, values, ("a", "b", "c"), yes).predict_proba(values)
        assert chance.shape == (800,)
        assert auc(chance, yes) > 0.8


def test_a_hazard_that_may_only_rise_with_silence_only_rises() -> None:
    kind = SmallTrees(replace(Boosting(), rising={"measure.days_since_activity": 1}))
    rows = X.values[:1].repeat(30, axis=0)
    rows[:, 1] = np.linspace(0, 60, 30)
    assert (np.diff(kind.fit(X, Y, periods=3, seed=1).hazard(rows), axis=0) >= -1e-12).all()


def test_snapshots_of_other_columns_are_brought_in_order() -> None:
    fewer = X.only(("measure.b", "measure.unknown"))
    assert isinstance(fewer, Snapshots)
    np.testing.assert_array_equal(fewer.values[:, 0], X.column("measure.b"))
    assert np.isnan(fewer.values[:, 1]).all()


def test_columns_that_only_tell_together_are_learned_by_larger_trees() -> None:
    rng = np.random.default_rng(2)
    values = rng.normal(size=(3_000, 4))
    yes = rng.random(3_000) < np.where((values[:, 0] > 0) ^ (values[:, 1] > 0) ^ (values[:, 2] > 0), 0.6, 0.1)
    alone = fit_binary("additive", values[:2_000], ("a", "b", "c", "d"), yes[:2_000])
    together = fit_binary("lightgbm", values[:2_000], ("a", "b", "c", "d"), yes[:2_000])
    assert auc(alone.predict_proba(values[2_000:]), yes[2_000:]) < 0.6
    assert auc(together.predict_proba(values[2_000:]), yes[2_000:]) > 0.7
