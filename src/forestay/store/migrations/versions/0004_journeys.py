"""Journeys: runs, tokens, inbox, history, counts, exposures; what requests, effects and tasks know of a run.

The statements stand in 0004_journeys.sql and run as one script.
"""

from __future__ import annotations

from pathlib import Path

import psycopg
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the tables of journeys."""
    script = Path(__file__).with_suffix(".sql").read_text()
    driver = op.get_bind().connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    driver.execute(script.encode())
