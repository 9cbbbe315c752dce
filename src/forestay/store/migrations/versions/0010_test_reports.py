"""What tests of journeys said at the last look, kept for the pages that show it.

The statements stand in 0010_test_reports.sql and run as one script.
"""

from __future__ import annotations

from pathlib import Path

import psycopg
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Add the table."""
    script = Path(__file__).with_suffix(".sql").read_text()
    driver = op.get_bind().connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    driver.execute(script.encode())
