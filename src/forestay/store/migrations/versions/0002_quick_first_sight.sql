-- A foreign key is checked row by row: three quarters of the time that a person seen for the first time took
-- (measured: 78 us with the keys, 19 us without). These tables are written by the worker alone, from an identity map
-- that knows every contact and account; what the keys did at a deletion, one statement a deletion does.
ALTER TABLE contacts DROP CONSTRAINT fk_contacts_workspace_id;
ALTER TABLE identities DROP CONSTRAINT fk_identities_workspace_id, DROP CONSTRAINT fk_identities_contact_id;
ALTER TABLE memberships DROP CONSTRAINT fk_memberships_workspace_id, DROP CONSTRAINT fk_memberships_contact_id,
  DROP CONSTRAINT fk_memberships_account_id;

CREATE FUNCTION forestay_forget_contacts() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  DELETE FROM public.identities AS i USING gone WHERE i.workspace_id = gone.workspace_id AND i.contact_id = gone.id;
  DELETE FROM public.memberships AS m USING gone WHERE m.workspace_id = gone.workspace_id AND m.contact_id = gone.id;
  RETURN NULL;
END $$;
CREATE FUNCTION forestay_forget_accounts() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  DELETE FROM public.memberships AS m USING gone WHERE m.account_id = gone.id;
  RETURN NULL;
END $$;
CREATE FUNCTION forestay_forget_workspaces() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  DELETE FROM public.contacts AS c USING gone WHERE c.workspace_id = gone.id;
  RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION forestay_forget_contacts, forestay_forget_accounts, forestay_forget_workspaces FROM PUBLIC;

CREATE TRIGGER forget_contacts AFTER DELETE ON contacts REFERENCING OLD TABLE AS gone
  FOR EACH STATEMENT EXECUTE FUNCTION forestay_forget_contacts();
CREATE TRIGGER forget_accounts AFTER DELETE ON accounts REFERENCING OLD TABLE AS gone
  FOR EACH STATEMENT EXECUTE FUNCTION forestay_forget_accounts();
CREATE TRIGGER forget_workspaces AFTER DELETE ON workspaces REFERENCING OLD TABLE AS gone
  FOR EACH STATEMENT EXECUTE FUNCTION forestay_forget_workspaces();

GRANT USAGE ON SEQUENCE contacts_id_seq TO forestay_worker;
