"""What Alembic runs: the pending versions, on the connection that `upgrade` hands over, in its transaction."""

from __future__ import annotations

from alembic import context

from forestay.store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
