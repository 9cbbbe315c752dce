"""What the planner believes of the accounts' tables, made anew when a large import proved it wrong.

Gives : Statistics
Reads : pg_class.reltuples, how many rows the last ANALYZE saw

PostgreSQL's own autovacuum comes to a table within some ten seconds; until then a list of 100,000 accounts is planned
as if there were none.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, text

from forestay.kit.logs import get_logger

GROWN = 10
"""So many times the rows that were seen last make the plans worth another look."""
FEW = 1_000
"""Below it any plan is quick."""

_log = get_logger(__name__)
_SEEN = text("SELECT greatest(min(reltuples), 0)::bigint FROM pg_class "
             "WHERE oid IN ('accounts'::regclass, 'account_states'::regclass)")  # fmt: skip
_ANALYZE = text("SELECT forestay_analyze_accounts()")


@dataclass(slots=True)
class Statistics:
    """seen: accounts that the planner knows of, as far as we know."""

    seen: int = 0

    def are_behind(self, accounts: int) -> bool:
        """Whether there may be ten times the accounts that were there when the planner last looked."""
        return accounts >= max(FEW, GROWN * self.seen)

    def renew(self, connection: Connection, accounts: int) -> bool:
        """Have the planner look unless it did; whether it had to. Up to a second for 100,000 accounts."""
        self.seen = int(connection.scalar(_SEEN) or 0)
        if not self.are_behind(accounts):
            return False
        connection.execute(_ANALYZE)
        self.seen = accounts
        _log.info("statistics_renewed", accounts=accounts)
        return True
