"""The last question before an effect leaves: may it, now? Asked at send time, for every source.

Reads : consents, suppressions, earlier effects of the contact and the account, tickets, tasks, interactions, contacts
Gives : Ruling, judge(), refusals_now()
Source: DESIGN section 7: consent, suppression, caps, quiet hours and the human-approval guard are checked at
        the effect boundary; 'a conversation or an escalation in progress suppresses automation'. Holdouts
        were decided earlier, by the trigger.

A ruling is one of three: go, not yet (until a moment), never (with the reason). The caller holds the
workspace (leases.hold_workspace), so two workers cannot both see room under a cap; effects ruled 'go' in
the same batch count too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection

from forestay.actions import guard_facts
from forestay.actions.channel import Channel, Effect, Workspace
from forestay.customers.requests import MessageRequest
from forestay.customers.words import ChannelKind
from forestay.governance.consent import (
    ContactPolicy,
    Permissions,
    Purpose,
    is_pressing,
    limited,
    permissions_of,
    weight_of,
)
from forestay.kit.caps import Cap, next_free
from forestay.kit.local_time import zone_of
from forestay.kit.quiet_hours import next_allowed


@dataclass(frozen=True, slots=True)
class Ruling:
    """not_before: None = go now. never: the reason why it is skipped for good, which wins."""

    not_before: datetime | None = None
    reason: str = ""
    never: str | None = None

    @property
    def goes(self) -> bool:
        """Whether the effect may leave now."""
        return self.not_before is None and self.never is None


GO = Ruling()
LOOK_AGAIN = timedelta(minutes=1)
"""How often what a paused run asked for is looked at; that of a whole paused journey is not even claimed."""


@dataclass(slots=True)
class _Bench:
    """Everything read once for a batch, and what the batch itself adds."""

    workspace: Workspace
    policy: ContactPolicy
    now: datetime
    permissions: Permissions
    zones: guard_facts.Zones
    left: Collection[int]
    talking: Mapping[int, str]
    colleagues: Collection[str]
    """Members' addresses among those without a contact: a test of a text goes to its author."""
    approved: Collection[tuple[int, str]]
    """(run, text) of messages that a person approved."""
    to_contact: defaultdict[int, list[datetime]] = field(default_factory=lambda: defaultdict(list))
    to_account: defaultdict[int, list[datetime]] = field(default_factory=lambda: defaultdict(list))


def judge(connection: Connection, workspace: Workspace, policy: ContactPolicy, effects: Sequence[Effect],
          channels: Mapping[ChannelKind, Channel], now: datetime) -> dict[int, Ruling]:  # fmt: skip
    """One ruling per effect, by its id, in the order given; a handful of queries for the whole batch."""
    counted = [effect for effect in effects if channels[effect.channel].counts]
    rulings = {effect.id: GO for effect in effects} | _of_journeys(connection, effects, now)
    counted = [effect for effect in counted if rulings[effect.id].goes]
    if counted:
        bench = _read(connection, workspace, policy, counted, now)
        for effect in sorted(counted, key=lambda each: weight_of(each.purpose)):
            rulings[effect.id] = _rule(bench, effect, disturbs=channels[effect.channel].disturbs)
    return rulings


def _of_journeys(connection: Connection, effects: Sequence[Effect], now: datetime) -> dict[int, Ruling]:
    """What a journey that was stopped, or a run that was cancelled, asked for never leaves; what is paused waits."""
    asked = [effect for effect in effects if effect.run_id is not None and effect.journey_id is not None]
    if not asked:
        return {}
    halted = guard_facts.halted(connection, {e.journey_id for e in asked}, {e.run_id for e in asked})
    rulings = {effect.id: Ruling(never=f"journey_{halted.of(effect)}") for effect in asked if halted.is_over(effect)}
    again = Ruling(not_before=now + LOOK_AGAIN, reason="journey_paused")
    return rulings | {e.id: again for e in asked if halted.is_paused(e) and not halted.is_over(e)}


def refusals_now(connection: Connection, workspace_id: int, effects: Sequence[Effect]) -> Mapping[int, str]:
    """Consent, suppression and stops once more, in the transaction that records the attempts; effect -> why not."""
    contacts = {effect.contact_id for effect in effects if effect.contact_id is not None}
    allowed = permissions_of(connection, workspace_id, contacts, {effect.recipient for effect in effects})
    judged = {e.id: allowed.refusal(e.contact_id, e.channel, e.recipient, e.purpose) for e in effects}
    asked = [effect for effect in effects if effect.run_id is not None and effect.journey_id is not None]
    if asked:  # a stop that was committed after the claim
        halts = guard_facts.halted(connection, {e.journey_id for e in asked}, {e.run_id for e in asked})
        judged |= {e.id: f"journey_{halts.of(e)}" for e in asked if halts.is_over(e)}
    return {number: why for number, why in judged.items() if why is not None}


