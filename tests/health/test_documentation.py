"""What docs/health.md says of the curves is what the product does."""

from __future__ import annotations

from pathlib import Path

import pytest

from forestay.health.scorecard import DEFAULT_SCORECARD
from tests.health.tables import FACTORS

PAGE = (Path(__file__).parents[2] / "docs" / "health.md").read_text()


@pytest.mark.parametrize("measure", list(FACTORS))
def test_every_curve_stands_in_the_documentation_as_it_is(measure: str) -> None:
    factor = FACTORS[measure]
    points = ", ".join(f"{value:g} → {points:g}" for value, points in factor.curve)
    assert f"| {factor.label} (`{measure}`) | {factor.weight:.0%} | {points} | {factor.feed.value} |" in PAGE
    assert factor.why in PAGE


def test_every_weight_stands_in_the_documentation() -> None:
    said = [f"### {one.name}: {one.weight:.0%} of the score" in PAGE for one in DEFAULT_SCORECARD.resolved()]
    assert said == [True] * 5
