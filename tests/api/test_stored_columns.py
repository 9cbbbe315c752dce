"""What conditions over all accounts are asked of is what the ticks stored, whichever measures were kept then."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
from sqlalchemy import insert

from forestay.api.queries.columns import stored_columns
from forestay.store.tables.customers import accounts
from forestay.store.tables.scores import account_states, measure_sets
from tests.conftest import StoreUnderTest

TODAY = 20_000


def scored(
    store: StoreUnderTest, workspace: int, name: str, measure_set: int, measures: list[float | None], **traits: object
) -> int:
    with store.owner.begin_worker() as conn:
        new = insert(accounts).values(workspace_id=workspace, external_id=name, traits=traits, arr=1000)
        number = int(conn.execute(new.returning(accounts.c.id)).scalar_one())
        state = {
            "as_of": datetime(2026, 11, 20, tzinfo=UTC),
            "measure_set": measure_set,
            "measures": measures,
            "dimensions": [50.5],
            "trends": [],
            "score": 63.2,
        }
        conn.execute(insert(account_states).values(workspace_id=workspace, account_id=number, **state))
    return number


def test_every_account_has_the_measures_that_were_kept_when_it_was_scored(
    store: StoreUnderTest, workspace: int
) -> None:
    with store.owner.begin_worker() as conn:
        for number, keys in ((1, ["logins", "seats used"]), (2, ["seats used", "reports"])):
            conn.execute(insert(measure_sets).values(workspace_id=workspace, number=number, keys=keys))
    ids = [
        scored(store, workspace, "old", 1, [0.1, 7.0], region="north"),
        scored(store, workspace, "new", 2, [float("nan"), 12.5]),
        scored(store, workspace, "short", 2, [3.0], region="south"),
        scored(store, workspace, "none", 2, []),
    ]
    with store.api.begin(workspace) as conn:
        stored = stored_columns(conn, workspace, TODAY)
        some = stored_columns(conn, workspace, TODAY, account_ids=ids[1:3])
        region = stored.table["trait.region"]
    assert stored.ids.tolist() == ids
    np.testing.assert_array_equal(stored.table.floats("measure.logins"), [0.1, np.nan, np.nan, np.nan])
    np.testing.assert_array_equal(stored.table.floats("measure.seats used"), [7.0, np.nan, 3.0, np.nan])
    np.testing.assert_array_equal(stored.table.floats("measure.reports"), [np.nan, 12.5, np.nan, np.nan])
    np.testing.assert_array_equal(stored.table.floats("health.score"), [63.2] * 4)
    assert list(region) == ["north", None, "south", None]
    assert some.ids.tolist() == ids[1:3]
    np.testing.assert_array_equal(some.table.floats("measure.reports"), [12.5, np.nan])
    assert list(some.table["trait.region"]) == [None, "south"]
