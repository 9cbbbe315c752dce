"""The kinds of steps: the one list to add a kind to.

Gives: KINDS, word in the document -> kind, in the order of the builder's palette
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from forestay.journeys.kind import StepKind
from forestay.journeys.steps import condition, exit, join, message, parallel, split, wait

KINDS: Mapping[str, StepKind[Any]] = MappingProxyType(
    {
        module.KIND.word: module.KIND
        for module in (
            message,
            wait,
            condition,
            split,
            parallel,
            join,
            exit,
        )
    }
)
