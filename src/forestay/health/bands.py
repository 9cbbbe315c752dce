"""Bands with hysteresis, and how sure a band is.

Gives : bands_of(), certainty(), normal_below(), NONE
Source: DESIGN section 5; REQUIREMENTS B4. Normal distribution: Abramowitz & Stegun 7.1.26 (error < 2e-7).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from forestay.health.scorecard import Bands

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int8]

NONE = -1
"""Code of 'no band': no evidence, no score."""
UNKNOWN_SPREAD = 25.0
"""Points of standard deviation that a score without any evidence would have (uniform 0-100: 28.9)."""
SMALLEST_SPREAD = 1.0


def bands_of(score: Floats, bands: Bands, before: Codes | None) -> Codes:
    """0 red, 1 yellow, 2 green, NONE where the score is NaN. score (n,) or (n, days); before (n,).

    Over days each day's band is the next day's `before`.
    """
    plain, risen = _count(score, bands, 0.0), _count(score, bands, bands.hysteresis)
    if score.ndim == 1:
        return plain if before is None else _settle(plain, risen, before)
    if before is not None:
        plain[:, 0] = _settle(plain[:, 0], risen[:, 0], before)
        risen[:, 0] = plain[:, 0]
    return np.where(plain == NONE, plain, _above(1, plain, risen) + _above(2, plain, risen))


def certainty(score: Floats, band: Codes, bands: Bands, confidence: Floats, spread: Floats | None) -> Floats:
    """P(the band is right), 0-1, NaN without a score.

    Normal around the score; its spread is what the score moves from day to day, and what the evidence
    that is missing could change. The band's range is the one it would be left at (hysteresis included).
    """
    usual = np.full(score.shape, SMALLEST_SPREAD) if spread is None else np.fmax(spread, SMALLEST_SPREAD)
    sigma = np.sqrt(usual**2 + (UNKNOWN_SPREAD * (1 - confidence)) ** 2)
    floor = np.array([-np.inf, bands.red_below, bands.green_from])[band]
    raised = np.array([bands.red_below, bands.green_from, np.inf])[band]
    ceiling = raised + np.where(score >= raised, bands.hysteresis, 0.0)
    sure = normal_below((ceiling - score) / sigma) - normal_below((floor - score) / sigma)
    return np.where(np.isnan(score), np.nan, np.clip(sure, 0.0, 1.0))


def normal_below(z: Floats) -> Floats:
    """Standard normal distribution function.

    >>> [round(float(p), 4) for p in normal_below(np.array([-1.96, 0.0, 1.0]))]
    [0.025, 0.5, 0.8413]
    """
    x = np.abs(np.clip(z, -40, 40)) / np.sqrt(2)
    t = 1 / (1 + 0.3275911 * x)
    poly = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
    upper = 0.5 * poly * np.exp(-x * x)
    below: Floats = np.where(z < 0, upper, 1 - upper)
    return below


def _above(band: int, plain: Codes, risen: Codes) -> Codes:
    """Where the band, (n, days), is at least this one: the day that last settled it decides, be it below the line,
    above line + hysteresis, or the first of a score that has no day before it."""
    decides = (plain < band) | (risen >= band)
    decides[:, 0] = True
    decides[:, 1:] |= plain[:, :-1] == NONE
    verdict = 2 * np.arange(plain.shape[1], dtype=np.int16) + (plain >= band)  # the day, and its answer in the last bit
    settled = np.maximum.accumulate(np.where(decides, verdict, np.int16(-1)), axis=1)
    return (settled & 1).astype(np.int8)


def _count(score: Floats, bands: Bands, above: float) -> Codes:
    with np.errstate(invalid="ignore"):
        codes = (score >= bands.red_below + above).astype(np.int8) + (score >= bands.green_from + above)
    return np.where(np.isnan(score), NONE, codes).astype(np.int8)


def _settle(plain: Codes, risen: Codes, before: Codes) -> Codes:
    """Down at the line, up only above line + hysteresis; from nothing wherever the score stands."""
    rising = (plain > before) & (before != NONE)
    return np.where(rising, np.maximum(before, risen), plain).astype(np.int8)
