"""The worker may have the planner's statistics of the accounts made anew, which is the owner's to do.

The statements stand in 0003_statistics.sql and run as one script.
"""

from __future__ import annotations

from pathlib import Path

import psycopg
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """One function, for the worker alone."""
    script = Path(__file__).with_suffix(".sql").read_text()
    driver = op.get_bind().connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    driver.execute(script.encode())
