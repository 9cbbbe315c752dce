-- What pages ask all day with many accounts: whether a signal led to a task, and which effects want a person.
CREATE INDEX ix_tasks_signal ON tasks (signal_id) WHERE signal_id IS NOT NULL;
CREATE INDEX ix_effects_trouble ON effects (workspace_id, status, updated_at) WHERE status IN ('failed', 'unknown');
