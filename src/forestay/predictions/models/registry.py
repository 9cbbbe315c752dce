"""The shelf of candidates, and how a written model is read again.

Gives : CANDIDATES, candidate(), fitted_from(), UnknownModel
One line a candidate. Nothing here loads LightGBM, scikit-learn or SciPy: candidates load what they need when they fit.
"""

from __future__ import annotations

from collections.abc import Callable

from forestay.kit.errors import Invalid
from forestay.predictions.additive import AdditiveModel
from forestay.predictions.model_document import Document
from forestay.predictions.models import additive_boosting, average, catboost_extra, lightgbm_small, logistic, rule
from forestay.predictions.models.candidate import Candidate, Fitted

CANDIDATES: tuple[Candidate, ...] = (
    rule.Rule(),
    logistic.Logistic(),
    additive_boosting.AdditiveTrees(),
    lightgbm_small.SmallTrees(),
    average.Average(),
    catboost_extra.Catboost(),
)
"""From the simplest to the least simple; of two that are equally good the earlier is taken."""

_READERS: dict[str, Callable[[Document], Fitted]] = {
    rule.KIND: rule.RuleHazard.from_document,
    logistic.KIND: logistic.LogisticHazard.from_document,
    additive_boosting.KIND: AdditiveModel.from_document,
    lightgbm_small.KIND: lightgbm_small.TreeHazard.from_document,
    average.KIND: average.AverageHazard.from_document,
    catboost_extra.KIND: catboost_extra.CatboostHazard.from_document,
}


class UnknownModel(Invalid):
    """No candidate of this name or kind is known to this version; use one of those listed, or a newer Forestay."""

    code = "unknown_model"


def candidate(key: str) -> Candidate:
    """The candidate of that key. Raises UnknownModel."""
    for one in CANDIDATES:
        if one.key == key:
            return one
    raise UnknownModel(f"there is no candidate '{key}'; there are {', '.join(one.key for one in CANDIDATES)}")


def fitted_from(document: Document) -> Fitted:
    """The trained model of a document, ready to score. Raises UnknownModel, and ValidationError for a broken one."""
    reader = _READERS.get(str(document.get("kind")))
    if reader is None:
        raise UnknownModel(f"a model of kind '{document.get('kind')}' cannot be read")
    return reader(document)
