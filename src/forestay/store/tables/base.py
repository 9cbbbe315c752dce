"""What every table shares: the metadata, the workspace column and common column shapes."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Column, ForeignKey, Identity, MetaData, Numeric, text
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def number(name: str = "id") -> Column[Any]:
    """A table's own number."""
    return Column(name, BigInteger, Identity(), primary_key=True)


def workspace(*, primary: bool = False) -> Column[Any]:
    """The company whose row this is; row-level security compares it."""
    return Column(
        "workspace_id", BigInteger, ForeignKey("workspaces.id", ondelete="CASCADE"), nullable=False, primary_key=primary
    )


def moment(name: str, *, required: bool = False, now: bool = False) -> Column[Any]:
    """An aware UTC moment."""
    return Column(
        name, TIMESTAMP(timezone=True), nullable=not (required or now), server_default=text("now()") if now else None
    )


def document(name: str, *, empty: str = "'{}'::jsonb") -> Column[Any]:
    """A JSON document, never null."""
    return Column(name, JSONB, nullable=False, server_default=text(empty))


def money(name: str) -> Column[Any]:
    """An amount in the row's currency."""
    return Column(name, Numeric(16, 2))
