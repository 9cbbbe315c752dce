"""What people write into a workspace's settings, judged by the parts that will read it.

Gives: check_settings()
Known are `contact_policy`, `webhooks`, `impact`, `trigger_tuning`, `models` and `channels.<channel>`; other keys are the workspace's own notes.
"""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import BaseModel, ValidationError

from forestay.actions.channels.webhook import WebhookSettings
from forestay.actions.registry import SHELF
from forestay.customers.words import ChannelKind
from forestay.governance.consent import ContactPolicy
from forestay.kit.errors import Invalid
from forestay.learning.tuning import TuningSettings
from forestay.outcomes.roi import Costs
from forestay.predictions.policy import ModelPolicy

_CHANNELS = {channel.kind.value: channel.settings_model for channel in SHELF if channel.kind is not ChannelKind.WEBHOOK}


def check_settings(settings: Mapping[str, object]) -> None:
    """Raise Invalid, with the place, unless every part that somebody reads can be read."""
    if "contact_policy" in settings:
        _check(ContactPolicy, settings["contact_policy"], "settings.contact_policy")
    if "webhooks" in settings:
        _check(WebhookSettings, {"endpoints": settings["webhooks"]}, "settings.webhooks", skip=1)
    if "impact" in settings:
        _check(Costs, settings["impact"], "settings.impact")
    if "trigger_tuning" in settings:
        _check(TuningSettings, settings["trigger_tuning"], "settings.trigger_tuning")
    if "models" in settings:
        _check(ModelPolicy, settings["models"], "settings.models")
    _check_channels(settings.get("channels", {}))


def _check_channels(channels: object) -> None:
    if not isinstance(channels, Mapping):
        raise Invalid("channels is an object: settings of each channel under its name", place="settings.channels")
    for name, given in channels.items():
        model = _CHANNELS.get(name)
        if model is None:
            hint = "; webhooks are set under settings.webhooks" if name == ChannelKind.WEBHOOK.value else ""
            known = ", ".join(_CHANNELS)
            raise Invalid(f"no channel '{name}' has settings; there are {known}{hint}", place="settings.channels")
        _check(model, given, f"settings.channels.{name}")


def _check(model: type[BaseModel], given: object, place: str, skip: int = 0) -> None:
    try:
        model.model_validate(given)
    except ValidationError as refused:
        first = refused.errors(include_url=False, include_context=False, include_input=False)[0]
        steps = [str(part) for part in first["loc"][skip:]]
        raise Invalid(first["msg"].removeprefix("Value error, "), place=".".join([place, *steps])) from None
