"""Help works where there is something to be helped, and somebody there to be helped."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from forestay.simulator import CompanySpec, InterventionKind
from forestay.simulator.helping import effect_of, situation_of
from forestay.simulator.profile import Profile, profile_of
from forestay.simulator.shocks import Response, Shock, ShockKind
from tests.simulator.conftest import UNTIL

SPEC = CompanySpec(seed=1, accounts=300, until=UNTIL, stories=False)
SPONSOR_LEFT = (Shock(ShockKind.SPONSOR_LEFT, 100),)


def somebody(response: Response = Response.PERSUADABLE) -> Profile:
    return replace(profile_of(SPEC, 4), response=response, fit=0.3)


def test_an_executive_helps_where_the_sponsor_left_and_a_discount_does_not() -> None:
    left, well = situation_of(SPONSOR_LEFT, 0.0, 130), situation_of((), 0.0, 130)
    gained = {
        kind: effect_of(somebody(), kind, 0.5, left) - effect_of(somebody(), kind, 0.5, well)
        for kind in InterventionKind
    }
    assert gained[InterventionKind.EXECUTIVE_OUTREACH] > gained[InterventionKind.CHECK_IN] > 0.1
    assert gained[InterventionKind.DISCOUNT] == 0.0


def test_help_never_undoes_more_than_the_harm_that_is_under_way() -> None:
    """1 of satisfaction comes with 0.7 of engagement; mood is half of each."""
    left, well = situation_of(SPONSOR_LEFT, 0.0, 130), situation_of((), 0.0, 130)
    kind = InterventionKind.EXECUTIVE_OUTREACH
    gained = effect_of(somebody(), kind, 0.5, left) - effect_of(somebody(), kind, 0.5, well)
    assert gained * 0.85 <= 1.05 * left.troubles[ShockKind.SPONSOR_LEFT]


def test_a_trouble_that_has_not_begun_or_has_faded_is_none() -> None:
    assert situation_of(SPONSOR_LEFT, 0.0, 99).troubles == {}
    late, early = (situation_of(SPONSOR_LEFT, 0.0, day).troubles[ShockKind.SPONSOR_LEFT] for day in (700, 130))
    assert late < 0.05 * early


def test_who_is_hardly_there_is_helped_less() -> None:
    kind = InterventionKind.CHECK_IN
    helped = [
        effect_of(somebody(), kind, 0.5, situation_of((), engagement, 10)) for engagement in (-3.0, -1.0, 0.0, 1.0)
    ]
    assert helped == sorted(helped)
    assert helped[0] < 0.5 * helped[2]


def test_temper_decides_whether_help_is_taken_well_ill_or_not_at_all() -> None:
    now, kind = situation_of(SPONSOR_LEFT, 0.0, 130), InterventionKind.CHECK_IN
    by = {response: effect_of(somebody(response), kind, 0.5, now) for response in Response}
    assert (
        by[Response.PERSUADABLE] > by[Response.SURE_THING] > by[Response.LOST_CAUSE] == 0.0 > by[Response.SLEEPING_DOG]
    )


def test_most_can_be_helped_and_few_take_it_ill() -> None:
    tempers = [profile_of(SPEC, number).response for number in range(300)]
    shares = {response: np.mean([temper is response for temper in tempers]) for response in Response}
    assert 0.6 < shares[Response.PERSUADABLE] < 0.85
    assert 0.02 < shares[Response.SLEEPING_DOG] < 0.15
