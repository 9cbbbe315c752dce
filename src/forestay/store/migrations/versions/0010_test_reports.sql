CREATE TABLE test_reports (
  workspace_id BIGINT NOT NULL,
  journey TEXT NOT NULL,
  test TEXT NOT NULL,
  outcome TEXT NOT NULL,
  seen TEXT NOT NULL,
  body TEXT NOT NULL,
  computed_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_test_reports PRIMARY KEY (workspace_id, journey, test, outcome),
  CONSTRAINT fk_test_reports_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE
);

-- The same walls as for every table of a workspace (0001); the server only reads it.
DO $security$
DECLARE
  here constant text := '(SELECT nullif(current_setting(''forestay.workspace_id'', true), '''')::bigint)';
BEGIN
  ALTER TABLE public.test_reports ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
  EXECUTE format('CREATE POLICY owner_all ON public.test_reports TO %I USING (true)', current_user);
  EXECUTE format('CREATE POLICY api_workspace ON public.test_reports TO forestay_api USING (workspace_id = %1$s) WITH CHECK (workspace_id = %1$s)',
                 here);
  CREATE POLICY worker_all ON public.test_reports TO forestay_worker USING (true) WITH CHECK (true);
  GRANT SELECT, INSERT, UPDATE, DELETE ON public.test_reports TO forestay_api, forestay_worker;
END $security$;
