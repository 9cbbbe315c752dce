"""The same spec makes the same company; an account is itself whatever stands around it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forestay.kit.errors import Invalid, NotFound
from forestay.simulator import CompanySpec, InterventionKind, simulate, write_files
from forestay.simulator.account import AccountLife
from tests.simulator.conftest import UNTIL


def spec(**changes: object) -> CompanySpec:
    return CompanySpec(**{"seed": 5, "accounts": 12, "months": 4, "until": UNTIL, **changes})  # type: ignore[arg-type]


def texts(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def assert_same_life(one: AccountLife, other: AccountLife) -> None:
    assert one.profile == other.profile
    assert one.records == other.records
    assert one.people.users == other.people.users
    np.testing.assert_array_equal(one.usage.at, other.usage.at)
    np.testing.assert_array_equal(one.usage.name, other.usage.name)


def test_the_same_seed_writes_the_same_bytes(tmp_path: Path) -> None:
    write_files(simulate(spec()), tmp_path / "one")
    write_files(simulate(spec()), tmp_path / "two")
    assert texts(tmp_path / "one") == texts(tmp_path / "two")
    assert texts(tmp_path / "truth" / "one") == texts(tmp_path / "truth" / "two")


def test_another_seed_makes_another_company(tmp_path: Path) -> None:
    write_files(simulate(spec()), tmp_path / "one")
    write_files(simulate(spec(seed=6)), tmp_path / "two")
    assert texts(tmp_path / "one")["accounts.csv"] != texts(tmp_path / "two")["accounts.csv"]


@pytest.mark.parametrize("number", [0, 3, 8, 11])
def test_an_account_is_the_same_in_a_small_and_in_a_huge_company(number: int) -> None:
    assert_same_life(simulate(spec()).account(number), simulate(spec(accounts=100_000)).account(number))


@settings(max_examples=12, deadline=None)
@given(number=st.integers(0, 11), longer=st.integers(8, 60))
def test_a_longer_future_changes_nothing_before_it(number: int, longer: int) -> None:
    company = simulate(spec())
    days = company.spec.days
    short, long = company.account(number, days + 10), company.account(number, days + 10 + longer)
    until = company.spec.until_micros
    np.testing.assert_array_equal(short.usage.at[short.usage.at <= until], long.usage.at[long.usage.at <= until])
    np.testing.assert_array_equal(short.latent.effects[:, :days], long.latent.effects[:, :days])
    opened = [row for row in long.conversation.tickets if row.opened_at <= until]
    assert [row for row in short.conversation.tickets if row.opened_at <= until] == opened


@settings(max_examples=12, deadline=None)
@given(number=st.integers(0, 11), kind=st.sampled_from(InterventionKind))
def test_an_intervention_changes_nothing_before_its_day(number: int, kind: InterventionKind) -> None:
    plain, helped = simulate(spec()), simulate(spec())
    helped.apply_intervention(number, kind, date(2026, 10, 1))
    begin = (date(2026, 10, 1) - date(1970, 1, 1)).days * 86_400_000_000 - 86_400_000_000
    before, after = plain.account(number).usage, helped.account(number).usage
    np.testing.assert_array_equal(before.at[before.at < begin], after.at[after.at < begin])


def test_interventions_work_for_some_harm_some_and_leave_others_as_they_are() -> None:
    company = simulate(spec(accounts=200))
    effects = [company.apply_intervention(n, InterventionKind.CHECK_IN, date(2026, 10, 1)).effect for n in range(200)]
    shares = [np.mean([effect > 0.3 for effect in effects]), np.mean([effect < -0.3 for effect in effects])]
    assert 0.4 < shares[0] < 0.8
    assert 0.02 < shares[1] < 0.25
    assert np.mean([abs(effect) < 0.2 for effect in effects]) > 0.1


def test_help_that_works_raises_satisfaction_afterwards() -> None:
    plain, helped = simulate(spec(accounts=60)), simulate(spec(accounts=60))
    given_help = [helped.apply_intervention(n, InterventionKind.TRAINING, date(2026, 10, 1)) for n in range(60)]
    number = int(np.argmax([one.effect for one in given_help]))
    before, after = plain.account(number).latent.effects[1], helped.account(number).latent.effects[1]
    day = given_help[number].day
    np.testing.assert_array_equal(before[:day], after[:day])
    assert after[day + 20] > before[day + 20] + 0.3


def test_an_account_that_does_not_exist_is_refused() -> None:
    with pytest.raises(NotFound):
        simulate(spec()).account(12)
    with pytest.raises(NotFound):
        simulate(spec()).apply_intervention("acc-00013", InterventionKind.CHECK_IN, date(2026, 10, 1))


@pytest.mark.parametrize("wrong", [{"accounts": 0}, {"months": 0}, {"until": UNTIL.replace(tzinfo=None)}, {"seed": -1}])
def test_an_impossible_spec_says_what_is_wrong(wrong: dict[str, object]) -> None:
    with pytest.raises(Invalid):
        spec(**wrong)
