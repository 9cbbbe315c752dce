"""The first schema: tables, roles, row-level security, doors for signing in.

The statements stand in 0001_first.sql and run as one script: one round trip, one transaction.
"""

from __future__ import annotations

from pathlib import Path

import psycopg
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make everything in an empty database."""
    script = Path(__file__).with_suffix(".sql").read_text()
    driver = op.get_bind().connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    driver.execute(script.encode())
