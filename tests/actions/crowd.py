"""Many runs that ask for a message each: rows of one workspace, written at once."""

from __future__ import annotations

import psycopg

POLICY = (
    '{"contact_policy": {"quiet_hours": null, "contact_cap": {"limit": 1000000}, "contact_daily_cap": {"limit": 1000000},'
    ' "account_cap": {"limit": 1000000}}}'
)
ROWS = """
INSERT INTO workspaces (slug, name, settings) VALUES ('crowd', 'Crowd', %(policy)s);
INSERT INTO members (workspace_id, email, name, role)
  SELECT 1, 'csm' || n || '@acme.example.com', 'Member ' || n, 'csm' FROM generate_series(1, 10) AS n;
INSERT INTO accounts (workspace_id, external_id, name, owner_id)
  SELECT 1, 'acc-' || n, 'Account ' || n, 1 + n %% 10 FROM generate_series(1, %(accounts)s) AS n;
INSERT INTO contacts (workspace_id, external_id, name, email, is_sponsor)
  SELECT 1, 'con-' || n, 'Ada Example ' || n, 'con' || n || '@customer.example.com', true
  FROM generate_series(1, %(accounts)s) AS n;
INSERT INTO memberships (workspace_id, contact_id, account_id) SELECT 1, n, n FROM generate_series(1, %(accounts)s) AS n;
INSERT INTO journey_tokens (workspace_id, run_id, journey_id, account_id, since, version, step, state)
  SELECT 1, n, 1 + n %% 4, 1 + n %% %(accounts)s, now(), 1, 3, 4 FROM generate_series(1, %(messages)s) AS n;
INSERT INTO requests (workspace_id, account_id, cause, slot, journey_id, token_id, step, body)
  SELECT 1, account_id, 'run:' || run_id || ':3:1', 'message', journey_id, id, 3,
    '{"kind": "message", "channel": "email", "template": "health-check-in", "to": "sponsor"}'::jsonb
  FROM journey_tokens;
ANALYZE;"""


def fill(dsn: str, *, accounts: int, messages: int) -> None:
    """Accounts with one sponsor each; `messages` runs of four journeys that wait for what becomes of their message."""
    values = {"accounts": accounts, "messages": messages, "policy": POLICY}
    with psycopg.connect(dsn, cursor_factory=psycopg.ClientCursor) as connection:
        for statement in ROWS.split(";\n"):
            connection.execute(statement, values)  # type: ignore[call-overload]
