"""Saved views, notes on accounts, and work done on many accounts at once.

The statements stand in 0009_web_accounts.sql and run as one script.
"""

from __future__ import annotations

from pathlib import Path

import psycopg
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Add the tables."""
    script = Path(__file__).with_suffix(".sql").read_text()
    driver = op.get_bind().connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    driver.execute(script.encode())
