"""Journeys of many runs: what is being done to them by and by, how many runs there are now, what the sweeper looks up.

The statements stand in 0005_journey_work.sql and run as one script.
"""

from __future__ import annotations

from pathlib import Path

import psycopg
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """A column, indexes, and the counts as of now."""
    script = Path(__file__).with_suffix(".sql").read_text()
    driver = op.get_bind().connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    driver.execute(script.encode())
