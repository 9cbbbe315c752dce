"""Many new people at once: no foreign keys on the three tables that grow by a row a person.

The statements stand in 0002_quick_first_sight.sql and run as one script.
"""

from __future__ import annotations

from pathlib import Path

import psycopg
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Drop the keys, keep their cascades, and let the worker take contact numbers before it writes the contacts."""
    script = Path(__file__).with_suffix(".sql").read_text()
    driver = op.get_bind().connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    driver.execute(script.encode())
