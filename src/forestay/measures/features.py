"""The customer's own features and the roles of their events: what measures count.

Gives : Feature, FeatureBook, EventRole, EventRoles, MeasureContext
Source: table `features` and the document `event_roles` (docs/architecture.md, configuration documents).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class EventRole(StrEnum):
    """What a customer's own event names stand for."""

    SIGN_IN = "sign_in"
    INVITATION = "invitation"
    WORKFLOW = "workflow"
    CORE = "core"


@dataclass(frozen=True, slots=True)
class Feature:
    """One feature of the customer's product. deployed_on: day number, None = always there."""

    key: str
    name: str
    events: tuple[str, ...]
    is_sticky: bool = False
    is_premium: bool = False
    module: str | None = None
    deployed_on: int | None = None


@dataclass(frozen=True, slots=True)
class FeatureBook:
    """All features of a workspace, in the order of the customer's list."""

    features: tuple[Feature, ...] = ()

    def __post_init__(self) -> None:
        keys = [feature.key for feature in self.features]
        if len(keys) != len(set(keys)):
            raise ValueError("two features of a workspace share a key")

    @property
    def measurable(self) -> tuple[Feature, ...]:
        """Features with events; of the others nobody can tell whether they are used."""
        return tuple(feature for feature in self.features if feature.events)

    def events(self, *, sticky: bool = False, premium: bool = False) -> tuple[str, ...]:
        """Event names of the sticky or premium features, each once."""
        chosen = [f for f in self.features if (sticky and f.is_sticky) or (premium and f.is_premium)]
        return tuple(dict.fromkeys(name for feature in chosen for name in feature.events))


EventRoles = Mapping[EventRole, tuple[str, ...]]
"""The customer's event names for each role; a role may be empty."""


@dataclass(frozen=True, slots=True)
class MeasureContext:
    """What a definition may refer to beside numbers of the account: features and roles of events."""

    features: FeatureBook = field(default_factory=FeatureBook)
    roles: EventRoles = field(default_factory=dict)

    def feeds(self, series: str) -> bool:
        """Whether any event name feeds the series: what nothing feeds is missing, not 0."""
        kind, _, name = series.partition(":")
        if kind == "role":
            return bool(self.roles.get(EventRole(name), ())) if name in set(EventRole) else False
        if kind == "features":
            return bool(self.features.events(sticky=name == "sticky", premium=name == "premium"))
        if kind == "feature":
            return any(feature.key == name and feature.events for feature in self.features.features)
        return True
