CREATE TABLE measures_before (
  workspace_id BIGINT NOT NULL,
  account_id BIGINT NOT NULL,
  day DATE NOT NULL,
  measures JSONB DEFAULT '{}'::jsonb NOT NULL,
  CONSTRAINT pk_measures_before PRIMARY KEY (account_id),
  CONSTRAINT fk_measures_before_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE,
  CONSTRAINT fk_measures_before_account_id FOREIGN KEY(account_id) REFERENCES accounts (id) ON DELETE CASCADE
);
CREATE INDEX ix_measures_before_workspace ON measures_before (workspace_id);

-- The same walls as for every table of a workspace (0001).
DO $security$
DECLARE
  here constant text := '(SELECT nullif(current_setting(''forestay.workspace_id'', true), '''')::bigint)';
BEGIN
  ALTER TABLE public.measures_before ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
  EXECUTE format('CREATE POLICY owner_all ON public.measures_before TO %I USING (true)', current_user);
  EXECUTE format('CREATE POLICY api_workspace ON public.measures_before TO forestay_api USING (workspace_id = %1$s) WITH CHECK (workspace_id = %1$s)',
                 here);
  CREATE POLICY worker_all ON public.measures_before TO forestay_worker USING (true) WITH CHECK (true);
  GRANT SELECT, INSERT, UPDATE, DELETE ON public.measures_before TO forestay_api, forestay_worker;
END $security$;
