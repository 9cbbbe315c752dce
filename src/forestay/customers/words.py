"""The closed vocabularies of the product; API, store and screens use these words and no others.

Source: REQUIREMENTS D2-D6, B4; issue 'interface facts'.
"""

from __future__ import annotations

from enum import StrEnum


class Band(StrEnum):
    """The traffic light a CSM sees."""

    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"


class Tier(StrEnum):
    """Whether a signal acts by itself or through a person."""

    AUTOMATED = "automated"
    ASSISTED = "assisted"


class RiskLevel(StrEnum):
    """How soon somebody must act (D4): same day, 24 h, 48 h, weekly."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class TaskStatus(StrEnum):
    """The life of a task."""

    OPEN = "open"
    CLAIMED = "claimed"
    SNOOZED = "snoozed"
    DONE = "done"
    CANCELLED = "cancelled"


class SignalStatus(StrEnum):
    """open: the condition still holds or waits for its end; closed: it ended."""

    OPEN = "open"
    CLOSED = "closed"


class Verdict(StrEnum):
    """A CSM's feedback on a signal."""

    ACCURATE = "accurate"
    INACCURATE = "inaccurate"
    ALREADY_KNOWN = "already_known"
    NOT_ACTIONABLE = "not_actionable"


class Role(StrEnum):
    """What a member may do; ADMIN may all."""

    ADMIN = "admin"
    OPS = "ops"
    CSM = "csm"
    VIEWER = "viewer"


class EffectStatus(StrEnum):
    """Where an effect stands; the sum over these equals what entered (DESIGN section 7)."""

    PENDING = "pending"
    SENT = "sent"
    SKIPPED = "skipped"
    FAILED = "failed"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"


class ChannelKind(StrEnum):
    """How an effect leaves."""

    TASK = "task"
    EMAIL = "email"
    WEBHOOK = "webhook"
    IN_APP = "in_app"
    RECORD = "record"
    """A trait of our own records, set through the log."""
    CONNECTOR = "connector"
    """A CRM or a marketing tool."""


class Feed(StrEnum):
    """A kind of source; health asks of each whether it is connected and fresh."""

    TELEMETRY = "telemetry"
    TICKETS = "tickets"
    BILLING = "billing"
    INTERACTIONS = "interactions"
    SURVEYS = "surveys"


class TriggerKey(StrEnum):
    """The ten triggers that ship (D3)."""

    HEALTH_BELOW_60 = "health-below-60"
    HEALTH_TREND_DOWN_20 = "health-trend-down-20"
    EXPANSION_READINESS_80 = "expansion-readiness-80"
    FEATURE_UNUSED_45_DAYS = "feature-unused-45-days"
    CHURN_80_EXECUTIVE_TURNOVER = "churn-80-executive-turnover"
    STICKY_FEATURE_DROP_AND_ESCALATION = "sticky-feature-drop-and-escalation"
    USAGE_OVER_150_PERCENT = "usage-over-150-percent"
    PREMIUM_FEATURE_INTEREST = "premium-feature-interest"
    NEW_USER_INVITATIONS = "new-user-invitations"
    NEW_WORKFLOW_ADOPTION = "new-workflow-adoption"
