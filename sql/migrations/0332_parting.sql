-- A study goes to a database of its own: in a copy, everything that belongs to other studies is taken out, and so
-- are people who work in none that stays. Triggers and keys refuse that everywhere else, so whoever calls this must
-- have passed by them, which only a superuser can.

-- A backup of some studies alone is none of the database, but who is erased is told of it like of any other.
ALTER TABLE pro.backups ADD COLUMN of_studies uuid[] CHECK (cardinality(of_studies) > 0);
COMMENT ON COLUMN pro.backups.of_studies IS 'Empty: it is of the whole database.';
SELECT pro.list_audited('backups', ARRAY['id', 'file_name', 'made_at', 'kept_until', 'actor', 'of_studies']);
GRANT SELECT (of_studies) ON pro.backups TO pro_worker;

-- People whom nothing that stays names, and what is of a person rather than of a study.
CREATE FUNCTION pro.keep_only_members() RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    staying uuid[];
BEGIN
    WITH RECURSIVE named AS (
        SELECT s.person_id AS id FROM pro.staff AS s
        UNION SELECT n.person_id FROM pro.staff_sessions AS n WHERE n.study_id IS NOT NULL
        UNION SELECT e.person_id FROM pro.staff_events AS e WHERE e.study_id IS NOT NULL
    ), held AS (
        SELECT n.id FROM named AS n WHERE n.id IS NOT NULL
        UNION
        SELECT o.id FROM held AS h CROSS JOIN LATERAL (
            SELECT p.joined_to AS id FROM pro.people AS p WHERE p.id = h.id
            UNION ALL SELECT g.answers_id FROM pro.programs AS g WHERE g.id = h.id) AS o
        WHERE o.id IS NOT NULL
    )
    SELECT coalesce(array_agg(h.id), '{}') INTO staying FROM held AS h;
    DELETE FROM pro.people AS p WHERE p.id <> ALL (staying);
    DELETE FROM pro.programs AS g WHERE g.id <> ALL (staying);
    DELETE FROM pro.person_passwords AS w WHERE w.person_id <> ALL (staying);
    DELETE FROM pro.person_factors AS f WHERE f.person_id <> ALL (staying);
    DELETE FROM pro.person_passkeys AS k WHERE k.person_id <> ALL (staying);
    DELETE FROM pro.account_links AS l WHERE l.person_id <> ALL (staying);
    -- A try or an event without a study or a person has an address, and nobody can say whose.
    DELETE FROM pro.staff_sessions AS n WHERE n.study_id IS NULL AND n.person_id <> ALL (staying);
    DELETE FROM pro.staff_events AS e
    WHERE e.study_id IS NULL AND (e.person_id IS NULL OR e.person_id <> ALL (staying));
    DELETE FROM pro.sign_in_tries AS t WHERE t.person_id IS NULL OR t.person_id <> ALL (staying);
    DELETE FROM pro.entry_tries;
    DELETE FROM pro.paces;
    -- What belongs to those goes with them, also where a factor went with the study it was made through.
    DELETE FROM pro.person_factor_ends AS e WHERE NOT EXISTS (SELECT FROM pro.person_factors AS f WHERE f.id = e.factor_id);
    DELETE FROM pro.person_factor_uses AS u WHERE NOT EXISTS (SELECT FROM pro.person_factors AS f WHERE f.id = u.factor_id);
    DELETE FROM pro.person_passkey_ends AS e WHERE NOT EXISTS (SELECT FROM pro.person_passkeys AS k WHERE k.id = e.passkey_id);
    DELETE FROM pro.person_passkey_uses AS u WHERE NOT EXISTS (SELECT FROM pro.person_passkeys AS k WHERE k.id = u.passkey_id);
    DELETE FROM pro.account_link_ends AS e WHERE NOT EXISTS (SELECT FROM pro.account_links AS l WHERE l.id = e.link_id);
END
$$;
REVOKE ALL ON FUNCTION pro.keep_only_members() FROM PUBLIC;

