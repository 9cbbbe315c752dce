"""Columns of a table that seem to know the answer, and which known set a table is.

Reads : predictions.leakage (names of outcomes, the reach of one column alone, ceilings of known sets)
Gives : giveaways(), Warned, known_set(), SUSPECT
Source: DESIGN section 6: published 95 % figures come from leakage; the honest anchor of the Telco data is .850
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from forestay.predictions.evaluate.columns import Features, LeftOut
from forestay.predictions.leakage import SINGLE_CEILING, outcome_names, single_column_auc

Flags = npt.NDArray[np.bool_]

SUSPECT = 0.90
"""AUC of a column alone from which it is mentioned; from leakage.SINGLE_CEILING on it is refused."""
_FINGERPRINTS = {
    "ibm-telco": {"tenure", "MonthlyCharges", "TotalCharges", "Contract", "InternetService"},
}
"""Public sets by columns that only they have together."""


@dataclass(frozen=True, slots=True)
class Warned:
    """Columns refused because they know the answer, and those that are only mentioned: name and why."""

    refused: tuple[LeftOut, ...]
    mentioned: tuple[LeftOut, ...]


def known_set(columns: Sequence[str]) -> str:
    """The public set that a table with these columns is, as leakage.CEILINGS names it; '' for any other."""
    return next((name for name, some in _FINGERPRINTS.items() if some <= set(columns)), "")


def giveaways(features: Features, happened: Flags) -> Warned:
    """Look at every column by itself."""
    refused, mentioned = list[LeftOut](), list[LeftOut]()
    sources = tuple(dict.fromkeys(features.source))
    by_name = {one.name for one in outcome_names(sources)}
    for name in sources:
        places = [n for n, source in enumerate(features.source) if source == name]
        alone = max(single_column_auc(features.values[:, place], happened) for place in places)
        if name in by_name:
            refused.append(LeftOut(name, "is written down when customers leave, by its name"))
        elif alone > SINGLE_CEILING:
            reason = f"tells the label nearly alone (AUC {alone:.2f}), so it was probably written afterwards"
            refused.append(LeftOut(name, reason))
        elif alone >= SUSPECT:
            mentioned.append(
                LeftOut(name, f"tells much by itself (AUC {alone:.2f}); make sure it was known beforehand")
            )
    return Warned(tuple(refused), tuple(mentioned))
