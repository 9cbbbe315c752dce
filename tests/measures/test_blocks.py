"""However few accounts are computed or read together, their numbers are the same."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from forestay.lake.batch import LakeBatch
from forestay.lake.reads import LakeReader
from forestay.lake.writer import LakeWriter
from forestay.measures import offline
from forestay.measures.features import FeatureBook
from forestay.measures.offline import OfflineBlock, OfflineQuestion, iter_blocks
from forestay.measures.reading import Needs
from forestay.measures.series import SeriesBook

FIRST, DAYS, MANY = 20_000, 60, 75
ACCOUNTS = np.arange(MANY, dtype=np.int64) * 3 + 10
NEEDS = Needs({"any", "event:A"}, {"any", "event:A"}, event_days=28, user_days=30, facts={"mrr", "ticket.opened"})


@pytest.fixture
def lake(tmp_path: Path) -> LakeReader:
    """Accounts of very different size, some of them with nothing at all, told in no order."""
    random = np.random.default_rng(5)
    size = 4_000
    account = random.choice(ACCOUNTS[random.random(MANY) < 0.9], size)
    day = FIRST + random.integers(-40, DAYS, size)
    events = pa.table({
        "workspace_id": [1] * size, "position": [1] * size, "account": account,
        "user": account * 10 + random.integers(0, 5, size), "event": random.choice(["A", "B"], size), "day": day,
        "weight": [1] * size, "at": day * 86_400_000_000,
    })  # fmt: skip
    facts = pa.table({
        "workspace_id": [1] * 200, "position": [1] * 200, "account": random.choice(ACCOUNTS, 200),
        "fact": random.choice(["mrr", "ticket.opened"], 200), "day": FIRST + random.integers(-90, DAYS + 20, 200),
        "value": random.integers(-3, 9, 200) / 7, "count": [1] * 200,
    })  # fmt: skip
    LakeWriter(str(tmp_path)).flush(LakeBatch(1, events=events, facts=facts))
    return LakeReader(str(tmp_path), memory_mb=256)


def answers(blocks: list[OfflineBlock]) -> dict[str, np.ndarray]:
    """Every kind of answer, all accounts below each other."""
    kinds = {
        "count": lambda it: it.event_count("event:A", 7), "active": lambda it: it.active_days("any", 28),
        "used": lambda it: it.used("event:A", 13), "users": lambda it: it.distinct_users(30),
        "last": lambda it: it.days_since_event("any"), "first": lambda it: it.days_since_first_event("event:A"),
        "sum": lambda it: it.fact_sum("mrr", 30), "total": lambda it: it.fact_total("mrr"),
        "number": lambda it: it.fact_count("ticket.opened", 90), "fact": lambda it: it.days_since_fact("ticket.opened"),
    }  # fmt: skip
    later = np.arange(FIRST + 30, FIRST + DAYS + 15, dtype=np.int32)
    found = {name: np.concatenate([ask(block.substrate) for block in blocks]) for name, ask in kinds.items()}
    return found | {"later": np.concatenate([block.facts_on(later).fact_total("mrr") for block in blocks])}


@pytest.mark.parametrize(("cells", "memory_mb"), [(1, 1000), (1, 0), (30 * DAYS, 0)])
def test_accounts_in_many_blocks_have_the_numbers_that_they_have_in_one(
    lake: LakeReader, monkeypatch: pytest.MonkeyPatch, cells: int, memory_mb: int
) -> None:
    days, book = np.arange(FIRST, FIRST + DAYS, dtype=np.int32), SeriesBook.build(FeatureBook(), {}, events=["A"])
    unknown = lambda key, rows: np.full(len(rows), np.nan)  # noqa: E731
    question = OfflineQuestion(1, ACCOUNTS, days, NEEDS, book, unknown, facts_until=FIRST + DAYS + 15)
    (one,) = iter_blocks(lake, question)
    monkeypatch.setattr(offline, "BLOCK_CELLS", cells)
    many = list(iter_blocks(lake, question, memory_mb=memory_mb))
    assert len(many) > 2
    whole = answers([one])
    for name, values in answers(many).items():
        np.testing.assert_array_equal(values, whole[name], err_msg=name)
    np.testing.assert_array_equal(np.concatenate([block.accounts for block in many]), ACCOUNTS)
    lake.close()
