"""The effect ledger, its attempts, tasks and messages (DESIGN section 7)."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    func,
    text,
)

from forestay.store.tables.base import document, metadata, moment, number, workspace

effects = Table(
    "effects",
    metadata,
    number(),
    workspace(),
    Column("effect_key", LargeBinary, nullable=False),  # hash(workspace, cause, slot, recipient, purpose)
    Column("request_id", BigInteger, ForeignKey("requests.id", ondelete="SET NULL")),
    Column("account_id", BigInteger, ForeignKey("accounts.id", ondelete="CASCADE")),
    Column("contact_id", BigInteger, ForeignKey("contacts.id", ondelete="SET NULL")),
    Column("signal_id", BigInteger, ForeignKey("signals.id", ondelete="SET NULL")),
    Column("run_id", BigInteger),  # the run of a journey that asked for it
    Column("token_id", BigInteger),
    Column("journey_id", BigInteger),
    Column("step", SmallInteger),
    Column("channel", Text, nullable=False),
    Column("purpose", Text, nullable=False),  # 'success' | 'marketing' | 'transactional' | 'internal'
    Column("recipient", Text, nullable=False),
    Column("status", Text, nullable=False, server_default="pending"),
    Column("reason", Text),
    document("body"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    moment("due_at", now=True),
    moment("leased_until"),
    Column("provider_id", Text),
    moment("created_at", now=True),
    moment("updated_at", now=True),
    UniqueConstraint("workspace_id", "effect_key"),
)
Index(
    "ix_effects_flow",
    effects.c.workspace_id,
    effects.c.channel,
    func.coalesce(effects.c.journey_id, text("0")),
    effects.c.due_at,
    postgresql_where=text("status = 'pending'"),
)
Index(
    "ix_effects_leased",
    effects.c.workspace_id,
    effects.c.leased_until,
    postgresql_where=text("status = 'pending' AND leased_until IS NOT NULL"),
)
Index("ix_effects_request", effects.c.request_id, postgresql_where=text("token_id IS NOT NULL"))
Index("ix_effects_journey", effects.c.journey_id, effects.c.step, postgresql_where=text("journey_id IS NOT NULL"))
Index("ix_effects_account", effects.c.account_id, effects.c.created_at)
Index(
    "ix_effects_trouble",
    effects.c.workspace_id,
    effects.c.status,
    effects.c.updated_at,
    postgresql_where=text("status IN ('failed', 'unknown')"),
)
Index("ix_effects_recipient", effects.c.workspace_id, effects.c.channel, effects.c.recipient, effects.c.updated_at)

effect_attempts = Table(
    "effect_attempts",
    metadata,
    workspace(),
    Column("effect_id", BigInteger, ForeignKey("effects.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True),
    moment("started_at", required=True),
    moment("ended_at"),
    Column("outcome", Text),  # 'sent' | 'retry' | 'failed' | 'unknown' | 'unclear', null while it runs
    Column("detail", Text),
)

messages = Table(
    "messages",
    metadata,
    number(),
    workspace(),
    Column("effect_id", BigInteger, ForeignKey("effects.id", ondelete="CASCADE"), unique=True),
    Column("account_id", BigInteger, ForeignKey("accounts.id", ondelete="CASCADE")),
    Column("contact_id", BigInteger, ForeignKey("contacts.id", ondelete="SET NULL")),
    Column("channel", Text, nullable=False),
    Column("template_key", Text),
    Column("to_address", Text, nullable=False),
    Column("subject", Text),
    Column("body", Text, nullable=False),
    document("headers"),
    moment("created_at", now=True),
    moment("seen_at"),
    moment("dismissed_at"),
)
Index("ix_messages_account", messages.c.workspace_id, messages.c.account_id, messages.c.created_at)

tasks = Table(
    "tasks",
    metadata,
    number(),
    workspace(),
    Column("effect_id", BigInteger, ForeignKey("effects.id", ondelete="SET NULL"), unique=True),
    Column("account_id", BigInteger, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
    Column("signal_id", BigInteger, ForeignKey("signals.id", ondelete="SET NULL")),
    Column("owner_id", BigInteger, ForeignKey("members.id", ondelete="SET NULL")),
    Column("run_id", BigInteger),
    Column("token_id", BigInteger),  # told when the task is done
    Column("purpose", Text, nullable=False, server_default="work"),  # 'work' | 'approval' | 'draft'
    document("choices", empty="'[]'::jsonb"),  # outcomes to choose from; empty: any
    document("escalation", empty="'[]'::jsonb"),  # who gets it next: [{"at": moment, "to": assignee}]
    moment("escalate_at"),  # of the first of them
    Column("trigger_key", Text),
    Column("title", Text, nullable=False),
    Column("risk_level", Text, nullable=False),
    Column("status", Text, nullable=False, server_default="open"),
    moment("due_at", required=True),
    document("evidence", empty="'[]'::jsonb"),
    Column("script", Text),
    document("draft"),  # {"channel","to","subject","body","template"}
    Column("outcome", Text),
    Column("outcome_note", Text),
    moment("snoozed_until"),
    Column("snooze_reason", Text),
    moment("escalated_at"),
    moment("first_touch_at"),
    moment("done_at"),
    moment("created_at", now=True),
    moment("updated_at", now=True),
    Column("revision", Integer, nullable=False, server_default="1"),
)
Index("ix_tasks_queue", tasks.c.workspace_id, tasks.c.status, tasks.c.due_at)
Index("ix_tasks_account", tasks.c.account_id)
Index("ix_tasks_signal", tasks.c.signal_id, postgresql_where=text("signal_id IS NOT NULL"))
Index(
    "ix_tasks_outcomes",
    tasks.c.workspace_id,
    tasks.c.trigger_key,
    tasks.c.done_at,
    postgresql_where=text("status = 'done'"),
)
Index("ix_tasks_escalate", tasks.c.escalate_at, postgresql_where=text("escalate_at IS NOT NULL"))
