-- Right after a large first import the planner still believes these tables to be empty and joins them row by row.
-- Only the owner may ANALYZE (a grant for it exists from PostgreSQL 17 on, and 16 is served too).
CREATE FUNCTION forestay_analyze_accounts() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  ANALYZE public.accounts, public.account_states;
END $$;
REVOKE ALL ON FUNCTION forestay_analyze_accounts FROM PUBLIC;
GRANT EXECUTE ON FUNCTION forestay_analyze_accounts TO forestay_worker;
