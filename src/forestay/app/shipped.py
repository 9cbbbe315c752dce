"""The configuration that comes with the product, gathered from the rooms that ship it.

Gives: shipped_documents(), published once in a new workspace
"""

from __future__ import annotations

from collections.abc import Iterator

from forestay.governance.bootstrap import ShippedDocument
from forestay.health.scorecard import DEFAULT_SCORECARD
from forestay.signals.library import shipped_triggers
from forestay.signals.trigger import write_trigger
from forestay.store.documents import DocumentKind


def shipped_documents() -> Iterator[ShippedDocument]:
    """The default scorecard and the ten triggers; shipped templates and measures need no document until changed."""
    card = DEFAULT_SCORECARD
    yield ShippedDocument(DocumentKind.SCORECARD, card.key, card.model_dump(mode="json", exclude_none=True))
    for trigger in shipped_triggers():
        yield ShippedDocument(DocumentKind.TRIGGER, trigger.key, write_trigger(trigger))
