"""The made-up company: accounts by number, each lived when asked for.

Gives: Company, simulate().
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from forestay.kit.clock import number_of
from forestay.kit.errors import Invalid, NotFound
from forestay.simulator.account import AccountLife, live_account, releases
from forestay.simulator.helping import effect_of
from forestay.simulator.latent import live
from forestay.simulator.profile import account_key, profile_of
from forestay.simulator.shocks import Intervention, InterventionKind
from forestay.simulator.spec import CompanySpec, Purpose


@dataclass(slots=True)
class Company:
    """A company that costs no memory: account k is lived anew whenever it is asked for, and always the same."""

    spec: CompanySpec
    _extra: dict[int, tuple[Intervention, ...]] = field(default_factory=dict)

    def account(self, number: int, days: int | None = None) -> AccountLife:
        """Live account `number` (from 0). days: how many to simulate; LIVE_DAYS beyond the history if None."""
        if not 0 <= number < self.spec.accounts:
            raise NotFound("account", account_key(number))
        return live_account(self.spec, number, self._extra.get(number, ()), days)

    def accounts(self, begin: int = 0, end: int | None = None) -> Iterator[AccountLife]:
        """Live accounts begin <= number < end, one after the other."""
        for number in range(begin, self.spec.accounts if end is None else min(end, self.spec.accounts)):
            yield self.account(number)

    def apply_intervention(self, account: str | int, kind: InterventionKind, on_day: date) -> Intervention:
        """Do something for an account from a day on (its external id or number); gives what it was, its effect included.

        The effect depends on what troubles the account then, and on its temper (simulator.helping); its life before
        that day stays as it was.
        """
        number = account if isinstance(account, int) else self.number_of(account)
        day = number_of(on_day) - self.spec.start_day
        if day < 0:
            raise Invalid("an intervention cannot lie before the history", place="on_day")
        profile, earlier = profile_of(self.spec, number), self._extra.get(number, ())
        draws = np.random.SeedSequence(
            self.spec.seed, spawn_key=(number + 1, int(Purpose.LIVE), len(earlier))
        ).generate_state(1)
        lived = live(self.spec, profile, releases(self.spec, day + 1), day + 1, earlier)
        effect = effect_of(profile, kind, float(draws[0]) / 2**32, lived.situation(day))
        given = Intervention(kind, day, effect, 1.0)
        self._extra[number] = (*earlier, given)
        return given

    def number_of(self, key: str) -> int:
        """The number of an account by its external id."""
        digits = key.removeprefix("acc-")
        if not digits.isdigit() or not 1 <= int(digits) <= self.spec.accounts:
            raise NotFound("account", key)
        return int(digits) - 1


def simulate(spec: CompanySpec) -> Company:
    """The company of a spec. Nothing is computed until an account is asked for."""
    return Company(spec)
