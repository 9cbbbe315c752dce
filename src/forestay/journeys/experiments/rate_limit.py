"""Is a bad rate above its limit? Evidence that is exact for any number of subjects and at every look.

Reads : yes/no outcomes in the order of exposure
Gives : limit_p_value()
Source: Ramdas, Grünwald, Vovk, Shafer, 'Game-theoretic statistics and safe anytime-valid inference', Statistical
        Science 2023 (test supermartingales, Ville's inequality); Robbins, 'Statistical methods related to the law of
        the iterated logarithm', 1970 (mixture of likelihood ratios).

For every rate at or below the limit, the likelihood ratio of a higher rate to the limit is a supermartingale, and so
is a mixture over higher rates. Unsubscribes are rare: an approximation by the normal curve would not do here.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

_ODDS = np.array([1.1, 1.25, 1.5, 2.0, 3.0, 5.0, 10.0, 30.0, 100.0])
"""How much higher than the limit's the odds of the alternatives are."""


def limit_p_value(is_bad: npt.NDArray[np.bool_], limit: float) -> float:
    """Chance (0 to 1), true at every look, of evidence like this while the rate is at most the limit.

    is_bad: (n,) in order of exposure; limit: 0 to 1, both without the edge.

    >>> limit_p_value(np.array([True] * 5 + [False] * 45), limit=0.02) < 0.05
    True
    """
    odds = limit / (1 - limit) * _ODDS
    higher = (odds / (1 + odds))[:, None]
    bad = np.cumsum(is_bad)
    good = np.arange(1, len(is_bad) + 1) - bad
    ratios = bad * np.log(higher / limit) + good * np.log((1 - higher) / (1 - limit))
    evidence = np.exp(np.minimum(ratios, 700.0)).mean(axis=0)
    return float(min(1.0, 1.0 / evidence.max(initial=1.0)))
