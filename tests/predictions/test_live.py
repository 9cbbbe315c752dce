"""The model in service: what an account is told, whatever is missing, and that nothing heavy is loaded for it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from forestay.conditions.columns import ColumnTable
from forestay.predictions.bulk import predict_everybody
from forestay.predictions.calibration import Beta, Calibration, PeriodCalibration, calibrate
from forestay.predictions.explainers import column_adds
from forestay.predictions.groups import sums_by_group
from forestay.predictions.live import LiveModel
from forestay.predictions.model_document import ModelDocument
from forestay.predictions.models.additive_boosting import AdditiveTrees, follow
from forestay.predictions.models.average import Average
from forestay.predictions.models.boosting import Boosting
from forestay.predictions.models.candidate import Candidate, Fitted
from forestay.predictions.models.lightgbm_small import SmallTrees
from forestay.predictions.models.logistic import Logistic
from forestay.predictions.models.rule import Rule
from forestay.predictions.past import History
from forestay.predictions.reasons import Direction, Source, top_overlap
from tests.predictions.served import NAMES, document_of, past

QUICK = Boosting(most_trees=40, rate=0.15, threads=1)
LEVEL = Calibration(periods=(PeriodCalibration(beta=Beta(a=0.8, b=1.0, c=-0.2)),) * 3, method="beta").to_document()


@cache
def trained(key: str, seed: int = 0) -> Fitted:
    """A model of the past, by kind."""
    x, y = past(seed=seed)
    candidates: dict[str, Candidate] = {
        "additive": AdditiveTrees(replace(QUICK, leaves=4, alone=True)),
        "lightgbm": SmallTrees(QUICK),
        "logistic": Logistic(),
        "average": Average(trees=SmallTrees(QUICK)),
        "rule": Rule(),
    }
    return candidates[key].fit(x, y, periods=3, seed=1)


@cache
def live(key: str) -> LiveModel:
    """A live model of that kind with calibration and three refits; trees with their surrogate."""
    x, _ = past()
    fitted = trained(key)
    surrogate = follow(x, fitted.hazard(x.values), seed=1, trees=30) if key == "lightgbm" else None
    again = tuple(trained("logistic", seed) for seed in (5, 6, 7))
    return LiveModel.from_document(
        document_of(fitted, x, candidate=key, calibration=LEVEL, ensemble=again, surrogate=surrogate)
    )


def table(values: npt.NDArray[np.floating] | None = None, **others: float) -> ColumnTable:
    """Accounts of another year."""
    told = past(60, seed=9)[0].values if values is None else values
    columns = {name: told[:, at].astype(float) for at, name in enumerate(NAMES)}
    return ColumnTable((len(told),), columns | {name.replace("__", "."): np.full(len(told), one)
                                                for name, one in others.items()})  # fmt: skip


ALL = pytest.mark.parametrize("key", ["additive", "lightgbm", "logistic", "average", "rule"])


@ALL
def test_a_longer_horizon_is_never_less_likely_and_the_interval_holds_the_probability(key: str) -> None:
    found = live(key).predict(table())
    assert found.horizons == (30, 60, 90)
    assert (np.diff(found.probability, axis=1) >= 0).all()
    assert (found.low <= found.probability).all()
    assert (found.probability <= found.high).all()
    assert found.source is (Source.RULE if key == "rule" else Source.MODEL)


@ALL
def test_predictions_are_those_of_the_trained_model_calibrated(key: str) -> None:
    x, _ = past(60, seed=9)
    hazard = Calibration.model_validate(LEVEL).apply(trained(key).hazard(x.values))
    wanted = 1 - np.cumprod(1 - hazard, axis=1)
    np.testing.assert_allclose(live(key).predict(table()).probability, wanted, atol=1e-6)


@pytest.mark.parametrize("key", ["additive", "lightgbm", "logistic"])
def test_what_the_groups_add_differs_between_accounts_as_their_log_odds_do(key: str) -> None:
    x, _ = past(60, seed=9)
    model, fitted = live(key), trained(key)
    assert model.explainer is not None
    added = model.explainer.shares(x.values).added.sum(axis=1)
    hazard = fitted.hazard(x.values)
    odds = np.log(hazard / (1 - hazard)).mean(axis=1)
    np.testing.assert_allclose(added - added[0], odds - odds[0], atol=1e-4)


def test_the_average_of_two_models_is_explained_by_the_mean_of_what_both_add() -> None:
    x, _ = past(60, seed=9)
    adds = [column_adds(trained(key)) for key in ("average", "logistic", "lightgbm")]
    told = [one(x.values) for one in adds if one is not None]
    np.testing.assert_allclose(told[0], (told[1] + told[2]) / 2, atol=1e-9)


def test_an_account_with_few_users_and_many_tickets_is_told_so() -> None:
    few = np.array([[2, 20, 0.1, 7, 3.5, 1, 200, 25]], np.float32)
    reasons = live("additive").reasons(table(few), [0])[0]
    assert {reason.key for reason in reasons[:3]} >= {"people", "tickets"}
    assert reasons[0].direction is Direction.RAISES
    assert [one.strength for one in reasons] == sorted((one.strength for one in reasons), reverse=True)
    assert any("An executive sponsor left" in one.sentence for one in reasons)
    assert "associated with" in reasons[0].associated()


def test_only_what_reasons_speak_of_is_read_from_the_past() -> None:
    few = np.array([[2, 20, 0.1, 7, 3.5, 1, 200, 25]], np.float32)
    asked: list[str] = []

    def read(columns: Sequence[str]) -> History:
        asked.extend(columns)
        return History(20_000, np.array([19_990]), {name: np.array([[50.0]]) for name in columns})

    told = live("additive").reasons(table(few), [0], 2, history=read)[0]
    assert sorted(asked) == sorted(reason.column for reason in told)
    assert all(reason.usual == 50 for reason in told)


def test_a_healthy_account_is_told_what_speaks_for_it() -> None:
    well = np.array([[60, 600, 2, 0, 4.8, 0, 300, 100]], np.float32)
    reasons = live("additive").reasons(table(well), [0])[0]
    assert reasons
    assert all(reason.direction is Direction.LOWERS for reason in reasons if reason.key in ("activity", "people"))


def test_a_reason_is_the_exact_sum_of_what_its_columns_add() -> None:
    x, _ = past(60, seed=9)
    model, adds = live("lightgbm"), column_adds(trained("lightgbm"))
    assert adds is not None
    wanted = sums_by_group(adds(x.values), NAMES, model.groups)
    for at, reasons in enumerate(model.reasons(table(), range(60), exact=True)):
        told = {group.key: wanted[at, place] for place, group in enumerate(model.groups)}
        assert all(abs(reason.strength - told[reason.key]) < 1e-5 for reason in reasons)


def test_trees_are_explained_exactly_for_the_first_and_by_the_labelled_surrogate_for_the_rest() -> None:
    many = live("lightgbm").reasons(table(past(530, seed=3)[0].values), range(530), 1)
    sources = [reasons[0].source for reasons in many if reasons]
    assert sources[0] is Source.MODEL
    assert sources[-1] is Source.SURROGATE
    assert sources == sorted(sources)


@settings(max_examples=25, deadline=None)
@given(arrays(np.float32, (4, len(NAMES)), elements=st.floats(width=32)), st.sampled_from(["additive", "lightgbm"]))
def test_whatever_the_values_are_the_answer_is_a_probability(values: npt.NDArray[np.float32], key: str) -> None:
    found = live(key).predict_values(values)
    for part in (found.probability, found.low, found.high):
        assert ((part >= 0) & (part <= 1)).all()
    assert (np.diff(found.probability, axis=1) >= 0).all()


def test_a_column_that_is_gone_counts_as_missing() -> None:
    values = past(60, seed=9)[0].values.copy()
    values[:, NAMES.index("measure.open_tickets")] = np.nan
    whole = table()
    without = ColumnTable(whole.shape, {name: whole[name] for name in NAMES if name != "measure.open_tickets"})
    model = live("additive")
    np.testing.assert_array_equal(model.predict(without).probability, model.predict(table(values)).probability)


def test_a_text_counts_as_missing_and_a_value_beyond_all_seen_is_answered() -> None:
    model, whole = live("additive"), table()
    whole.put("measure.open_tickets", np.full(60, "many", object))
    whole.put("measure.active_users_7d", np.full(60, 1e30))
    assert np.isfinite(model.predict(whole).probability).all()


def test_refits_side_by_side_give_the_interval_that_they_give_one_by_one() -> None:
    x, _ = past()
    refits = tuple(trained("additive", seed) for seed in (5, 6, 7))
    model = LiveModel.from_document(document_of(trained("additive"), x, ensemble=refits))
    values = past(60, seed=9)[0].values
    each = [1 - np.cumprod(1 - one.hazard(values), axis=1) for one in (trained("additive"), *refits)]
    odds = [np.log(one / (1 - one)) for one in each]
    low = odds[0] - 1.645 * np.std(odds[1:], axis=0, ddof=1)
    np.testing.assert_allclose(model.predict(table()).low, 1 / (1 + np.exp(-low)), rtol=1e-4)


@ALL
def test_an_account_of_which_little_is_known_gets_the_prior_and_is_told_so(key: str) -> None:
    values = past(3, seed=9)[0].values.copy()
    values[1, :5] = np.nan
    values[2] = np.nan
    found = live(key).predict(table(values))
    assert found.state.tolist() == ["ok", "not_enough_data", "not_enough_data"]
    np.testing.assert_allclose(found.probability[1:, 2], 1 - 0.98**3)
    assert (found.low[1:, 0] < 0.02).all()
    assert (found.high[1:, 0] > 0.02).all()


def test_without_enough_to_learn_from_everybody_gets_the_prior_and_reasons_by_rule() -> None:
    x, _ = past()
    model = LiveModel.from_document(document_of(None, x))
    found = model.predict(table())
    assert set(found.state.tolist()) == {"not_enough_data"}
    assert found.source is Source.PRIOR
    np.testing.assert_allclose(found.probability[:, 0], 0.02)
    left = np.array([[9, 90, 0.5, 2, 4, 1, 200, 90]], np.float32)
    told = model.reasons(table(left), [0])[0]
    assert [(reason.key, reason.source) for reason in told] == [("sponsor_left", Source.RULE)]


def test_who_has_churned_has_no_prediction() -> None:
    assert np.isnan(live("additive").predict(table(account__is_churned=1.0)).probability).all()


def test_until_renewal_is_between_the_horizons_around_it() -> None:
    found = live("additive").predict(table())
    within = found.within(np.full(60, 45.0))
    assert (found.at(30) <= within).all()
    assert (within <= found.at(60)).all()
    np.testing.assert_allclose(found.within(90.0), found.at(90))


def test_a_grid_of_days_is_answered_as_its_days_are_one_by_one() -> None:
    values = past(60, seed=9)[0].values.reshape(20, 3, -1)
    grid = ColumnTable((20, 3), {name: values[..., at].astype(float) for at, name in enumerate(NAMES)})
    model = live("additive")
    told = model.predict(grid)
    assert told.probability.shape == (20, 3, 3)
    np.testing.assert_array_equal(told.probability[:, 1], model.predict(table(values[:, 1])).probability)


@pytest.mark.parametrize("key", ["additive", "lightgbm", "rule", "logistic"])
def test_everybody_at_once_is_told_what_each_is_told_alone(key: str) -> None:
    values = past(40_000, seed=4)[0].values
    model = live(key)
    found = predict_everybody(model, values, most=3)
    some = np.array([0, 17, 20_000, 39_999])
    alone = model.predict(table(values[some]))
    np.testing.assert_allclose(found.probability[some], alone.probability, atol=1e-6)
    np.testing.assert_array_equal(found.enough[some], alone.enough)
    surrogate = model.surrogate if key == "lightgbm" else model.explainer
    assert surrogate is not None
    added = surrogate.shares(values[some]).added
    strongest = np.sort(added, axis=1)[:, ::-1][:, : found.strength.shape[1]]
    np.testing.assert_allclose(found.strength[some], strongest, atol=1e-4)


def test_reasons_of_a_refit_on_other_accounts_of_the_same_past_agree() -> None:
    x, _ = past()
    values = past(300, seed=9)[0].values
    models = [LiveModel(document_of(trained("additive", seed), x)) for seed in (0, 1)]
    shares = [model.explainer.shares(values) for model in models if model.explainer is not None]
    overlap = top_overlap(shares[0], shares[1])
    assert overlap.rows == 300
    assert overlap.mean > 0.7
    assert top_overlap(shares[0], shares[0]).mean == 1.0


def test_a_model_survives_the_way_through_the_store() -> None:
    model = live("lightgbm")
    again = LiveModel.from_document(ModelDocument.model_validate_json(model.document.model_dump_json()))
    np.testing.assert_array_equal(again.predict(table()).probability, model.predict(table()).probability)
    assert again.reasons(table(), [3]) == model.reasons(table(), [3])


def test_calibration_that_was_learned_is_applied_period_by_period() -> None:
    x, y = past()
    some = slice(0, 300)
    learned = calibrate(trained("logistic").hazard(x.values[some]), y.take(some), x.account_ids[some])
    model = LiveModel.from_document(
        document_of(trained("logistic"), x, candidate="logistic", calibration=learned.to_document())
    )
    assert (np.diff(model.predict(table()).probability, axis=1) >= 0).all()
    assert np.isnan(model.predict(table()).low).all()


def test_what_the_worker_loads_brings_no_learning_library() -> None:
    code = (
        "import sys, forestay.predictions.live, forestay.predictions.bulk, forestay.predictions.readiness;"
        "print([one for one in ('lightgbm', 'sklearn', 'scipy', 'catboost') if one in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"
