-- What an operator began and the worker carries on: a pause, a resume or a stop of a journey with many runs.
ALTER TABLE journeys ADD COLUMN work jsonb;

-- How many runs there are now, by status: rows of journey_counts under step -1 and the day 1970-01-01.
CREATE INDEX ix_journey_counts_now ON journey_counts (workspace_id) WHERE day = '1970-01-01';
CREATE INDEX ix_journey_counts_whole ON journey_counts (workspace_id, day) WHERE step = -1;
INSERT INTO journey_counts (workspace_id, journey_id, version, step, day, name, count)
SELECT workspace_id, journey_id, version, -1, '1970-01-01', 'now:' || status, count(*) FROM journey_runs
WHERE status < 10 OR status = 13 GROUP BY workspace_id, journey_id, version, status;

-- Tokens that should not be or are few: the sweeper finds them without reading the others.
CREATE INDEX ix_journey_tokens_asleep ON journey_tokens (id) WHERE due_at IS NULL AND state IN (0, 1, 7) AND NOT is_paused;
CREATE INDEX ix_journey_tokens_still ON journey_tokens (id) WHERE is_paused;
CREATE INDEX ix_journey_tokens_joins ON journey_tokens (id) WHERE state = 6;
