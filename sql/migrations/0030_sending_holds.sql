-- After a restore sending is held: the database may have forgotten who said stop, who died, and what
-- was sent. While a hold is open no text is claimed; a named person releases it.

CREATE TABLE pro.sending_holds (
    id uuid PRIMARY KEY,
    -- Machine time, as all of operations.
    began_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    why text NOT NULL CHECK (why <> ''),
    -- When the backup was made that the database was restored from.
    backup_at timestamptz,
    actor text NOT NULL,
    released_at timestamptz,
    released_by text,
    release_reason text,
    CHECK ((released_at IS NULL) = (released_by IS NULL)),
    CHECK ((released_at IS NULL) = (release_reason IS NULL))
);
CREATE UNIQUE INDEX one_open_hold ON pro.sending_holds ((released_at IS NULL)) WHERE released_at IS NULL;
GRANT SELECT ON pro.sending_holds TO pro_participant, pro_provider, pro_worker, pro_operator, pro_desk, pro_clerk;
GRANT UPDATE (released_at, released_by, release_reason) ON pro.sending_holds TO pro_operator;

CREATE FUNCTION pro.sending_is_held() RETURNS boolean
    LANGUAGE sql STABLE AS $$ SELECT EXISTS (SELECT FROM pro.sending_holds WHERE released_at IS NULL) $$;

-- For the statement that claims: texts and a hold exclude each other.
CREATE FUNCTION pro.demand_sending(texts integer) RETURNS boolean
    LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF texts > 0 AND pro.sending_is_held() THEN
        RAISE EXCEPTION 'sending is held since a restore' USING ERRCODE = 'PR006';
    END IF;
    RETURN true;
END
$$;

-- What a backup is compared by: how many rows a table holds, and a sum of their hashes that does not
-- depend on their order. Text forms are the same on every server with these settings.
CREATE FUNCTION pro.digest_of_table(schema_name text, table_name text)
    RETURNS TABLE (row_count bigint, digest text)
    LANGUAGE plpgsql STABLE
    SET "TimeZone" = 'UTC' SET "DateStyle" = 'ISO, YMD' SET "IntervalStyle" = 'postgres'
    SET "bytea_output" = 'hex' SET "extra_float_digits" = '1'
    SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY EXECUTE format(
        'SELECT count(*), coalesce(sum((''x'' || substr(h, 1, 15))::bit(60)::bigint), 0)::text || ''-'' '
        '    || coalesce(sum((''x'' || substr(h, 16, 15))::bit(60)::bigint), 0)::text '
        'FROM (SELECT encode(sha256(convert_to(t::text, ''UTF8'')), ''hex'') AS h FROM %I.%I AS t) AS hashed',
        schema_name, table_name);
END
$$;
REVOKE ALL ON FUNCTION pro.digest_of_table(text, text) FROM PUBLIC;

-- A backup is made by the owner under row-level security: what a policy hid from it would be missing.
CREATE FUNCTION pro.tables_hidden_from_owner() RETURNS SETOF text
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT format('%s.%s', n.nspname, c.relname)
    FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p') AND c.relforcerowsecurity AND n.nspowner = 'pro_owner'::regrole
      AND (NOT EXISTS (SELECT FROM pg_policy AS p
                       WHERE p.polrelid = c.oid AND p.polpermissive AND p.polcmd IN ('*', 'r')
                         AND p.polroles && ARRAY[0, 'pro_owner'::regrole::oid]
                         AND pg_get_expr(p.polqual, p.polrelid) = 'true')
           OR EXISTS (SELECT FROM pg_policy AS p
                      WHERE p.polrelid = c.oid AND NOT p.polpermissive AND p.polcmd IN ('*', 'r')
                        AND p.polroles && ARRAY[0, 'pro_owner'::regrole::oid]))
    ORDER BY 1
$$;
REVOKE ALL ON FUNCTION pro.tables_hidden_from_owner() FROM PUBLIC;

SELECT pro.audit_table('sending_holds', updatable => true, columns => ARRAY['id', 'began_at', 'why',
    'backup_at', 'actor', 'released_at', 'released_by', 'release_reason']);
