"""Ready to expand: what speaks for it, what to offer, and how likely it is to work."""

from __future__ import annotations

import numpy as np
import pytest

from forestay.conditions.columns import ColumnTable
from forestay.predictions.live import LiveModel
from forestay.predictions.model_document import Purpose
from forestay.predictions.models.logistic import Logistic
from forestay.predictions.readiness import OFFERS, Offer, readiness
from forestay.predictions.reasons import Source
from forestay.predictions.rule_score import EXPANSION_TERMS
from forestay.predictions.snapshots import Labels, Snapshots
from forestay.signals.library import shipped_triggers
from tests.predictions.served import document_of

NAMES = (
    "measure.seat_use_30d", "measure.premium_events_14d", "measure.invitations_14d", "measure.workflows_first_30d",
    "measure.workflow_events_30d", "health.score",
)  # fmt: skip


def account(seat_use: float = 0.5, premium: float = 0, invited: float = 0, first: float = 0, events: float = 0,
            health: float = 85.0, **others: float) -> ColumnTable:  # fmt: skip
    told = dict(zip(NAMES, (seat_use, premium, invited, first, events, health), strict=True))
    return ColumnTable(
        (1,), {name: np.array([value]) for name, value in {"account.is_churned": 0.0, **told, **others}.items()}
    )


def trained() -> LiveModel:
    """A model of a past in which invitations went together with an expansion, and nothing else did."""
    rng = np.random.default_rng(0)
    n = 1_500
    values = np.column_stack([
        rng.uniform(0, 2, n), rng.poisson(3, n), rng.poisson(3, n), rng.random(n) < 0.2, rng.poisson(4, n),
        rng.uniform(40, 100, n),
    ]).astype(np.float32)  # fmt: skip
    happened = rng.random(n) < 1 / (1 + np.exp(3 - 0.6 * values[:, 2]))
    x = Snapshots(np.arange(n), np.full(n, 20_000), NAMES, values, np.full(n, 1e4))
    y = Labels(np.where(happened, rng.uniform(1, 90, n), np.inf), np.full(n, 90.0))
    fitted = Logistic().fit(x, y, periods=3, seed=0)
    return LiveModel.from_document(document_of(fitted, x, candidate="logistic", purpose=Purpose.EXPANSION))


@pytest.mark.parametrize(
    ("signal", "offer"),
    [
        ({"seat_use": 1.6}, Offer.UPGRADE_OPPORTUNITY),
        ({"premium": 12}, Offer.FEATURE_UPSELL),
        ({"invited": 9}, Offer.SEAT_EXPANSION),
        ({"first": 1, "events": 12}, Offer.MODULE_UPSELL),
    ],
)
def test_each_signal_of_expansion_calls_for_its_own_offer(signal: dict[str, float], offer: Offer) -> None:
    found = readiness(account(**signal)).opportunities(0)
    assert [one.offer for one in found] == [offer]
    assert 0 < found[0].strength <= 1
    assert found[0].action


def test_an_opportunity_says_what_was_seen() -> None:
    assert readiness(account(seat_use=1.6)).opportunities(0)[0].sentence == "Seat use is at 160 %"


def test_the_offers_are_those_of_the_shipped_triggers() -> None:
    shipped = {trigger.expansion for trigger in shipped_triggers() if trigger.expansion is not None}
    assert {offer.value for offer, _ in OFFERS.values()} == shipped
    assert set(OFFERS) == {term.key for term in EXPANSION_TERMS}


def test_without_a_model_there_is_an_order_and_no_chance() -> None:
    found = readiness(account(seat_use=1.6, premium=12))
    assert found.value[0] > 70
    assert found.source is Source.RULE
    assert np.isnan(found.probability()).all()
    assert found.reasons(0) == []


def test_with_a_model_the_readiness_keeps_its_meaning_and_has_a_chance_beside_it() -> None:
    model, table = trained(), account(seat_use=1.6, premium=12, invited=9)
    found = readiness(table, model)
    assert found.value[0] == readiness(table).value[0]
    assert found.source is Source.MODEL
    assert found.probability(90)[0] > readiness(account(seat_use=1.6, premium=12), model).probability(90)[0]
    assert found.reasons(0)[0].key == "invitations"


def test_with_a_model_the_offer_comes_first_that_went_together_with_success() -> None:
    table = account(seat_use=1.6, premium=12, invited=4)
    assert readiness(table).opportunities(0)[0].offer is not Offer.SEAT_EXPANSION
    first = readiness(table, trained()).opportunities(0)[0]
    assert first.offer is Offer.SEAT_EXPANSION
    assert first.added is not None
    assert first.added > 0.3


def test_who_has_churned_is_not_ready() -> None:
    found = readiness(account(seat_use=1.6, **{"account.is_churned": 1.0}), trained())
    assert np.isnan(found.value).all()
    assert np.isnan(found.probability()).all()
