"""Conditions and their words as the web workspace knows them too: one file holds both sides to the same form."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from forestay.app.shipped import shipped_documents
from forestay.conditions.document import read_condition, write_condition
from forestay.conditions.parse import parse
from forestay.conditions.text import describe

FILE = Path(__file__).parent / "vectors.json"
WORDS = (
    "not health.score < 60",
    "all(health.score < 60)",
    "any(not (account.plan in ['free', 'trial'] and account.seats is missing))",
    "not not in segment 'enterprise'",
    "`trait.size of team` between 2 and 10.5",
    "trait.renews_on >= '2026-01-01' and account.plan != 'Ann\\'s \\\\ plan'",
    "event 'Support Escalated' at least 2 in 14 days or no event 'role:sign_in' in 30 days",
    "sequence 'Trial Started' then 'Invite Sent' then 'Paid' in 14 days",
    "account.is_churned = false and trait.beta = true and churn.probability not in [0.5, 1]",
    "(health.score < 60 or health.change_7d <= -5) and account.country is present",
)
"""Every form, and every way to bracket, quote and number it."""


def test_the_workspace_knows_every_shipped_condition_and_every_form_as_they_are_written_now() -> None:
    shipped = [part for document in shipped_documents() for part in _conditions(document.body)]
    made = [write_condition(read_condition(part)) for part in shipped] + [
        write_condition(parse(text)) for text in WORDS
    ]
    vectors = [{"text": describe(read_condition(one)), "condition": one} for one in made]
    assert json.loads(FILE.read_text()) == json.loads(json.dumps(vectors))


def test_words_of_the_vectors_read_back_as_the_same_condition() -> None:
    vectors = json.loads(FILE.read_text())
    assert [write_condition(parse(one["text"])) for one in vectors] == [one["condition"] for one in vectors]


def _conditions(body: Any) -> list[Any]:
    """Conditions of a shipped document, in its order."""
    if isinstance(body, dict):
        own = [
            part
            for key, part in body.items()
            if key in ("condition", "until", "applies_to", "when") and isinstance(part, dict)
        ]
        return own + [
            found for key, part in body.items() if key not in ("condition", "until") for found in _conditions(part)
        ]
    return [found for part in body for found in _conditions(part)] if isinstance(body, list | tuple) else []
