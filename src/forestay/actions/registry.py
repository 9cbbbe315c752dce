"""The channels we have: the one list to add a channel to.

Gives : SHELF, Channels, channels_for(), close_channels()
Source: house style, habit 1 (an explicit list, no import-time magic).
"""

from __future__ import annotations

from collections.abc import Mapping

from forestay.actions.channel import Channel, RemoteChannel
from forestay.actions.channels.connector import ConnectorChannel
from forestay.actions.channels.email import OutboxEmail, SmtpEmail, email_channel
from forestay.actions.channels.in_app import InAppChannel
from forestay.actions.channels.record import RecordChannel
from forestay.actions.channels.task import TaskChannel
from forestay.actions.channels.webhook import WebhookChannel
from forestay.customers.words import ChannelKind
from forestay.kit.sealing import Seal
from forestay.kit.settings import Settings

SHELF: tuple[type[Channel], ...] = (
    TaskChannel, OutboxEmail, SmtpEmail, WebhookChannel, InAppChannel, RecordChannel, ConnectorChannel,
)  # fmt: skip
"""Every kind of channel; e-mail stands here twice because it promises differently with and without a server."""

Channels = Mapping[ChannelKind, Channel]


def channels_for(settings: Settings) -> Channels:
    """One channel of each kind, as this process is set up."""
    smtp_url = settings.smtp_url.get_secret_value() if settings.smtp_url else None
    made: tuple[Channel, ...] = (
        TaskChannel(),
        email_channel(smtp_url, settings.mail_from),
        WebhookChannel(Seal(settings.data_dir), settings.webhook_private_hosts),
        InAppChannel(),
        RecordChannel(settings.host, settings.port, settings.data_dir),
        ConnectorChannel(),
    )
    return {channel.kind: channel for channel in made}


async def close_channels(channels: Channels) -> None:
    """Let every connection go."""
    for channel in channels.values():
        if isinstance(channel, RemoteChannel):
            await channel.close()
