"""Unusual use: the last week and fortnight of counts against what is ordinary for the account.

Reads : counts of accounts by the day (health.ordinary)
Gives : unusual() -> Anomalies, lines_of() -> Lines, surprises(), tails(), LEAST_DAYS
Source: DESIGN section 6 ('NB tail on sums beat fancy methods'); docs/trajectory-and-anomalies.md has the figures

The more surprising of the two windows counts: a week sees a collapse early, a fortnight sees a fall in small accounts
(shorter windows and more of them raise more false alarms than they find falls). Accounts of rare use are asked besides how
long they have been silent (health.silence). How surprising is too surprising is
no constant: the lines are laid where the workspace's own last weeks would have raised as many alarms as people are
ready to look at.
Tail probabilities: Paulson's normal approximation of the F distribution (Biometrika 1942), exact at 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from forestay.health.bands import normal_below
from forestay.health.ordinary import BASELINE_DAYS, WINDOWS, Ordinary, ordinary_of, window_of
from forestay.health.silence import RARE_A_WEEK, Silence, silence_of

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

LEAST_DAYS = BASELINE_DAYS + max(WINDOWS)
ALARMS_90_DAYS = 1.0
"""Alarms an account and 90 days, falls and rises together, that the lines let through in ordinary times, at most."""
SHARE_OF_WINDOWS = 0.9
"""Of these, by the windows; the rest is left for silences, most of which a window has told already."""
SILENCES = 2.0
"""Silences that an account of rare use may be expected to have in 90 days by its own rate, an alarm allowed, and be told."""
MOST_LIKELY = 0.15
"""And no silence is told that one in seven of the account's own would be: who hardly uses it is not missed."""
SHARE_OF_FALLS = 0.8
"""Of these; a rise is good news more often than not."""
QUIET_DAYS = 14
"""Days without an alarm after which the next counts as a new one: a long window sees one day that often."""
LEAST_EXPECTED = 2.0
"""Events a week below which a fall cannot be told from chance."""
_LEAST_LINE, _USUAL_LINE, _MOST_LINE = 1.3, 2.0, 6.0
_ENOUGH_DAYS = 1500
"""Account-days of history below which the usual line stands."""
_SAMPLE = 2000


@dataclass(frozen=True, slots=True)
class Anomalies:
    """One count of many accounts (n,), over the window that stands out most. ratio: counted / expected, NaN without
    a baseline; days: length of the window, or of the silence; tail: probability of a window so far out on its side, 0-1;
    direction: -1 unusually low, 1 unusually high, 0 ordinary."""

    counted: Floats
    expected: Floats
    ratio: Floats
    days: Ints
    tail: Floats
    direction: npt.NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class Lines:
    """Surprise (-log10 of the tail) from which a fall or a rise is an alarm. silence: silences in 90 days up to which the
    present one is an alarm, of accounts of rare use; 0: never."""

    fall: float = _USUAL_LINE
    rise: float = _USUAL_LINE + 0.5
    silence: float = 0.0


@dataclass(frozen=True, slots=True)
class Surprises:
    """Of the most surprising window of each account and day (n, ends): -log10 of the tail, and the window's number."""

    fall: Floats
    rise: Floats
    fall_window: npt.NDArray[np.int8]
    rise_window: npt.NDArray[np.int8]


