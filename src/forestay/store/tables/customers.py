"""The customer record: accounts, contacts and what other systems said of them."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    text,
)  # fmt: skip

from forestay.store.tables.base import document, metadata, moment, money, number, workspace


def _account(*, required: bool = True) -> Column[int]:
    return Column("account_id", BigInteger, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=not required)


def _contact() -> Column[int]:
    return Column("contact_id", BigInteger, ForeignKey("contacts.id", ondelete="SET NULL"))


def _unchecked(name: str, *, primary: bool = False) -> Column[int]:
    """A number of another table without a foreign key: the worker alone writes these tables, from an identity map that
    knows every contact and account, and a check a row was most of what a person seen for the first time cost.
    Triggers carry deletions on (migration 0002)."""
    return Column(name, BigInteger, nullable=False, primary_key=primary)


accounts = Table(
    "accounts",
    metadata,
    number(),
    workspace(),
    Column("external_id", Text, nullable=False),
    Column("name", Text),
    Column("parent_id", BigInteger, ForeignKey("accounts.id", ondelete="SET NULL")),
    Column("merged_into", BigInteger, ForeignKey("accounts.id", ondelete="SET NULL")),
    Column("owner_id", BigInteger, ForeignKey("members.id", ondelete="SET NULL")),
    Column("owner_email", Text),
    Column("lifecycle_stage", Text),
    Column("plan", Text),
    Column("industry", Text),
    Column("country", Text),
    Column("zone", Text),
    Column("seats", Float),
    money("arr"),
    Column("currency", Text),
    Column("customer_since", Date),
    Column("renews_on", Date),
    Column("churned_on", Date),
    document("traits"),
    moment("first_seen_at", now=True),
    moment("updated_at", now=True),
    UniqueConstraint("workspace_id", "external_id"),
)
Index("ix_accounts_owner", accounts.c.workspace_id, accounts.c.owner_id)
Index("ix_accounts_name", accounts.c.workspace_id, text("lower(name)"))
Index("ix_accounts_arr", accounts.c.workspace_id, accounts.c.arr)

contacts = Table(
    "contacts",
    metadata,
    number(),
    _unchecked("workspace_id"),
    Column("external_id", Text, nullable=False),
    Column("email", Text),
    Column("name", Text),
    Column("title", Text),
    Column("phone", Text),
    Column("zone", Text),
    Column("is_sponsor", Boolean, nullable=False, server_default=text("false")),
    Column("is_champion", Boolean, nullable=False, server_default=text("false")),
    Column("created_on", Date),
    Column("left_on", Date),
    document("traits"),
    moment("first_seen_at", now=True),
    moment("updated_at", now=True),
    UniqueConstraint("workspace_id", "external_id"),
)
Index("ix_contacts_email", contacts.c.workspace_id, text("lower(email)"))

identities = Table(
    "identities",
    metadata,
    _unchecked("workspace_id", primary=True),
    Column("key", Text, primary_key=True),  # 'u:<userId>' or 'a:<anonymousId>'
    _unchecked("contact_id"),
    moment("since", now=True),
)

memberships = Table(
    "memberships",
    metadata,
    _unchecked("workspace_id", primary=True),
    _unchecked("contact_id", primary=True),
    _unchecked("account_id", primary=True),
    Column("is_primary", Boolean, nullable=False, server_default=text("true")),
    moment("since", now=True),
    moment("until"),
)
Index("ix_memberships_account", memberships.c.account_id)

subscriptions = Table(
    "subscriptions",
    metadata,
    number(),
    workspace(),
    Column("external_id", Text, nullable=False),
    _account(),
    Column("product", Text),
    Column("plan", Text),
    Column("seats", Float),
    money("mrr"),
    Column("currency", Text),
    Column("started_on", Date, nullable=False),
    Column("ended_on", Date),
    Column("renews_on", Date),
    Column("billing_period", Text),
    document("traits"),
    moment("updated_at", now=True),
    UniqueConstraint("workspace_id", "external_id"),
)
invoices = Table(
    "invoices",
    metadata,
    number(),
    workspace(),
    Column("external_id", Text, nullable=False),
    _account(),
    money("amount"),
    Column("currency", Text),
    Column("issued_on", Date, nullable=False),
    Column("due_on", Date),
    Column("paid_on", Date),
    Column("is_void", Boolean, nullable=False, server_default=text("false")),
    document("traits"),
    moment("updated_at", now=True),
    UniqueConstraint("workspace_id", "external_id"),
)
tickets = Table(
    "tickets",
    metadata,
    number(),
    workspace(),
    Column("external_id", Text, nullable=False),
    _account(),
    _contact(),
    Column("subject", Text),
    Column("body", Text),
    Column("priority", Text),
    moment("opened_at", required=True),
    moment("first_response_at"),
    moment("closed_at"),
    moment("escalated_at"),
    Column("csat", Float),
    document("traits"),
    moment("updated_at", now=True),
    UniqueConstraint("workspace_id", "external_id"),
)
interactions = Table(
    "interactions",
    metadata,
    number(),
    workspace(),
    Column("external_id", Text, nullable=False),
    _account(),
    _contact(),
    Column("channel", Text, nullable=False),
    Column("direction", Text),
    moment("at", required=True),
    Column("subject", Text),
    Column("body", Text),
    Column("minutes", Float),
    document("traits"),
    moment("updated_at", now=True),
    UniqueConstraint("workspace_id", "external_id"),
)
surveys = Table(
    "surveys",
    metadata,
    number(),
    workspace(),
    Column("external_id", Text, nullable=False),
    _account(),
    _contact(),
    Column("survey", Text, nullable=False, server_default="nps"),
    Column("score", Float, nullable=False),
    Column("comment", Text),
    moment("at", required=True),
    document("traits"),
    moment("updated_at", now=True),
    UniqueConstraint("workspace_id", "external_id"),
)
RECORD_TABLES = {
    "subscriptions": subscriptions,
    "invoices": invoices,
    "tickets": tickets,
    "interactions": interactions,
    "surveys": surveys,
}
for _table in RECORD_TABLES.values():
    Index(f"ix_{_table.name}_account", _table.c.workspace_id, _table.c.account_id)

features = Table(
    "features",
    metadata,
    workspace(primary=True),
    Column("key", Text, primary_key=True),
    Column("name", Text, nullable=False),
    document("events", empty="'[]'::jsonb"),
    Column("is_sticky", Boolean, nullable=False, server_default=text("false")),
    Column("is_premium", Boolean, nullable=False, server_default=text("false")),
    Column("module", Text),
    Column("deployed_on", Date),
    Column("position", Integer, nullable=False, server_default="0"),
)
