"""To whom and by which channel a request goes: decided for a whole batch with a few queries.

Reads : accounts, contacts, memberships, `settings.webhooks` of the workspace
Gives : Desk, Addressed, addressed(), RequestRefused
Source: REQUIREMENTS E3, F3.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, RowMapping

from forestay.actions.channel import Workspace
from forestay.actions.channels.webhook import WebhookSettings
from forestay.actions.recipients import Recipient, Wanted, recipients_of_all, settled_accounts
from forestay.customers.requests import (
    ActionRequest,
    ConnectorRequest,
    MessageRequest,
    TraitRequest,
    WebhookRequest,
)  # fmt: skip
from forestay.customers.words import ChannelKind
from forestay.governance.consent import Purpose, is_pressing
from forestay.kit.errors import Invalid

MESSAGE_CHANNELS = (ChannelKind.EMAIL, ChannelKind.IN_APP)


class RequestRefused(Invalid):
    """A request that cannot become an effect; the sentence is kept in requests.refusal."""

    code = "request_refused"

    def __init__(self, sentence: str, *, word: str = "refused", place: str = "") -> None:
        self.word = word
        super().__init__(sentence, place=place)


@dataclass(frozen=True, slots=True)
class Addressed:
    """One effect to be. recipient: address, endpoint key, 'account:<id>', 'contact:<id>' or a connector's key."""

    channel: ChannelKind
    recipient: str
    account_id: int | None
    purpose: str = Purpose.INTERNAL
    contact_id: int | None = None
    is_reachable: bool = True


@dataclass(slots=True)
class Desk:
    """What is known for one workspace's batch; look_up() first."""

    connection: Connection
    workspace: Workspace
    now: datetime
    accounts: Mapping[int, int] = field(default_factory=dict)
    """Account -> the one it was merged into, or itself; without those that are gone."""
    people: Mapping[Wanted, Sequence[Recipient]] = field(default_factory=dict)

    def look_up(self, asked: Sequence[tuple[RowMapping, ActionRequest]]) -> None:
        """Read accounts and recipients of these requests at once."""
        numbers = {row["account_id"] for row, _ in asked if row["account_id"] is not None}
        self.accounts = settled_accounts(self.connection, self.workspace.id, numbers)
        wanted = {_wanted(self, row, request) for row, request in asked if isinstance(request, MessageRequest)}
        self.people = recipients_of_all(self.connection, self.workspace.id, {each for each in wanted if each}, self.now)

    def account_of(self, row: RowMapping) -> int | None:
        """The account that the row's one is now."""
        return None if row["account_id"] is None else self.accounts.get(row["account_id"])


def addressed(desk: Desk, row: RowMapping, request: ActionRequest) -> Iterator[Addressed]:
    """The effects of a request. Raises RequestRefused."""
    account_id = desk.account_of(row)
    if isinstance(request, WebhookRequest):
        endpoints = desk.workspace.once("webhooks", lambda: WebhookSettings.of(desk.workspace).by_key())
        if request.endpoint not in endpoints:
            raise RequestRefused(
                f"no webhook endpoint '{request.endpoint}' is set up", word="no_endpoint", place="settings.webhooks"
            )
        yield Addressed(ChannelKind.WEBHOOK, request.endpoint, account_id)
    elif account_id is None:
        raise RequestRefused("the account is gone", word="account_gone")
    elif isinstance(request, MessageRequest):
        yield from _messages(desk, row, request, account_id)
    elif isinstance(request, TraitRequest):
        yield _trait(request, account_id)
    elif isinstance(request, ConnectorRequest):
        key = f"{request.area}:{request.connector or ''}"
        yield Addressed(ChannelKind.CONNECTOR, key, account_id, contact_id=request.contact_id)
    else:  # a task, an approval, a draft: work of a person
        yield Addressed(ChannelKind.TASK, f"account:{account_id}", account_id, contact_id=request.contact_id)


def _messages(desk: Desk, row: RowMapping, request: MessageRequest, account_id: int) -> Iterator[Addressed]:
    if request.channel not in MESSAGE_CHANNELS:
        raise RequestRefused(
            f"'{request.channel}' is not a channel for messages; email and in_app are", word="no_channel"
        )
    if not _may_say(row["cause"], request.purpose):
        # A signal must not talk its way past consent and caps; only a call that says so itself may, and a journey
        # whose publisher had the permission.
        raise RequestRefused(
            f"a message of this cause cannot be '{request.purpose}'; use success or marketing", word="wrong_purpose"
        )
    channel = ChannelKind(request.channel)
    wanted = _wanted(desk, row, request)
    found = desk.people.get(wanted, ()) if wanted else ()
    if not found:
        raise RequestRefused(f"the account has no contact that is '{request.to}'", word="no_recipient")
    for person in found:
        address = person.address(channel)
        yield Addressed(
            channel, address or f"contact:{person.contact_id}", account_id, request.purpose, person.contact_id,
            address is not None,
        )  # fmt: skip


def _may_say(cause: str, purpose: str) -> bool:
    if is_pressing(purpose):
        return True
    return cause.startswith("api:") or (cause.startswith("run:") and purpose == Purpose.TRANSACTIONAL)


def _trait(request: TraitRequest, account_id: int) -> Addressed:
    if request.of == "account":
        return Addressed(ChannelKind.RECORD, f"account:{account_id}", account_id)
    if request.of != "contact":
        raise RequestRefused(f"traits are of an account or a contact, not of '{request.of}'")
    if request.contact_id is None:
        raise RequestRefused("the run is about no contact whose trait could be set", word="no_recipient")
    return Addressed(ChannelKind.RECORD, f"contact:{request.contact_id}", account_id, contact_id=request.contact_id)


def _wanted(desk: Desk, row: RowMapping, request: MessageRequest) -> Wanted | None:
    """Whom the request means; None where the account is gone or no contact is named."""
    account_id = desk.account_of(row)
    if account_id is None:
        return None
    if request.to == "contact":
        return None if request.contact_id is None else Wanted(account_id, f"number:{request.contact_id}")
    return Wanted(account_id, request.to)
