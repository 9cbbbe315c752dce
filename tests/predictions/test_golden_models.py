"""Models that were written down by an earlier version say today what they said then."""

import json
from pathlib import Path

import numpy as np
import pytest

from forestay.predictions.calibration import calibration_from
from forestay.predictions.models.registry import fitted_from

GOLDEN = json.loads((Path(__file__).parent / "golden" / "models.json").read_text())
ROWS = np.array(GOLDEN["rows"], np.float32)
KINDS = [model["document"]["kind"] for model in GOLDEN["models"]]


@pytest.mark.parametrize("model", GOLDEN["models"], ids=KINDS)
def test_a_model_of_an_earlier_version_says_what_it_said(model: dict) -> None:
    np.testing.assert_allclose(fitted_from(model["document"]).hazard(ROWS), model["hazard"], rtol=1e-6)


def test_a_calibration_of_an_earlier_version_says_what_it_said() -> None:
    hazard = fitted_from(GOLDEN["models"][KINDS.index("logistic")]["document"]).hazard(ROWS)
    told = calibration_from(GOLDEN["calibration"]["document"]).apply(hazard)
    np.testing.assert_allclose(told, GOLDEN["calibration"]["hazard"], rtol=1e-6)
