"""Who may be contacted, how, how often and when: consent, suppression and the contact-pressure policy.

Reads : consents, suppressions, `settings.contact_policy` of the workspace
Gives : Purpose, is_pressing(), weight_of(), ContactPolicy, limited(), policy_of(), Permissions, permissions_of(), record_consent(), suppress(), lift_suppression()
Source: REQUIREMENTS E3, F3; DESIGN section 7: checked at the effect boundary, at send time, for every source.

Which purpose needs what:
  marketing      consent given (opt-in)
  success        no consent withdrawn (the contract covers help with the product; a contact may still say no);
                 any other word, such as 'enablement', is a kind of success and heeds both answers
  transactional  nothing (a message the contact's own act asked for)
  internal       nothing (work inside the company)
A suppressed address is never written to, whatever the purpose: a suppression says that it does not work.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects.postgresql import insert

from forestay.kit.caps import Cap
from forestay.kit.quiet_hours import QuietWindow
from forestay.store.sets import within
from forestay.store.tables.governance import consents, suppressions


class Purpose(StrEnum):
    """Why we write; decides which consent is needed and whether pressure limits hold."""

    SUCCESS = "success"
    MARKETING = "marketing"
    TRANSACTIONAL = "transactional"
    INTERNAL = "internal"


def is_pressing(purpose: str) -> bool:
    """Whether caps, quiet hours and 'a person is talking with them' hold for this purpose."""
    return purpose not in (Purpose.TRANSACTIONAL, Purpose.INTERNAL)


class ContactPolicy(BaseModel):
    """How much automation a customer is asked to bear; over all journeys, signals and people together."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    quiet_hours: QuietWindow | None = Field(
        QuietWindow(), description="No e-mail in this window of the contact's own day; null for none."
    )
    contact_cap: Cap = Field(Cap(limit=4, days=7), description="Messages to one contact, all channels together.")
    contact_daily_cap: Cap = Field(Cap(limit=2, days=0), description="Messages to one contact on its calendar day.")
    account_cap: Cap = Field(Cap(limit=40, days=7), description="Messages to all contacts of one account together.")
    pause_during_escalation: bool = Field(True, description="No automated message while a ticket is escalated.")
    pause_during_conversation: bool = Field(
        True, description="No automated message while a member works on a task, or has just talked with the account."
    )
    conversation_days: int = Field(
        2, ge=0, le=60, description="How long a call or mail, from them or from a member, counts as talking."
    )
    kept_for_weightier: float = Field(
        0.25, ge=0, le=1,
        description="Share of every limit that marketing leaves to messages of greater weight.",
    )  # fmt: skip
    wait_days: int = Field(5, ge=0, le=60, description="Skip a message that caps or quiet hours held this long.")


_WEIGHTS: dict[str, int] = {Purpose.TRANSACTIONAL: 0, Purpose.INTERNAL: 0, Purpose.MARKETING: 2}


def weight_of(purpose: str) -> int:
    """Whose turn it is first where a budget is short: 0 before 1 (success and its kinds) before 2 (marketing)."""
    return _WEIGHTS.get(purpose, 1)


def limited(cap: Cap, policy: ContactPolicy, purpose: str) -> Cap:
    """The limit as it holds for this purpose.

    >>> limited(Cap(limit=4), ContactPolicy(), "marketing").limit
    3
    """
    if weight_of(purpose) < _WEIGHTS[Purpose.MARKETING]:
        return cap
    return cap.model_copy(update={"limit": math.floor(cap.limit * (1 - policy.kept_for_weightier) + 1e-9)})


def policy_of(settings: Mapping[str, object]) -> ContactPolicy:
    """The workspace's policy, defaults where it says nothing. Raises pydantic.ValidationError."""
    return ContactPolicy.model_validate(settings.get("contact_policy", {}))


@dataclass(frozen=True, slots=True)
class Permissions:
    """What some contacts and addresses allow, read at one moment."""

    answers: Mapping[tuple[int, str, str], bool]
    """(contact, channel, purpose) -> given or withdrawn."""
    suppressed: Mapping[tuple[str, str], str]
    """(channel, address) -> why."""

    def refusal(self, contact_id: int | None, channel: str, address: str, purpose: str) -> str | None:
        """Why this may not be sent, or None when it may."""
        if (reason := self.suppressed.get((channel, address))) is not None:
            return f"suppressed: {reason}"
        if not is_pressing(purpose):
            return None
        asked = {purpose} if purpose == Purpose.MARKETING else {purpose, Purpose.SUCCESS.value}
        answers = [self.answers.get((contact_id or 0, channel, word)) for word in asked]
        if False in answers:
            return "consent_withdrawn"
        return "no_consent" if purpose == Purpose.MARKETING and True not in answers else None


def permissions_of(
    connection: Connection, workspace_id: int, contact_ids: Collection[int], addresses: Collection[str]
) -> Permissions:
    """Read consents of contacts and suppressions of addresses, two indexed queries."""
    given = connection.execute(
        select(consents.c.contact_id, consents.c.channel, consents.c.purpose, consents.c.is_given).where(
            consents.c.workspace_id == workspace_id, within(consents.c.contact_id, contact_ids)
        )
    )
    dead = connection.execute(
        select(suppressions.c.channel, suppressions.c.address, suppressions.c.reason).where(
            suppressions.c.workspace_id == workspace_id, within(suppressions.c.address, addresses)
        )
    )
    return Permissions({(c, ch, p): ok for c, ch, p, ok in given}, {(ch, a): why for ch, a, why in dead})


def record_consent(connection: Connection, workspace_id: int, contact_id: int, channel: str, purpose: Purpose,
                   *, is_given: bool, source: str, at: datetime) -> None:  # fmt: skip
    """Write a contact's answer; the newest one counts, an older one that arrives late changes nothing."""
    row = insert(consents).values(
        workspace_id=workspace_id, contact_id=contact_id, channel=channel, purpose=purpose,
        is_given=is_given, source=source, at=at,
    )  # fmt: skip
    connection.execute(
        row.on_conflict_do_update(
            index_elements=["workspace_id", "contact_id", "channel", "purpose"],
            set_={"is_given": row.excluded.is_given, "source": row.excluded.source, "at": row.excluded.at},
            where=consents.c.at <= row.excluded.at,
        )
    )


def suppress(connection: Connection, workspace_id: int, channel: str, address: str, reason: str, at: datetime) -> None:
    """Never write to this address again; the first reason stays. E-mail addresses are compared in lower case."""
    connection.execute(
        insert(suppressions)
        .values(workspace_id=workspace_id, channel=channel, address=address.lower(), reason=reason[:300], at=at)
        .on_conflict_do_nothing()
    )


def lift_suppression(connection: Connection, workspace_id: int, channel: str, address: str) -> bool:
    """Allow the address again; False when it was not suppressed."""
    gone = connection.execute(
        delete(suppressions).where(
            suppressions.c.workspace_id == workspace_id,
            suppressions.c.channel == channel,
            suppressions.c.address == address.lower(),
        )
    )
    return gone.rowcount == 1
