"""What measures were a quarter ago, for the scenarios of where health is heading.

The statements stand in 0008_measures_before.sql and run as one script.
"""

from __future__ import annotations

from pathlib import Path

import psycopg
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add the table."""
    script = Path(__file__).with_suffix(".sql").read_text()
    driver = op.get_bind().connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    driver.execute(script.encode())
