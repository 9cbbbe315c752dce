"""The ten triggers that ship, one file each in `library/`.

Gives : LIBRARY_KEYS, shipped_triggers(), shipped_trigger()
Source: REQUIREMENTS D2-D4, C2; DESIGN section 5 (what 'sharp', 'stagnant' and 'down 20 %' mean)
"""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files

import yaml

from forestay.customers.words import TriggerKey
from forestay.signals.trigger import Trigger, read_trigger

LIBRARY_KEYS: tuple[TriggerKey, ...] = tuple(TriggerKey)


@lru_cache(maxsize=1)
def shipped_triggers() -> tuple[Trigger, ...]:
    """All ten, in the order of customers.words.TriggerKey."""
    return tuple(_read(key) for key in LIBRARY_KEYS)


def shipped_trigger(key: str) -> Trigger:
    """One of them. Raises KeyError when no such trigger ships."""
    return {trigger.key: trigger for trigger in shipped_triggers()}[key]


def _read(key: TriggerKey) -> Trigger:
    text = files("forestay.signals").joinpath("library", f"{key.value}.yaml").read_text()
    return read_trigger(yaml.safe_load(text))
