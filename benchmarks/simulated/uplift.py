"""An experiment on made-up customers: four fifths get help on one day, a fifth are held out by lot, and the truth is known.

Reads : simulated.block, simulator.latent
Gives : experiment(), Experiment

    from benchmarks.simulated.uplift import experiment
    trial = experiment(seed=1, accounts=8_000)  # minutes once, then out of the temporary folder

All customers of the company on the last day of its history take part. Help is what suits their size (training, check-in,
executive outreach). The outcome is seen (left within 180 days, yes or no); the true effect is the chance to decide to
leave in the 150 days after, without help less with it, both along the same luck: it is never seen in one life. What of it
could be foreseen is the same along the path that whoever sees the hidden state expects on the day: luck and troubles that
come later are in the true effect and nobody can know them. Who had decided before the day cannot be helped any more.
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
from forestay.simulator.helping import effect_of
from forestay.simulator.latent import Latent, live
from forestay.simulator.leaving import WEEK
from forestay.simulator.oracle import chance_of_deciding
from forestay.simulator.profile import Size, profile_of
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
    foreseen: npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Experiment:
    """snapshots: what was known of n customers on the day. treated: by lot, with chance `propensity`. left: within 180
    days (the outcome, harm). uplift: true fall of the chance to decide to leave, above 0 = help helps; base: that chance
    without help. response: the account's temper (Response). foreseen: of uplift, what whoever sees the hidden state expects."""

    snapshots: Snapshots
    treated: npt.NDArray[np.bool_]
    left: npt.NDArray[np.bool_]
    uplift: npt.NDArray[np.float64]
    base: npt.NDArray[np.float64]
    response: npt.NDArray[np.str_]
    foreseen: npt.NDArray[np.float64]
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
    return Experiment(x, made.treated, made.left, made.uplift, made.base, made.response, made.foreseen, 1 - holdout)


def _chunk(asked: tuple[CompanySpec, int, float]) -> Parts:
    spec, begin, holdout = asked
    day = spec.days - 1
    rows = [_outcome(spec, number, day, holdout) for number in range(begin, min(begin + CHUNK, spec.accounts))]
    found = [row for row in rows if row is not None]
    values = values_of(spec, [row.life for row in found], _days_before(spec), context_of(spec))[:, -1]
    return Parts(
        np.array([row.life.profile.account for row in found]), values, np.array([row.treated for row in found]),
        np.array([row.left for row in found]), np.array([row.base for row in found]), np.array([row.uplift for row in found]),
        np.array([row.life.profile.response.value for row in found], "U16"), np.array([row.foreseen for row in found]),
    )  # fmt: skip


def _days_before(spec: CompanySpec) -> npt.NDArray[np.int32]:
    """The day before the experiment and those that health compares itself with."""
    return (spec.until_day - 1 - np.array([90, 60, 30, 0])).astype(np.int32)


@dataclass(frozen=True, slots=True)
class _Row:
    """One customer of the experiment; life: as it was lived up to the day."""

    life: AccountLife
    treated: bool
    left: bool
    base: float
    uplift: float
    foreseen: float


def _outcome(spec: CompanySpec, number: int, day: int, holdout: float) -> _Row | None:
    """None for who was no customer for a month on the day before, or leaves on that day."""
    profile, days = profile_of(spec, number), day + WITHIN + 1
    shocks = releases(spec, days)
    before = live(spec, profile, shocks, days)
    if profile.first_day + 30 > day - 1 or before.end_day - 1 <= day - 1:
        return None
    lot, luck = np.random.default_rng([spec.seed, number, 77]).random(2)
    treated, now = bool(lot >= holdout), before.situation(day)
    kind = SUITS[Size(profile.size)]
    given, typical = (Intervention(kind, day, effect_of(profile, kind, by, now), 1.0) for by in (float(luck), 0.5))
    extra = (given,) if treated else ()
    lived = live(spec, profile, shocks, days, extra) if treated else before
    left = lived.churn is not None and lived.churn.last_day < day + WITHIN
    life = live_account(spec, number, days=spec.days)
    if before.churn is not None and before.churn.decided_day < day:
        return _Row(life, treated, left, 1.0, 0.0, 0.0)
    alone = before if before.churn is None else live(spec, profile, shocks, days, decides=False)
    helped = live(spec, profile, shocks, days, (typical,), decides=False)
    foreseen = _expected(spec, before, day) - _expected(
        spec, replace(before, interventions=(*before.interventions, typical)), day
    )
    return _Row(life, treated, left, _chance(alone, day), _chance(alone, day) - _chance(helped, day), foreseen)


def _expected(spec: CompanySpec, lived: Latent, day: int) -> float:
    return float(chance_of_deciding(spec, lived, np.array([day]), DECIDED_WITHIN // WEEK)[0])


def _chance(lived: Latent, day: int) -> float:
    """Chance to decide to leave in the DECIDED_WITHIN days from `day` on."""
    weeks = slice(day // WEEK + 1, (day + DECIDED_WITHIN) // WEEK + 1)
    return float(1.0 - np.prod(1.0 - lived.hazard[weeks]))
