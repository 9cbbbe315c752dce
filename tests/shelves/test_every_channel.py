"""What every channel on the shelf owes the ledger, whoever wrote it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from pydantic import ValidationError
from sqlalchemy.engine import create_mock_engine

from forestay.actions.channel import Channel, Effect, Outcome, RemoteChannel, Result, StoreChannel, Workspace
from forestay.actions.registry import SHELF, channels_for
from forestay.customers.requests import MessageRequest, TaskRequest, WebhookRequest
from forestay.customers.words import ChannelKind, RiskLevel
from forestay.kit.errors import ForestayError
from forestay.kit.settings import Settings

WITH_SMTP = channels_for(Settings(smtp_url="smtp://mail.example.com", mail_from="Acme <a@acme.example.com>"))
READY: list[Channel] = [*channels_for(Settings()).values(), WITH_SMTP[ChannelKind.EMAIL]]
every_kind = pytest.mark.parametrize("kind", SHELF, ids=lambda kind: kind.__name__)
every_channel = pytest.mark.parametrize("channel", READY, ids=lambda channel: type(channel).__name__)
EFFECT = Effect(
    id=1, workspace_id=1, key=bytes(16), channel=ChannelKind.TASK, purpose="internal", recipient="x",
    request=WebhookRequest("crm", "signal.fired"), account_id=None, contact_id=None, signal_id=None, attempts=0,
    created_at=datetime(2026, 11, 23, tzinfo=UTC),
)  # fmt: skip
FOREIGN = {
    ChannelKind.TASK: MessageRequest("email", "x", "all"),
    ChannelKind.EMAIL: TaskRequest("x", RiskLevel.LOW),
    ChannelKind.IN_APP: WebhookRequest("crm", "x"),
    ChannelKind.WEBHOOK: TaskRequest("x", RiskLevel.LOW),
    ChannelKind.RECORD: TaskRequest("x", RiskLevel.LOW),
    ChannelKind.CONNECTOR: TaskRequest("x", RiskLevel.LOW),
}


def test_every_word_for_a_channel_has_one() -> None:
    assert {channel.kind for channel in READY} == set(ChannelKind)
    assert {type(channel) for channel in READY} == set(SHELF)


@every_kind
def test_it_says_what_it_promises(kind: type[Channel]) -> None:
    assert {type(kind.idempotent), type(kind.disturbs), type(kind.counts)} == {bool}
    assert issubclass(kind, StoreChannel) != issubclass(kind, RemoteChannel)
    assert kind.idempotent or issubclass(kind, RemoteChannel)


@every_kind
def test_the_form_explains_every_field(kind: type[Channel]) -> None:
    schema = kind.settings_model.model_json_schema()
    forms = [schema, *schema.get("$defs", {}).values()]
    fields = [field for form in forms for field in form.get("properties", {}).values()]
    assert fields
    assert all("description" in field for field in fields)


@every_kind
def test_a_misspelt_setting_is_refused_and_not_ignored(kind: type[Channel]) -> None:
    with pytest.raises(ValidationError, match="not permitted"):
        kind.settings_model.model_validate({"no_such_setting": 1})


@every_kind
def test_its_form_can_be_left_empty(kind: type[Channel]) -> None:
    assert kind.settings_model.model_validate({}) == kind.settings_model()


@every_channel
def test_an_effect_of_another_kind_ends_as_failed_and_touches_nothing(channel: Channel) -> None:
    statements: list[object] = []
    connection = create_mock_engine("postgresql+psycopg://", lambda sql, *_args, **_values: statements.append(sql))
    effect = replace(EFFECT, channel=channel.kind, request=FOREIGN[channel.kind])
    work = channel.deliver if isinstance(channel, StoreChannel) else channel.prepare
    try:
        ended = work(connection, Workspace(1, "Acme", "UTC", "USD"), effect, EFFECT.created_at)  # type: ignore[arg-type]
    except ForestayError as refused:
        ended = Outcome(Result.RETRY if refused.retryable else Result.FAILED)
    assert isinstance(ended, Outcome)
    assert (ended.result, statements) == (Result.FAILED, [])


@pytest.mark.parametrize(
    "kind", [WITH_SMTP[ChannelKind.EMAIL], WITH_SMTP[ChannelKind.WEBHOOK]], ids=["email", "webhook"]
)
async def test_a_remote_channel_can_be_closed_before_it_was_used_and_twice(kind: RemoteChannel[object]) -> None:
    await kind.close()
    await kind.close()
