"""An experiment on made-up customers: four fifths get help on one day, a fifth are held out by lot, and the truth is known.

Reads : simulated.block, simulator.latent
Gives : experiment(), Experiment

    from benchmarks.simulated.uplift import experiment
    trial = experiment(seed=1, accounts=8_000)  # minutes once, then out of the temporary folder

All customers of the company on the last day of its history take part. Help is what suits their size (training, check-in,
executive outreach). The outcome is seen (left within 180 days, yes or no); the true effect is the chance to decide to
leave in the 150 days after, without help less with it, both along the same luck: it is never seen in one life.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, fields, replace
from multiprocessing import get_context

import numpy as np
import numpy.typing as npt

from benchmarks.simulated.block import COLUMNS, context_of, values_of
from benchmarks.simulated.company import CHUNK, folder_of, spec_of
from forestay.predictions.snapshots import Snapshots
from forestay.simulator.account import AccountLife, live_account, releases
from forestay.simulator.latent import effect_of, live
from forestay.simulator.leaving import WEEK
from forestay.simulator.profile import Profile, Size
from forestay.simulator.shocks import Intervention, InterventionKind
from forestay.simulator.spec import CompanySpec

WITHIN, DECIDED_WITHIN = 180, 150
SUITS = {
    Size.SMB: InterventionKind.TRAINING,
    Size.MID: InterventionKind.CHECK_IN,
    Size.ENTERPRISE: InterventionKind.EXECUTIVE_OUTREACH,
}


@dataclass(frozen=True, slots=True)
class Parts:
    """Customers (n,) on the day of the experiment, as columns."""

    account: npt.NDArray[np.int64]
    values: npt.NDArray[np.float32]
    treated: npt.NDArray[np.bool_]
    left: npt.NDArray[np.bool_]
    base: npt.NDArray[np.float64]
    uplift: npt.NDArray[np.float64]
    response: npt.NDArray[np.str_]


@dataclass(frozen=True, slots=True)
class Experiment:
    """snapshots: what was known of n customers on the day. treated: by lot, with chance `propensity`. left: within 180
    days (the outcome, harm). uplift: true fall of the chance to decide to leave, above 0 = help helps; base: that chance
    without help. response: how the account answers help (Response)."""

    snapshots: Snapshots
    treated: npt.NDArray[np.bool_]
    left: npt.NDArray[np.bool_]
    uplift: npt.NDArray[np.float64]
    base: npt.NDArray[np.float64]
    response: npt.NDArray[np.str_]
    propensity: float


def experiment(
    seed: int = 1, *, accounts: int = 8_000, months: int = 12, holdout: float = 0.2, processes: int = 2
) -> Experiment:
    """The experiment, out of the temporary folder or made anew."""
    spec = spec_of(seed, accounts, months)
    folder = folder_of(spec, f"uplift-{holdout:g}")
    if not (folder / "made").exists():
        folder.mkdir(parents=True, exist_ok=True)
        work = [(spec, begin, holdout) for begin in range(0, spec.accounts, CHUNK)]
        began = time.perf_counter()
        with get_context("forkserver").Pool(processes) as pool:
            parts = pool.map(_chunk, work, chunksize=1)
        for field in fields(Parts):
            np.save(folder / f"{field.name}.npy", np.concatenate([getattr(part, field.name) for part in parts]))
        (folder / "made").write_text(str(time.perf_counter() - began))
    made = Parts(**{field.name: np.load(folder / f"{field.name}.npy") for field in fields(Parts)})
    day = np.full(len(made.account), spec.until_day - 1, np.int64)
    arr = 12.0 * made.values[:, COLUMNS.index("measure.mrr")].astype(np.float64)
    x = Snapshots(made.account, day, COLUMNS, made.values, arr)
    return Experiment(x, made.treated, made.left, made.uplift, made.base, made.response, 1 - holdout)


def _chunk(asked: tuple[CompanySpec, int, float]) -> Parts:
    spec, begin, holdout = asked
    today = spec.until_day - 1 - spec.start_day
    lives = [live_account(spec, n, days=spec.days) for n in range(begin, min(begin + CHUNK, spec.accounts))]
    lives = [one for one in lives if one.profile.first_day + 30 <= today < one.latent.end_day - 1]
    values = values_of(spec, lives, _days_before(spec), context_of(spec))[:, -1]
    rows = [_outcome(spec, life, today + 1, holdout) for life in lives]
    treated, left, base, uplift = (np.array(column) for column in zip(*rows, strict=True))
    numbers = np.array([life.profile.account for life in lives])
    return Parts(
        numbers, values, treated, left, base, uplift, np.array([life.profile.response.value for life in lives], "U16")
    )


def _days_before(spec: CompanySpec) -> npt.NDArray[np.int32]:
    """The last day and those that health compares itself with."""
    return (spec.until_day - 1 - np.array([90, 60, 30, 0])).astype(np.int32)


def _outcome(spec: CompanySpec, life: AccountLife, day: int, holdout: float) -> tuple[bool, bool, float, float]:
    """(treated, left, base, uplift) of one customer."""
    profile = life.profile
    lot, luck = np.random.default_rng([spec.seed, profile.account, 77]).random(2)
    treated = bool(lot >= holdout)
    help_ = _help(profile, day, float(luck))
    days = day + WITHIN + 1
    shocks = releases(spec, days)
    lived = live(spec, profile, shocks, days, (help_,) if treated else ())
    left = lived.churn is not None and lived.churn.last_day < day + WITHIN
    typical = replace(help_, effect=effect_of(profile, help_.kind, 0.5))
    base = _chance(spec, profile, day, days, ())
    return treated, left, base, base - _chance(spec, profile, day, days, (typical,))


def _help(profile: Profile, day: int, luck: float) -> Intervention:
    kind = SUITS[Size(profile.size)]
    return Intervention(kind, day, effect_of(profile, kind, luck), 1.0)


def _chance(spec: CompanySpec, profile: Profile, day: int, days: int, extra: tuple[Intervention, ...]) -> float:
    """Chance to decide to leave in the DECIDED_WITHIN days from `day` on."""
    hazard = live(spec, profile, releases(spec, days), days, extra, decides=False).hazard
    weeks = slice(day // WEEK + 1, (day + DECIDED_WITHIN) // WEEK + 1)
    return float(1.0 - np.prod(1.0 - hazard[weeks]))
