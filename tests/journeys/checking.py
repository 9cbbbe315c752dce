"""A vector's workspace as validation takes it, and a finding as a vector has it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from forestay.journeys.kind import Checking, Finding, Other
from forestay.kit.quiet_hours import QuietWindow


def checking_of(workspace: dict[str, Any]) -> Checking:
    """A vector's workspace: lists of names; `journeys` key -> {subject, calls}; `quiet_hours` {start, end}."""
    plain: dict[str, Any] = {name: frozenset(names) for name, names in workspace.items() if isinstance(names, list)}
    journeys = {
        key: Other(one.get("subject", "account"), frozenset(one.get("calls", ())))
        for key, one in workspace.get("journeys", {}).items()
    }
    quiet = [QuietWindow.model_validate(workspace["quiet_hours"])] if "quiet_hours" in workspace else []
    checking = replace(Checking(), **plain, facts=dict.fromkeys(["quiet_hours"][: len(quiet)], *quiet))
    return replace(checking, journeys=journeys) if "journeys" in workspace else checking


def said(finding: Finding) -> dict[str, Any]:
    """A finding as JSON."""
    return {
        "code": finding.code,
        "place": finding.place,
        "message": finding.message,
        "is_error": finding.is_error,
    }