def _read(connection: Connection, workspace: Workspace, policy: ContactPolicy, effects: Sequence[Effect],
          now: datetime) -> _Bench:  # fmt: skip
    contacts = {effect.contact_id for effect in effects if effect.contact_id is not None}
    accounts = {effect.account_id for effect in effects if effect.account_id is not None}
    longest = max(policy.contact_cap.days, policy.contact_daily_cap.days, policy.account_cap.days, 2)
    since = now - timedelta(days=longest)
    bench = _Bench(
        workspace, policy, now,
        permissions=permissions_of(connection, workspace.id, contacts, {effect.recipient for effect in effects}),
        zones=guard_facts.zones(connection, workspace.id, contacts, accounts),
        left=guard_facts.contacts_who_left(connection, workspace.id, contacts, now),
        talking=guard_facts.people_at_work(connection, workspace.id, accounts, policy, now),
        colleagues=guard_facts.colleagues(connection, workspace.id, {e.recipient for e in effects if e.contact_id is None}),
        approved=guard_facts.approved(connection, workspace.id, {e.account_id for e in effects if _free_text(e)}),
    )  # fmt: skip
    for contact, account, moment in guard_facts.written_by_people(connection, workspace.id, accounts, since, now):
        bench.to_account[account].append(moment)
        if contact is not None:
            bench.to_contact[contact].append(moment)
    for contact, moment in guard_facts.sent_to_contacts(connection, workspace.id, contacts, since, now):
        bench.to_contact[contact].append(moment)
    for account, moment in guard_facts.sent_to_accounts(connection, workspace.id, accounts, since, now):
        bench.to_account[account].append(moment)
    return bench


def _rule(bench: _Bench, effect: Effect, *, disturbs: bool) -> Ruling:
    if effect.contact_id is None and effect.purpose == Purpose.INTERNAL and effect.recipient in bench.colleagues:
        return Ruling(never=bench.permissions.refusal(None, effect.channel, effect.recipient, effect.purpose))
    if effect.contact_id is None:
        return Ruling(never="contact_gone")  # erased or merged since the effect was entered
    refused = bench.permissions.refusal(effect.contact_id, effect.channel, effect.recipient, effect.purpose)
    if refused is None and effect.contact_id in bench.left:
        refused = "contact_left"
    is_approved = _is_a_persons(effect) or (effect.run_id, _free_text(effect)) in bench.approved
    if refused is None and _free_text(effect) and not is_approved and not _is_a_call(effect):
        refused = "not_approved"  # what no template says leaves only as a person approved it
    if refused is not None or not is_pressing(effect.purpose):
        return Ruling(never=refused)
    if not is_approved and effect.account_id is not None and (why := bench.talking.get(effect.account_id)) is not None:
        return Ruling(never=why)
    ruling = _when(bench, effect, disturbs=disturbs)
    if ruling.goes:
        bench.to_contact[effect.contact_id].append(bench.now)
        if effect.account_id is not None:
            bench.to_account[effect.account_id].append(bench.now)
    return ruling


def _when(bench: _Bench, effect: Effect, *, disturbs: bool) -> Ruling:
    """The first moment that caps and quiet hours allow, or never when that is too late to be of use."""
    zone = zone_of(*bench.zones.of(effect.contact_id, effect.account_id), bench.workspace.zone)
    at, reason = bench.now, ""
    for name, sent, cap in _caps(bench, effect):
        free = next_free(sent, at, cap, zone)
        if free is None:
            return Ruling(never=f"{name} allows none")
        if free > at:
            at, reason = free, name
    if disturbs and bench.policy.quiet_hours is not None:
        calm = next_allowed(at, zone, bench.policy.quiet_hours)
        if calm > at:
            at, reason = calm, reason or "quiet_hours"
    if at <= bench.now:
        return GO
    asked = effect.request.wait_days if isinstance(effect.request, MessageRequest) else None
    days = bench.policy.wait_days if asked is None else asked
    if at > effect.created_at + timedelta(days=days):
        return Ruling(never=f"{reason}: could not leave within {days:g} days")
    return Ruling(not_before=at, reason=reason)


def _caps(bench: _Bench, effect: Effect) -> list[tuple[str, list[datetime], Cap]]:
    to_contact = bench.to_contact[effect.contact_id or 0]
    caps = [
        ("contact_daily_cap", to_contact, bench.policy.contact_daily_cap),
        ("contact_cap", to_contact, bench.policy.contact_cap),
    ]
    if effect.account_id is not None:
        caps.append(("account_cap", bench.to_account[effect.account_id], bench.policy.account_cap))
    return [(name, sent, limited(cap, bench.policy, effect.purpose)) for name, sent, cap in caps]


def _free_text(effect: Effect) -> str | None:
    return effect.request.text if isinstance(effect.request, MessageRequest) else None


def _is_a_persons(effect: Effect) -> bool:
    """Written and sent by a member; no run and no signal can say so of itself."""
    asked = effect.request
    return isinstance(asked, MessageRequest) and asked.sent_by is not None and _is_a_call(effect)


def _is_a_call(effect: Effect) -> bool:
    """Asked for over the API, by whoever answers for its words."""
    return effect.run_id is None and effect.signal_id is None
