"""One set of checks for every KPI on the shelf."""

from __future__ import annotations

import inspect
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from forestay.kit.errors import NotFound
from forestay.kpis import shelf
from forestay.kpis.kpi import Kpi, Period
from forestay.kpis.registry import KPIS, kpi_of
from tests.api.seeding import whole_company
from tests.conftest import StoreUnderTest

UNTIL = datetime(2026, 11, 22, tzinfo=UTC)
PERIOD = Period(UNTIL - timedelta(days=90), UNTIL)
each_kpi = pytest.mark.parametrize("kpi", KPIS, ids=lambda kpi: kpi.key)


def test_every_module_of_the_shelf_is_in_the_list() -> None:
    folder = Path(str(shelf.__file__)).parent
    modules = {path.stem for path in folder.glob("*.py") if path.stem != "__init__"}
    assert {type(kpi).__module__.rpartition(".")[2] for kpi in KPIS} == modules


def test_no_two_share_a_key() -> None:
    assert len({kpi.key for kpi in KPIS}) == len(KPIS)


def test_an_unknown_key_is_not_found() -> None:
    with pytest.raises(NotFound):
        kpi_of("luck")


@each_kpi
def test_it_says_its_formula_in_the_docstring_and_in_words(kpi: Kpi) -> None:
    assert "/" in kpi.formula or "median" in kpi.formula
    assert len(inspect.getdoc(type(kpi)) or "") > 80
    assert kpi.name
    assert kpi.numerator_is
    assert kpi.denominator_is


@each_kpi
def test_a_workspace_where_nothing_happened_has_no_number_and_no_error(
    kpi: Kpi, store: StoreUnderTest, workspace: int
) -> None:
    with store.api.begin(workspace) as conn:
        found = kpi.compute(conn, workspace, PERIOD)
    assert (found.value, found.denominator, found.behind.ids) == (None, 0.0, ())


@each_kpi
def test_it_sees_nothing_of_another_workspace(
    kpi: Kpi, store: StoreUnderTest, workspace: int, other_workspace: int
) -> None:
    whole_company(store.api, other_workspace)
    with store.owner.begin_worker() as conn:
        found = kpi.compute(conn, workspace, PERIOD)
    assert (found.value, found.behind.ids) == (None, ())


@each_kpi
def test_a_number_comes_with_what_it_was_made_of(kpi: Kpi, store: StoreUnderTest, workspace: int) -> None:
    whole_company(store.api, workspace)
    with store.api.begin(workspace) as conn:
        found = kpi.compute(conn, workspace, PERIOD)
    assert found.numerator >= 0
    assert found.denominator >= 0
    assert len(found.behind.ids) <= 500