def unusual(daily: Floats, *others: Floats, lines: Lines | None = None) -> Anomalies:
    """Accounts with counts daily (n, days), newest last, as of the last day.

    others: further counts of the same use (sign-ins beside events), same shape; the surprises of all that an account
    has enough of are averaged, so that all of them have a say. lines: laid from the same counts if None. With fewer
    than LEAST_DAYS days nothing is unusual.
    """
    if daily.shape[1] < LEAST_DAYS:
        return _nothing(daily)
    ordinary = [ordinary_of(one) for one in (daily, *others)]
    ends = np.array([daily.shape[1] - 1])
    laid = lines or lines_of((daily, *others), ordinary)
    found = _together((daily, *others), ordinary, ends)
    falls = (found.fall[:, 0] >= laid.fall) & (_weekly(daily, -LEAST_DAYS, -max(WINDOWS)) >= LEAST_EXPECTED)
    is_settled = daily[:, -LEAST_DAYS : -LEAST_DAYS + BASELINE_DAYS // 2].any(axis=1)  # who just began only rises
    rises = ~falls & is_settled & (found.rise[:, 0] >= laid.rise) & (_weekly(daily, -7, None) >= LEAST_EXPECTED)
    is_rise = rises | (~falls & (found.rise[:, 0] > found.fall[:, 0]))
    number = np.where(is_rise, found.rise_window[:, 0], found.fall_window[:, 0])
    shapes = [window_of(daily, ordinary[0], at, ends) for at in range(len(WINDOWS))]
    counted = np.choose(number, [one.counted[:, 0] for one in shapes])
    expected = np.choose(number, [one.expected[:, 0] for one in shapes])
    ratio = np.divide(counted, expected, out=np.full(len(daily), np.nan), where=expected > 0)
    tail = 10.0 ** -np.where(is_rise, found.rise[:, 0], found.fall[:, 0])
    direction = rises.astype(np.int8) - falls.astype(np.int8)
    told = Anomalies(counted, expected, ratio, np.asarray(WINDOWS)[number], tail, direction)
    return _with_silences(told, silence_of(daily, ordinary[0].factors), laid.silence)


def _with_silences(found: Anomalies, silence: Silence, line: float) -> Anomalies:
    """Alarms of those who are used rarely and are silent for longer than they are in a quarter, where no window tells more."""
    told = (silence.in_90_days <= line) & (silence.tail <= MOST_LIKELY) & (silence.a_week < RARE_A_WEEK)
    told &= (found.direction == 0) & (silence.days >= 7)
    expected = silence.a_week * silence.days / 7
    return Anomalies(
        np.where(told, 0.0, found.counted), np.where(told, expected, found.expected), np.where(told, 0.0, found.ratio),
        np.where(told, np.nan_to_num(silence.days), found.days).astype(np.int64), np.where(told, silence.tail, found.tail),
        np.where(told, -1, found.direction).astype(np.int8),
    )  # fmt: skip


def _together(series: Sequence[Floats], ordinary: Sequence[Ordinary], ends: Ints) -> Surprises:
    """Surprises of several counts, averaged over those that an account has enough of; windows are the first count's."""
    each = [surprises(daily, one, ends) for daily, one in zip(series, ordinary, strict=True)]
    if len(each) == 1:
        return each[0]
    enough = [_weekly(daily, -LEAST_DAYS, -max(WINDOWS)) >= LEAST_EXPECTED for daily in series]
    weight = np.stack(enough).astype(np.float64)
    weight[0, ~weight.any(axis=0)] = 1.0
    weight = (weight / weight.sum(axis=0))[:, :, None]
    fall = (weight * np.stack([one.fall for one in each])).sum(axis=0)
    rise = (weight * np.stack([one.rise for one in each])).sum(axis=0)
    return Surprises(fall, rise, each[0].fall_window, each[0].rise_window)


def _weekly(daily: Floats, begin: int, end: int | None) -> Floats:
    """Mean week of some days, (n,)."""
    weekly: Floats = daily[:, begin:end].mean(axis=1) * 7
    return weekly


def surprises(daily: Floats, ordinary: Ordinary, ends: Ints) -> Surprises:
    """How surprising each account's (n,) most surprising window is that ends with each of the days `ends`."""
    shape = (len(daily), len(ends))
    fall, rise = np.zeros(shape), np.zeros(shape)
    fall_window, rise_window = np.zeros(shape, np.int8), np.zeros(shape, np.int8)
    for number in range(len(WINDOWS)):
        window = window_of(daily, ordinary, number, ends)
        low, high = tails(window.counted, window.expected, window.variance)
        for found, kept, which in ((low, fall, fall_window), (high, rise, rise_window)):
            here = -np.log10(np.maximum(found, 1e-12))
            which[here > kept] = number
            np.maximum(kept, here, out=kept)
    return Surprises(fall, rise, fall_window, rise_window)


def lines_of(series: Sequence[Floats], ordinary: Sequence[Ordinary], alarms_90_days: float = ALARMS_90_DAYS) -> Lines:
    """Lines at which the past of these accounts raised at most so many alarms; from a sample of up to 2,000 of them.

    What truly happened in that time counts as false, so the lines stand rather too high than too low.
    """
    active = np.flatnonzero(_weekly(series[0], 0, BASELINE_DAYS) >= LEAST_EXPECTED)
    rows = active[:: max(1, len(active) // _SAMPLE)]
    ends = np.arange(LEAST_DAYS - 1, series[0].shape[1])
    if len(rows) * len(ends) < _ENOUGH_DAYS:
        return Lines(silence=SILENCES * alarms_90_days)
    sample = [Ordinary(one.factors, one.scatter[rows], one.drift) for one in ordinary]
    found = _together([daily[rows] for daily in series], sample, ends)
    allowed = SHARE_OF_WINDOWS * alarms_90_days
    falls, rises = _line(found.fall, SHARE_OF_FALLS * allowed), _line(found.rise, (1 - SHARE_OF_FALLS) * allowed)
    return Lines(falls, rises, SILENCES * alarms_90_days)


def alarms(surprise: Floats, line: float) -> npt.NDArray[np.bool_]:
    """Days (n, days) on which an alarm begins: at or above the line, and below it for QUIET_DAYS before."""
    is_out = surprise >= line
    recent = np.zeros_like(is_out)
    for back in range(1, min(QUIET_DAYS, is_out.shape[1] - 1) + 1):
        recent[:, back:] |= is_out[:, :-back]
    return is_out & ~recent


def _line(surprise: Floats, alarms_90_days: float) -> float:
    """The lowest line with at most so many alarms, by halving; alarms fall as the line rises, nearly always."""
    allowed = alarms_90_days * surprise.size / 90
    low, high = _LEAST_LINE, _MOST_LINE
    for _ in range(12):
        middle = (low + high) / 2
        low, high = (middle, high) if alarms(surprise, middle).sum() > allowed else (low, middle)
    return high


def tails(count: Floats, mean: Floats, variance: Floats) -> tuple[Floats, Floats]:
    """P(X < count) + P(X = count) / 2, and the same from above, of negative binomials with mean and variance > mean."""
    known = np.maximum(mean, 1e-3)
    r = known**2 / np.maximum(variance - known, 1e-6 * known)
    p = r / (r + known)
    none = np.exp(r * np.log(p))
    at_most = np.where(count > 0, _beta(p, r, count + 1), none)
    below = np.where(count > 1, _beta(p, r, np.maximum(count, 1.0)), np.where(count > 0, none, 0.0))
    middle = (at_most + below) / 2
    return middle, 1 - middle


def _beta(x: Floats, a: Floats, b: Floats) -> Floats:
    """Regularised incomplete beta I_x(a, b) by Paulson's approximation of F(2a, 2b)."""
    f = b * x / (a * np.maximum(1 - x, 1e-12))
    one, two = 1 / (9 * a), 1 / (9 * b)
    root = np.cbrt(f)
    return normal_below(((1 - two) * root - (1 - one)) / np.sqrt(two * root**2 + one))


def _nothing(daily: Floats) -> Anomalies:
    accounts = len(daily)
    missing = np.full(accounts, np.nan)
    return Anomalies(
        daily[:, -7:].sum(axis=1),
        missing,
        missing,
        np.full(accounts, 7),
        np.ones(accounts),
        np.zeros(accounts, np.int8),
    )