-- Entries of no study say nothing any more of rows that are gone; of an entry about several, what is left stays.
CREATE FUNCTION pro.forget_entries_of_gone(audited text) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    EXECUTE format($steps$
    WITH told AS MATERIALIZED (
        SELECT e.at, e.id, e.row_digests, e.changes, i.row_id, i.place, r.id IS NOT NULL AS is_here
        FROM pro.audit_entries AS e
        CROSS JOIN LATERAL jsonb_array_elements_text(e.row_ids) WITH ORDINALITY AS i (row_id, place)
        LEFT JOIN pro.%1$I AS r ON r.id = i.row_id::uuid
        WHERE e.study_id IS NULL AND e.table_name = %1$L
    ), left_over AS MATERIALIZED (
        SELECT t.at, t.id, count(*) FILTER (WHERE t.is_here) AS row_count,
               jsonb_agg(t.row_id ORDER BY t.place) FILTER (WHERE t.is_here) AS row_ids,
               array_agg(t.row_digests[t.place] ORDER BY t.place) FILTER (WHERE t.is_here) AS row_digests,
               sha256(string_agg(t.row_digests[t.place], ''::bytea ORDER BY t.place) FILTER (WHERE t.is_here))
                   AS digest,
               jsonb_object_agg(t.row_id, t.changes -> t.row_id) FILTER (WHERE t.is_here) AS changes
        FROM told AS t GROUP BY t.at, t.id HAVING NOT bool_and(t.is_here)
    ), cut AS (
        UPDATE pro.audit_entries AS e
        SET row_count = o.row_count, row_ids = o.row_ids, changes = CASE WHEN e.changes IS NOT NULL THEN o.changes END,
            row_digests = CASE WHEN e.format = 2 THEN o.row_digests END,
            digest = CASE WHEN e.format = 2 THEN o.digest ELSE e.digest END
        FROM left_over AS o WHERE e.at = o.at AND e.id = o.id AND o.row_count > 0
    )
    DELETE FROM pro.audit_entries AS e USING left_over AS o WHERE e.at = o.at AND e.id = o.id AND o.row_count = 0
    $steps$, audited);
END
$$;
REVOKE ALL ON FUNCTION pro.forget_entries_of_gone(text) FROM PUBLIC;

-- Foreign keys by which a row names one that is not there: nothing looked while keys were passed by.
CREATE FUNCTION pro.dangling_keys() RETURNS SETOF text
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    one record;
    dangles boolean;
BEGIN
    FOR one IN
        SELECT c.conname, c.conrelid::regclass AS referring, c.confrelid::regclass AS named,
               string_agg(format('r.%I IS NOT NULL', a.attname), ' AND ') AS given,
               string_agg(format('n.%I = r.%I', b.attname, a.attname), ' AND ') AS same
        FROM pg_constraint AS c
        CROSS JOIN LATERAL unnest(c.conkey, c.confkey) AS k (here, there)
        JOIN pg_attribute AS a ON a.attrelid = c.conrelid AND a.attnum = k.here
        JOIN pg_attribute AS b ON b.attrelid = c.confrelid AND b.attnum = k.there
        WHERE c.contype = 'f' AND c.connamespace = 'pro'::regnamespace AND c.conparentid = 0
        GROUP BY c.oid, c.conname, c.conrelid, c.confrelid
    LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM %s AS r WHERE %s AND NOT EXISTS (SELECT FROM %s AS n WHERE %s))',
            one.referring, one.given, one.named, one.same) INTO dangles;
        IF dangles THEN
            RETURN NEXT format('%s of %s', one.conname, one.referring);
        END IF;
    END LOOP;
END
$$;
REVOKE ALL ON FUNCTION pro.dangling_keys() FROM PUBLIC;

-- How many people who stay have no second factor any more: theirs was sealed under another study's key.
CREATE FUNCTION pro.keep_only_studies(kept uuid[]) RETURNS bigint
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    one record;
    audited text;
    had uuid[] := (SELECT array_agg(f.person_id) FROM pro.present_factors AS f);
    dangling text;
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
    END LOOP;
    PERFORM pro.keep_only_members();
    DELETE FROM pro.backups AS b WHERE NOT b.of_studies && kept;
    FOREACH audited IN ARRAY ARRAY['studies', 'backups', 'people', 'programs', 'person_passwords', 'person_factors',
        'person_factor_ends', 'person_factor_uses', 'person_passkeys', 'person_passkey_ends', 'person_passkey_uses',
        'account_links', 'account_link_ends']
    LOOP
        PERFORM pro.forget_entries_of_gone(audited);
    END LOOP;
    -- They were over entries of all studies. The next worker seals what is left, in its order, under its key.
    DELETE FROM pro.audit_seals;
    SELECT string_agg(d.key, ', ') INTO dangling FROM pro.dangling_keys() AS d (key);
    IF dangling IS NOT NULL THEN
        RAISE EXCEPTION 'what is left names rows that were taken out, and could not be restored: %', dangling
            USING ERRCODE = 'PR007';
    END IF;
    RETURN (SELECT count(*) FROM pro.people AS p
            WHERE p.id = ANY (had)
              AND NOT EXISTS (SELECT FROM pro.present_factors AS f WHERE f.person_id = p.id));
END
$$;
REVOKE ALL ON FUNCTION pro.keep_only_studies(uuid[]) FROM PUBLIC;
