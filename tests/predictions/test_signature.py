"""The success signature: what loyal accounts do, and who falls short of it."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import numpy as np
import pytest

from forestay.predictions.health_training import Origin, train_signature
from forestay.predictions.signature import (
    EVERYBODY,
    NoLoyalAccounts,
    Signature,
    fit_signature,
    loyal_rows,
)
from forestay.predictions.snapshots import Labels, Snapshots

NAMES = ("measure.active_days_28d", "measure.seat_use_30d", "measure.open_tickets", "measure.tenure_days")
LOYAL, REST = 200, 200


def accounts(seed: int = 1) -> Snapshots:
    """Loyal accounts first: busy, few tickets; then the rest."""
    rng = np.random.default_rng(seed)
    busy = np.concatenate((rng.normal(18, 3, LOYAL), rng.normal(9, 4, REST)))
    seats = np.concatenate((rng.normal(0.8, 0.1, LOYAL), rng.normal(0.5, 0.15, REST)))
    tickets = np.concatenate((rng.poisson(1, LOYAL), rng.poisson(5, REST)))
    values = np.column_stack((busy, seats, tickets, np.full(LOYAL + REST, 800.0)))
    return Snapshots(
        np.arange(LOYAL + REST), np.full(LOYAL + REST, 20_000), NAMES, values, np.full(LOYAL + REST, 9_000.0)
    )


IS_LOYAL = np.arange(LOYAL + REST) < LOYAL
NO_SEGMENT = np.full(LOYAL + REST, EVERYBODY, object)


@pytest.fixture(scope="module")
def signature() -> Signature:
    return fit_signature(accounts(), IS_LOYAL, NO_SEGMENT)


def one(busy: float, seats: float, tickets: float) -> Snapshots:
    return Snapshots(
        np.array([1]), np.array([20_000]), NAMES, np.array([[busy, seats, tickets, 800.0]]), np.array([9_000.0])
    )


def test_who_does_as_loyal_accounts_do_falls_short_of_nothing(signature: Signature) -> None:
    found = signature.judge(one(19, 0.85, 0), NO_SEGMENT[:1])
    assert found.score[0] < 0.2
    assert found.p[0] > 0.5
    assert signature.told(found, one(19, 0.85, 0), 0) == []


def test_who_uses_more_than_loyal_accounts_is_not_reproached(signature: Signature) -> None:
    assert signature.judge(one(28, 1.6, 0), NO_SEGMENT[:1]).score[0] == 0


def test_who_falls_short_is_told_where_and_by_how_much(signature: Signature) -> None:
    weak = one(4, 0.78, 1)
    found = signature.judge(weak, NO_SEGMENT[:1])
    told = signature.told(found, weak, 0)
    assert found.p[0] < 0.05
    assert [short.column for short in told] == ["measure.active_days_28d"]
    assert told[0].sentence.startswith("Active days, 28 days: 4, where loyal accounts have 1")
    assert told[0].share_better > 0.9


def test_many_tickets_are_a_shortfall_and_few_are_none(signature: Signature) -> None:
    many = one(18, 0.8, 9)
    told = signature.told(signature.judge(many, NO_SEGMENT[:1]), many, 0)
    assert [short.column for short in told] == ["measure.open_tickets"]


def test_loyal_accounts_that_were_not_learned_from_have_even_p_values(signature: Signature) -> None:
    found = signature.judge(accounts(seed=2), NO_SEGMENT)
    assert (found.p[IS_LOYAL] < 0.1).mean() == pytest.approx(0.1, abs=0.08)
    assert np.median(found.p[~IS_LOYAL]) < 0.05


def test_a_segment_with_loyal_accounts_of_its_own_is_judged_by_them() -> None:
    x = accounts()
    x.values[:, 0] /= np.where(np.arange(len(x)) % 2, 3.0, 1.0)
    segment = np.where(np.arange(len(x)) % 2, "small", "large").astype(object)
    found = fit_signature(x, IS_LOYAL, segment)
    small = found.judge(one(6, 0.8, 1), np.array(["small"], object))
    large = found.judge(one(6, 0.8, 1), np.array(["large"], object))
    unknown = found.judge(one(6, 0.8, 1), np.array(["partner"], object))
    assert small.score[0] < large.score[0]
    assert (small.source, unknown.source) == (("small",), (EVERYBODY,))


def test_an_account_of_which_little_is_known_is_not_judged(signature: Signature) -> None:
    found = signature.judge(one(np.nan, np.nan, np.nan), NO_SEGMENT[:1])
    assert np.isnan(found.score[0])
    assert np.isnan(found.p[0])


def test_the_signature_is_read_back_from_json_as_it_was(signature: Signature) -> None:
    again = Signature.from_document(json.loads(json.dumps(signature.to_document())))
    x = accounts(seed=3)
    assert np.allclose(again.judge(x, NO_SEGMENT).score, signature.judge(x, NO_SEGMENT).score, atol=1e-4)


def test_loyal_is_who_was_and_stays_long_and_pays_much() -> None:
    values = np.array([[20, 0.9, 0, 800], [20, 0.9, 0, 800], [20, 0.9, 0, 100], [20, 0.9, 0, 800]], float)
    x = Snapshots(np.arange(4), np.full(4, 20_000), NAMES, values, np.array([9_000.0, 9_000.0, 9_000.0, 10.0]))
    assert loyal_rows(x, np.array([400.0, 90.0, 400.0, 400.0])).tolist() == [True, False, False, False]


def test_without_loyal_accounts_there_is_no_signature() -> None:
    with pytest.raises(NoLoyalAccounts, match="needs 30"):
        fit_signature(accounts().take(slice(0, 20)), IS_LOYAL[:20], NO_SEGMENT[:20])


def two_plans() -> tuple[Snapshots, np.typing.NDArray[np.object_]]:
    """Large accounts on 'scale', a tenth as large and as busy ones on 'start'; all loyal."""
    rng = np.random.default_rng(2)
    is_large = np.arange(400) < 200
    busy = rng.normal(np.where(is_large, 20, 5), 1.5)
    values = np.column_stack((busy, rng.normal(0.8, 0.1, 400), rng.poisson(1, 400), np.full(400, 800.0)))
    x = Snapshots(np.arange(400), np.full(400, 20_000), NAMES, values, np.where(is_large, 90_000.0, 9_000.0))
    return x, np.array(["scale", "start"], object)[(~is_large).astype(int)]


def test_small_accounts_are_held_against_small_ones() -> None:
    x, plan = two_plans()
    stays = Labels(np.full(400, np.inf), np.full(400, 400.0))
    few = np.where(np.arange(400) % 50 == 0, "rare", "").astype(object)
    trained = train_signature(
        x, stays, Origin(20_400, datetime(2026, 11, 22, tzinfo=UTC)), {"account.industry": few, "account.plan": plan}
    )
    assert "By account.plan, with standards of their own: 'scale'" in trained.report.words
    assert trained.document.fitted is not None
    model = Signature.from_document(json.loads(json.dumps(trained.document.fitted)))
    quiet = one(5, 0.8, 1)
    small, large, other = (model.judge(quiet, np.array([name], object)) for name in ("start", "scale", "unheard of"))
    assert (model.by, small.source, other.source) == ("account.plan", ("start",), (EVERYBODY,))
    assert small.p[0] > 0.3
    assert large.p[0] < 0.1
    assert "where loyal 'scale' accounts have 1" in model.told(large, quiet, 0)[0].sentence


def test_without_two_segments_of_enough_loyal_accounts_all_are_alike() -> None:
    x, plan = two_plans()
    only = np.where(plan == "scale", "scale", "").astype(object)
    stays = Labels(np.full(400, np.inf), np.full(400, 400.0))
    trained = train_signature(x, stays, Origin(20_400, datetime(2026, 11, 22, tzinfo=UTC)), {"account.plan": only})
    assert trained.document.metrics["segments"] == 0
