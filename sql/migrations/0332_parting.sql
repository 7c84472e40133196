-- A study goes to a database of its own: in a copy, everything that belongs to other studies is taken out. Triggers
-- and keys refuse that everywhere else, so whoever calls this must have passed by them, which only a superuser can.

CREATE FUNCTION pro.keep_only_studies(kept uuid[]) RETURNS bigint
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    one record;
    gone bigint;
    taken_out bigint := 0;
BEGIN
    IF current_setting('session_replication_role') <> 'replica' THEN
        RAISE EXCEPTION 'studies are taken out of a copy alone' USING ERRCODE = 'PR007';
    END IF;
    FOR one IN
        SELECT c.relname, CASE WHEN c.relname = 'studies' THEN 'id' ELSE 'study_id' END AS study
        FROM pg_class AS c
        WHERE c.relnamespace = 'pro'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
          AND (c.relname = 'studies' OR EXISTS (
              SELECT FROM pg_attribute AS a
              WHERE a.attrelid = c.oid AND a.attname = 'study_id' AND NOT a.attisdropped))
    LOOP
        EXECUTE format('DELETE FROM pro.%I WHERE %I <> ALL ($1)', one.relname, one.study) USING kept;
        GET DIAGNOSTICS gone = ROW_COUNT;
        taken_out := taken_out + gone;
    END LOOP;
    -- Entries about studies themselves belong to none.
    DELETE FROM pro.audit_entries AS e
    WHERE e.table_name = 'studies'
      AND NOT EXISTS (SELECT FROM unnest(kept) AS k (id) WHERE e.row_ids::text LIKE '%' || k.id || '%');
    -- They were over entries of all studies. The next worker seals what is left, in its order, under its key.
    DELETE FROM pro.audit_seals;
    RETURN taken_out;
END
$$;
REVOKE ALL ON FUNCTION pro.keep_only_studies(uuid[]) FROM PUBLIC;
