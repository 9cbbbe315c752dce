"""The examples of docs/triggers.md are read by the product as they stand there."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import yaml

from forestay.conditions.columns import ColumnTable
from forestay.conditions.evaluate import evaluate
from forestay.conditions.parse import parse
from forestay.customers.words import TriggerKey
from forestay.signals.trigger import read_trigger

PAGE = (Path(__file__).parents[2] / "docs" / "triggers.md").read_text()


def example() -> str:
    found = re.search(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None
    return found[1]


def test_the_example_is_a_trigger_and_its_words_say_the_same() -> None:
    words = next(line.strip() for line in PAGE.splitlines() if line.startswith("    account.arr"))
    assert read_trigger(yaml.safe_load(example())).condition == parse(words)


def test_all_ten_are_listed() -> None:
    assert [key for key in TriggerKey if f"| `{key}` |" not in PAGE] == []


def test_an_account_in_its_first_week_is_left_alone_by_the_line_that_is_shown_for_it() -> None:
    shown = re.search(r"`(health.score < 60 and health.change_7d is\s+present)`", PAGE)
    assert shown is not None
    columns = {"health.score": np.array([50.0, 50.0, 70.0]), "health.change_7d": np.array([np.nan, -3.0, -3.0])}
    assert evaluate(parse(shown[1]), ColumnTable((3,), columns)).tolist() == [False, True, False]
