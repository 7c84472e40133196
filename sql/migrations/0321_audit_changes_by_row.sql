-- statement by statement
-- Changes, by the rows they changed (0319 asks for them so). New keys wait in a list of a few pages, so that a write adds no
-- more than a line to it; whoever reads looks through that, too. The audit is large, and everything that is written waits
-- for it: so the index is built beside what goes on, in the one partition there is.
DROP INDEX IF EXISTS pro.audit_changes_of;
DROP INDEX CONCURRENTLY IF EXISTS pro.audit_changes_of_rest;
CREATE INDEX audit_changes_of ON ONLY pro.audit_entries USING gin (row_ids jsonb_path_ops)
    WITH (fastupdate = on, gin_pending_list_limit = 64) WHERE operation = 'UPDATE';
CREATE INDEX CONCURRENTLY audit_changes_of_rest ON pro.audit_entries_rest USING gin (row_ids jsonb_path_ops)
    WITH (fastupdate = on, gin_pending_list_limit = 64) WHERE operation = 'UPDATE';
ALTER INDEX pro.audit_changes_of ATTACH PARTITION pro.audit_changes_of_rest;
