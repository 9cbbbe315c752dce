"""The kinds of steps: the one list to add a kind to.

Gives: KINDS, word in the document -> kind, in the order of the builder's palette
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from forestay.journeys.kind import StepKind
from forestay.journeys.steps import (
    approval,
    condition,
    crm_action,
    draft,
    exit,
    for_each_contact,
    go_to,
    goal,
    join,
    marketing_action,
    message,
    parallel,
    split,
    sub_journey,
    task,
    update_trait,
    wait,
    wait_for,
    webhook,
)

_SHELF: tuple[StepKind[Any], ...] = (
    message.KIND, draft.KIND, task.KIND, approval.KIND,
    wait.KIND, wait_for.KIND,
    condition.KIND, split.KIND, parallel.KIND, join.KIND, for_each_contact.KIND, sub_journey.KIND,
    webhook.KIND, crm_action.KIND, marketing_action.KIND, update_trait.KIND,
    go_to.KIND, goal.KIND, exit.KIND,
)  # fmt: skip

KINDS: Mapping[str, StepKind[Any]] = MappingProxyType({kind.word: kind for kind in _SHELF})
