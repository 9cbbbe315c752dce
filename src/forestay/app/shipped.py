"""The configuration that comes with the product, gathered from the rooms that ship it.

Gives: shipped_documents(), once in a new workspace; journeys stay drafts, so that nothing acts unasked
"""

from __future__ import annotations

from collections.abc import Iterator

from forestay.governance.bootstrap import ShippedDocument
from forestay.health.scorecard import DEFAULT_SCORECARD
from forestay.journeys.library import PLAYBOOKS, shipped_text
from forestay.journeys.read import body_of_text
from forestay.signals.library import shipped_triggers
from forestay.signals.trigger import write_trigger
from forestay.store.documents import DocumentKind

EVENT_ROLES: dict[str, list[str]] = {
    "sign_in": ["Signed In", "User Signed In", "Logged In", "Login", "Session Started"],
    "invitation": ["User Invited", "Invite Sent", "Invitation Sent", "Account Added User", "Teammate Invited"],
    "workflow": ["Workflow Created", "Workflow Completed", "Automation Created", "Workflow Run"],
    "core": [],
}
"""Names that products commonly give these events (Segment's B2B specification among them); each company corrects
them, in words of its own, with `forestay apply` or the API."""


def shipped_documents() -> Iterator[ShippedDocument]:
    """The default scorecard, the ten triggers, the twelve playbooks as drafts and common names of events; templates and
    measures need no document."""
    yield ShippedDocument(DocumentKind.EVENT_ROLES, "default", EVENT_ROLES)
    card = DEFAULT_SCORECARD
    yield ShippedDocument(DocumentKind.SCORECARD, card.key, card.model_dump(mode="json", exclude_none=True))
    for trigger in shipped_triggers():
        yield ShippedDocument(DocumentKind.TRIGGER, trigger.key, write_trigger(trigger))
    for key in PLAYBOOKS:
        yield ShippedDocument(DocumentKind.JOURNEY, key, body_of_text(shipped_text(key)), is_published=False)
