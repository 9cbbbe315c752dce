"""A training from rows to a document."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from forestay.predictions.card import importance
from forestay.predictions.fitting import plain_rates
from forestay.predictions.hazard import probability_within
from forestay.predictions.metrics import auc
from forestay.predictions.model_document import ModelDocument, Purpose, State, content_hash
from forestay.predictions.models.registry import CANDIDATES, fitted_from
from forestay.predictions.recipe import Recipe, Trained
from forestay.predictions.selection import select
from forestay.predictions.snapshots import Labels
from forestay.predictions.training import train
from tests.predictions.past import wandering

AT = datetime(2026, 1, 5, tzinfo=UTC)
QUICK = Recipe(candidates=tuple(one for one in CANDIDATES if one.key != "average"), origins=2, refits=2)


class Kept(dict):
    """A checkpoint in memory that counts what it was given."""

    def put(self, step: str, result: object) -> None:
        self[step] = json.loads(json.dumps(result))


@pytest.fixture(scope="module")
def trained() -> Trained:
    x, y = wandering(500, 16)
    return train(x, y, QUICK, created_at=AT)


def test_the_live_model_is_the_best_out_of_time_and_ranks_unseen_accounts(trained: Trained) -> None:
    document = trained.document
    losses = {key: figures["log_loss"] for key, figures in document.comparison.items()}
    assert document.candidate == min(losses, key=lambda key: losses[key])
    assert document.fitted is not None
    x, y = wandering(400, 10, seed=77)
    happened, known = y.within(60)
    chance = probability_within(fitted_from(document.fitted).hazard(x.values), 60.0)
    assert auc(chance[known], happened[known]) > 0.7


def test_the_document_can_be_kept_and_is_signed(trained: Trained) -> None:
    again = ModelDocument.model_validate_json(trained.document.model_dump_json())
    assert again == trained.document
    assert again.signature == content_hash(again)
    assert content_hash(again.model_copy(update={"candidate": "rule"})) != again.signature


def test_it_says_how_good_it_is_and_what_was_compared(trained: Trained) -> None:
    assert {
        "auc_60",
        "ece_60",
        "ece_noise_60",
        "calibration_slope_60",
        "log_loss_30",
    } <= trained.document.metrics.keys()
    assert set(trained.report.comparison) == {"rule", "logistic", "additive", "lightgbm"}
    assert "CatBoost" in trained.report.left_out["catboost"]
    assert "AUC" in trained.report.words
    assert len(trained.document.ensemble) == 2


def test_a_training_that_was_interrupted_goes_on_and_comes_to_the_same() -> None:
    x, y = wandering(300, 14, seed=2)
    recipe = replace(QUICK, candidates=QUICK.candidates[:2])
    whole = Kept()
    first = train(x, y, recipe, created_at=AT, checkpoint=whole)
    half = Kept(list(whole.items())[: len(whole) // 2])
    asked: list[str] = []
    again = train(x, y, recipe, created_at=AT, checkpoint=half, progress=lambda share, doing: asked.append(doing))
    assert again.document == first.document
    assert asked[-1] == "done"


def test_progress_never_goes_back() -> None:
    x, y = wandering(200, 12)
    shares: list[float] = []
    recipe = replace(QUICK, candidates=QUICK.candidates[:2])
    train(x, y, recipe, created_at=AT, progress=lambda share, doing: shares.append(share))
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.0, 1.0)


def test_with_a_dozen_leavers_there_is_not_enough_data_and_a_prior() -> None:
    x, y = wandering(60, 12, rate=0.004)
    document = train(x, y, QUICK, created_at=AT).document
    assert (document.state, document.fitted, document.candidate) == (State.NOT_ENOUGH_DATA, None, "rule")
    assert 0 < document.prior.mean < 0.05
    assert document.notes[0].startswith("Not enough data")


def test_nobody_at_all_is_not_enough_either() -> None:
    x, y = wandering(5, 3)
    assert train(x.take(slice(0, 0)), y.take(slice(0, 0)), QUICK, created_at=AT).document.state is State.NOT_ENOUGH_DATA


def test_a_column_that_knows_the_future_is_left_out_and_named() -> None:
    x, y = wandering(300, 14)
    happened, _ = y.within(30)
    told = replace(x, names=(*x.names, "measure.told"), values=np.column_stack([x.values, happened]).astype(np.float32))
    recipe = replace(QUICK, candidates=QUICK.candidates[:2])
    found = train(told, y, recipe, created_at=AT)
    assert [one.name for one in found.report.refused] == ["measure.told"]
    assert "measure.told" not in found.document.names


def test_where_nothing_foretells_the_event_no_skill_is_claimed() -> None:
    x, y = wandering(400, 14, seed=5)
    noise = replace(x, values=np.random.default_rng(0).normal(size=x.values.shape).astype(np.float32))
    recipe = replace(QUICK, candidates=QUICK.candidates[:2])
    assert "No skill found" in train(noise, y, recipe, created_at=AT).report.words


def test_an_early_warning_is_judged_by_its_lead_time() -> None:
    x, y = wandering(400, 16)
    recipe = replace(QUICK, purpose=Purpose.EARLY_WARNING, key="early", candidates=QUICK.candidates[:2])
    metrics = train(x, y, recipe, created_at=AT).document.metrics
    assert metrics["early_auc_soon"] > 0.7
    assert metrics["early_lead_days"] > 0


def test_of_two_candidates_the_one_that_says_the_true_chance_wins() -> None:
    rng = np.random.default_rng(0)
    true = rng.beta(1, 9, (4_000, 1))
    labels = Labels(np.where(rng.random(4_000) < true[:, 0], 10.0, np.inf), np.full(4_000, 30.0))
    plain = np.tile(plain_rates(labels, 1), (4_000, 1))
    sure = np.clip(true * 2, 0, 0.99)
    found = select({"sure": sure, "true": true}, plain, labels, np.arange(4_000))
    assert (found.live, found.has_skill) == ("true", True)


def test_the_card_says_what_weighs_most_and_whether_that_is_exact(trained: Trained) -> None:
    x, _ = wandering(500, 16)
    found = importance(trained.document, x, trained.late)
    assert isinstance(found, dict)
    shares = [one["share"] for one in found["groups"]]
    assert sum(shares) == pytest.approx(1, abs=1e-3)
    assert shares == sorted(shares, reverse=True)
    assert found["is_exact"] is (trained.document.surrogate is None or trained.document.candidate != "catboost")
    assert importance(trained.document, x, None) is None
