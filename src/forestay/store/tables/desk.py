"""What people keep at their desks: saved views of lists, notes on accounts, and work done on many accounts at once."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, Table, Text

from forestay.store.tables.base import document, metadata, moment, number, workspace

saved_views = Table(
    "saved_views",
    metadata,
    number(),
    workspace(),
    Column("page", Text, nullable=False),  # 'accounts'
    Column("name", Text, nullable=False),
    Column("owner_id", BigInteger, ForeignKey("members.id", ondelete="CASCADE")),  # null: made with a key
    Column("is_shared", Boolean, nullable=False, server_default="false"),
    document("body"),  # {"search": filters, sort and group by the address's words, "columns": keys in order}
    Column("revision", Integer, nullable=False, server_default="1"),
    moment("created_at", now=True),
    moment("updated_at", now=True),
)
Index("ix_saved_views_page", saved_views.c.workspace_id, saved_views.c.page)

account_notes = Table(
    "account_notes",
    metadata,
    number(),
    workspace(),
    Column("account_id", BigInteger, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
    Column("author_id", BigInteger, ForeignKey("members.id", ondelete="SET NULL")),
    Column("text", Text, nullable=False),
    Column("revision", Integer, nullable=False, server_default="1"),
    moment("created_at", now=True),
    moment("updated_at", now=True),
    moment("deleted_at"),  # kept for a day, so that a deletion can be taken back
)
Index("ix_account_notes_account", account_notes.c.account_id, account_notes.c.created_at)

bulk_actions = Table(
    "bulk_actions",
    metadata,
    number(),
    workspace(),
    Column("actor", Text, nullable=False),
    Column("kind", Text, nullable=False),  # 'assign' | 'task' | 'journey'
    document("body"),  # what is to be done, as it was asked
    moment("created_at", now=True),
    moment("undone_at"),
)

bulk_items = Table(
    "bulk_items",
    metadata,
    workspace(),
    Column("bulk_id", BigInteger, ForeignKey("bulk_actions.id", ondelete="CASCADE"), primary_key=True),
    Column("account_id", BigInteger, ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True),
    Column("outcome", Text),  # 'done' | 'unchanged' | 'refused' | 'undone' | 'kept', null while it waits
    Column("detail", Text),
    document("before"),  # what an undo puts back
    moment("at"),
)
Index("ix_bulk_items_account", bulk_items.c.account_id)
