-- Seals are signed by a key the database does not hold. The database says what the next seal is over,
-- the program signs it, the database stores it if it is still the next. A generation begins where the
-- order of transactions begins anew: after a restore, whose cluster counts them from elsewhere.

-- A generation covers the entries with id > after_entry_id, up to where the next one begins.
CREATE TABLE pro.audit_generations (
    generation integer PRIMARY KEY CHECK (generation > 0),
    began_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    after_entry_id bigint NOT NULL,
    why text NOT NULL CHECK (why <> '')
);
INSERT INTO pro.audit_generations (generation, after_entry_id, why) VALUES (1, 0, 'the beginning');

-- format: NULL is 1, unsigned; none follows a seal of format 2. entry_ids and entry_marks name each entry
-- and the first eight bytes of its SHA-256, in sealing order: they prove nothing, and say which entry it is
-- that a broken seal breaks at.
ALTER TABLE pro.audit_seals
    ADD COLUMN format smallint,
    ADD COLUMN generation integer REFERENCES pro.audit_generations (generation),
    ADD COLUMN key_id text,
    ADD COLUMN signature bytea,
    ADD COLUMN entry_ids bigint[],
    ADD COLUMN entry_marks bigint[],
    ADD CONSTRAINT format_2_is_signed CHECK (coalesce(format, 1) = 1 OR (format = 2
        AND generation IS NOT NULL AND key_id <> '' AND length(signature) = 64
        AND cardinality(entry_ids) = entry_count AND cardinality(entry_marks) = entry_count));

-- The entries a seal covers, as the texts it is over, in its order: by the index, however few are known of,
-- and planned once a session, for there are seals by the hundred thousand.
-- Of format 1 the text is what to_jsonb gave of the thirteen columns entries had then.
CREATE FUNCTION pro.entries_to_seal(of_generation integer, floor_id xid8, ceiling_id xid8)
    RETURNS TABLE (xact_id xid8, id bigint, table_name text, entry text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    SET TimeZone = 'UTC' SET bytea_output = 'hex' SET enable_seqscan = off AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT e.xact_id, e.id, e.table_name, CASE WHEN coalesce(e.format, 1) = 1 THEN jsonb_build_object(
        'id', e.id, 'at', e.at, 'xact_id', e.xact_id, 'study_id', e.study_id, 'table_name', e.table_name,
        'operation', e.operation, 'row_count', e.row_count, 'row_ids', e.row_ids, 'digest', e.digest,
        'changes', e.changes, 'actor', e.actor, 'mode', e.mode, 'reason', e.reason)::text
    ELSE jsonb_build_array(
        e.format, e.id, e.at, e.xact_id, e.study_id, e.table_name, e.operation, e.row_count, e.row_ids,
        e.list_version, e.row_digests, e.digest, e.changes, e.actor, e.mode, e.reason)::text END
    FROM pro.audit_entries AS e
    WHERE e.xact_id >= floor_id AND e.xact_id < ceiling_id
      AND e.id > (SELECT g.after_entry_id FROM pro.audit_generations AS g WHERE g.generation = of_generation)
      AND e.id <= coalesce((SELECT min(g.after_entry_id) FROM pro.audit_generations AS g
                            WHERE g.generation > of_generation), 9223372036854775807)
    ORDER BY e.xact_id, e.id;
END
$$;

CREATE FUNCTION pro.seal_content(of_generation integer, floor_id xid8, ceiling_id xid8, previous bytea)
    RETURNS TABLE (entry_count bigint, sha256 bytea, entry_ids bigint[], entry_marks bigint[])
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT count(*), sha256(previous || string_agg(h.digest, ''::bytea ORDER BY h.xact_id, h.id)),
           array_agg(h.id ORDER BY h.xact_id, h.id),
           array_agg(('x' || encode(substr(h.digest, 1, 8), 'hex'))::bit(64)::bigint
                     ORDER BY h.xact_id, h.id)
    FROM (SELECT e.xact_id, e.id, sha256(convert_to(e.entry, 'UTF8')) AS digest
          FROM pro.entries_to_seal(of_generation, floor_id, ceiling_id) AS e OFFSET 0) AS h;
END
$$;

-- What the next seal is over, if there is anything to seal that no running transaction can precede. What
-- a former generation left is sealed first, all of it: nothing of it runs any more.
CREATE FUNCTION pro.next_seal()
    RETURNS TABLE (id bigint, sealed_at timestamptz, generation integer, after_entry_id bigint,
                   first_xact_id xid8, below_xact_id xid8, entry_count bigint, previous_sha256 bytea,
                   sha256 bytea)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    present_id CONSTANT xid8 := pg_snapshot_xmin(pg_current_snapshot());
    last_seal pro.audit_seals;
    covered record;
    one record;
BEGIN
    SELECT s.* INTO last_seal FROM pro.audit_seals AS s ORDER BY s.id DESC LIMIT 1;
    FOR one IN
        SELECT g.generation, g.after_entry_id,
               CASE WHEN g.generation = coalesce(last_seal.generation, 1)
                    THEN coalesce(last_seal.below_xact_id, '0'::xid8) ELSE '0'::xid8 END AS floor_id,
               CASE WHEN lead(g.generation) OVER (ORDER BY g.generation) IS NULL
                    THEN present_id ELSE '18446744073709551615'::xid8 END AS ceiling_id
        FROM pro.audit_generations AS g
        WHERE g.generation >= coalesce(last_seal.generation, 1)
        ORDER BY g.generation
    LOOP
        SELECT c.entry_count, c.sha256 INTO covered
        FROM pro.seal_content(one.generation, one.floor_id, one.ceiling_id,
                              coalesce(last_seal.sha256, '\x'::bytea)) AS c;
        IF covered.entry_count > 0 THEN
            RETURN QUERY SELECT coalesce(last_seal.id, 0) + 1, clock_timestamp(), one.generation,
                one.after_entry_id, one.floor_id, one.ceiling_id, covered.entry_count,
                coalesce(last_seal.sha256, '\x'::bytea), covered.sha256;
            RETURN;
        END IF;
    END LOOP;
END
$$;

-- Store a signed seal if it follows the last one and is over what it says; else nothing, and false: another
-- worker was quicker. Whether the signature is true, only whoever has the public key can say.
CREATE FUNCTION pro.store_seal(write jsonb) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    last_seal pro.audit_seals;
    told record;
    stored bigint;
BEGIN
    LOCK TABLE pro.audit_seals IN SHARE ROW EXCLUSIVE MODE;
    SELECT s.* INTO last_seal FROM pro.audit_seals AS s ORDER BY s.id DESC LIMIT 1;
    SELECT w.* INTO told FROM jsonb_to_record(write) AS w (id bigint, sealed_at timestamptz,
        generation integer, first_xact_id text, below_xact_id text, entry_count bigint,
        previous_sha256 text, sha256 text, key_id text, signature text);
    IF told.id <> coalesce(last_seal.id, 0) + 1
       OR decode(told.previous_sha256, 'hex') <> coalesce(last_seal.sha256, '\x'::bytea) THEN
        RETURN false;
    END IF;
    INSERT INTO pro.audit_seals (id, sealed_at, format, generation, first_xact_id, below_xact_id,
        entry_count, previous_sha256, sha256, key_id, signature, entry_ids, entry_marks)
    OVERRIDING SYSTEM VALUE
    SELECT told.id, told.sealed_at, 2, told.generation, told.first_xact_id::xid8,
           told.below_xact_id::xid8, c.entry_count, decode(told.previous_sha256, 'hex'), c.sha256,
           told.key_id, decode(told.signature, 'hex'), c.entry_ids, c.entry_marks
    FROM pro.seal_content(told.generation, told.first_xact_id::xid8, told.below_xact_id::xid8,
                          decode(told.previous_sha256, 'hex')) AS c
    WHERE c.entry_count = told.entry_count AND c.sha256 = decode(told.sha256, 'hex')
    RETURNING audit_seals.id INTO stored;
    RETURN stored IS NOT NULL;
END
$$;

-- Begin a generation: whatever is written from now on is ordered anew. After a restore, before the first
-- write. Waits until nobody is writing.
CREATE FUNCTION pro.begin_audit_generation(why text) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    began integer;
BEGIN
    LOCK TABLE pro.audit_seals IN SHARE ROW EXCLUSIVE MODE;
    LOCK TABLE pro.audit_entries IN SHARE MODE;
    INSERT INTO pro.audit_generations (generation, after_entry_id, why)
    SELECT (SELECT max(g.generation) + 1 FROM pro.audit_generations AS g),
           coalesce((SELECT max(e.id) FROM pro.audit_entries AS e), 0), begin_audit_generation.why
    RETURNING generation INTO began;
    RETURN began;
END
$$;

-- Where a broken seal breaks: its entries against what it noted of them.
CREATE FUNCTION pro.seal_deviations(seal bigint)
    RETURNS TABLE (entry_id bigint, table_name text, fault text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH present AS (
        SELECT e.id, e.table_name, ('x' || encode(substr(sha256(convert_to(e.entry, 'UTF8')), 1, 8), 'hex'))
                   ::bit(64)::bigint AS mark
        FROM pro.audit_seals AS s
        CROSS JOIN pro.entries_to_seal(coalesce(s.generation, 1), s.first_xact_id, s.below_xact_id) AS e
        WHERE s.id = seal
    ),
    noted AS (
        SELECT n.id, n.mark
        FROM pro.audit_seals AS s CROSS JOIN unnest(s.entry_ids, s.entry_marks) AS n (id, mark)
        WHERE s.id = seal
    )
    SELECT coalesce(n.id, p.id), p.table_name,
           CASE WHEN p.id IS NULL THEN 'gone' WHEN n.id IS NULL THEN 'added' ELSE 'changed' END
    FROM noted AS n FULL JOIN present AS p ON p.id = n.id
    WHERE p.id IS NULL OR n.id IS NULL OR p.mark <> n.mark
    ORDER BY 1
$$;

-- What the entries of a table say of its rows, one line a row and entry. The planner cannot know how many
-- rows an entry has: whatever joins them is kept from looping over them.
CREATE FUNCTION pro.audit_told_steps(audited text) RETURNS text
    LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT format(
        'told AS MATERIALIZED (SELECT e.id AS entry_id, e.at, i.id::uuid AS row_id, e.list_version, '
        'coalesce(e.format, 1) AS format, e.row_digests[i.place] AS digest, e.digest AS whole '
        'FROM pro.audit_entries AS e '
        'CROSS JOIN LATERAL jsonb_array_elements_text(e.row_ids) WITH ORDINALITY AS i (id, place) '
        'WHERE e.table_name = %L), '
        'last_told AS MATERIALIZED ('
        'SELECT DISTINCT ON (t.row_id) t.* FROM told AS t ORDER BY t.row_id, t.entry_id DESC)', audited)
$$;

-- Entries of format 1 that rows were last described by, against these rows: their digest is over all rows
-- the statement wrote, so what later entries changed at the others is undone first. Where a hash is all
-- that was kept of a change, there is nothing to undo it with, and nothing is said.
CREATE FUNCTION pro.row_faults_of_format_1(audited text)
    RETURNS TABLE (entry_id bigint, row_ids uuid[])
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    SET TimeZone = 'UTC' SET bytea_output = 'hex' SET enable_nestloop = off SET work_mem = '64MB' AS $make$
DECLARE
    listed text[];
    hidden text[];
BEGIN
    SELECT a.columns INTO STRICT listed FROM pro.audit_lists AS a
        WHERE a.table_name = audited AND a.version = 1;
    SELECT coalesce(array_agg(DISTINCT h.name), '{}') INTO hidden
        FROM pro.audit_lists AS a, unnest(a.hashed) AS h (name) WHERE a.table_name = audited;
    RETURN QUERY EXECUTE format($steps$
    WITH %1$s,
    described_at_once AS (
        SELECT t.entry_id, t.row_id, t.whole, t.entry_id = n.entry_id AS is_last
        FROM told AS t JOIN last_told AS n ON n.row_id = t.row_id
        WHERE t.entry_id IN (SELECT l.entry_id FROM last_told AS l WHERE l.format = 1)
    ),
    undone AS (
        SELECT d.entry_id, d.row_id, jsonb_object_agg(c.key, c.value ORDER BY e.id DESC) AS old_values,
               bool_or(c.key = ANY (%3$L::text[])) AS hidden
        FROM described_at_once AS d
        JOIN told AS later ON later.row_id = d.row_id AND later.entry_id > d.entry_id
        JOIN pro.audit_entries AS e ON e.at = later.at AND e.id = later.entry_id
        CROSS JOIN LATERAL jsonb_each(e.changes -> d.row_id::text -> 'old') AS c
        WHERE NOT d.is_last AND c.key = ANY (%4$L::text[])
        GROUP BY d.entry_id, d.row_id
    )
    SELECT d.entry_id, array_agg(d.row_id ORDER BY d.row_id) FILTER (WHERE d.is_last)
    FROM described_at_once AS d
    LEFT JOIN undone AS u ON u.entry_id = d.entry_id AND u.row_id = d.row_id
    LEFT JOIN pro.%2$I AS r ON r.id = d.row_id
    GROUP BY d.entry_id, d.whole
    HAVING count(r.id) = count(*) AND bool_or(u.hidden) IS NOT TRUE
       AND d.whole <> sha256(convert_to(string_agg(
               ((to_jsonb(r) - %5$L::text[]) || coalesce(u.old_values, '{}'))::text, E'\n'
               ORDER BY d.row_id), 'UTF8'))$steps$,
        pro.audit_told_steps(audited), audited, hidden, listed,
        ARRAY(SELECT unnest(pro.columns_of(audited)) EXCEPT SELECT unnest(listed)));
END
$make$;

-- The rows of an audited table against the entries that last described them. `row_ids` has one row wherever
-- it can be said which.
CREATE FUNCTION pro.row_faults(audited text)
    RETURNS TABLE (entry_id bigint, row_ids uuid[], fault text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    SET TimeZone = 'UTC' SET bytea_output = 'hex' SET enable_nestloop = off SET work_mem = '64MB' AS $make$
DECLARE
    digest text;
BEGIN
    SELECT format('CASE l.list_version %s END', string_agg(format('WHEN %s THEN %s', a.version,
               pro.audit_digest_expression(a.columns, pro.columns_of(audited))), ' '))
        INTO digest FROM pro.audit_lists AS a WHERE a.table_name = audited;
    RETURN QUERY EXECUTE format($steps$
    WITH %1$s
    SELECT l.entry_id, ARRAY[coalesce(l.row_id, r.id)],
           CASE WHEN l.row_id IS NULL THEN 'no_entry' WHEN r.id IS NULL THEN 'deleted' ELSE 'changed' END
    FROM last_told AS l FULL JOIN pro.%2$I AS r ON r.id = l.row_id
    WHERE l.row_id IS NULL OR r.id IS NULL OR (l.format = 2 AND l.digest IS DISTINCT FROM %3$s)
    ORDER BY 1$steps$, pro.audit_told_steps(audited), audited, digest);
    IF EXISTS (SELECT FROM pro.audit_entries AS e
               WHERE e.table_name = audited AND coalesce(e.format, 1) = 1) THEN
        RETURN QUERY SELECT f.entry_id, f.row_ids, 'changed' FROM pro.row_faults_of_format_1(audited) AS f;
    END IF;
END
$make$;

CREATE TRIGGER insert_only BEFORE UPDATE OR DELETE ON pro.audit_generations
    FOR EACH ROW EXECUTE FUNCTION pro.refuse_change();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON pro.audit_generations
    FOR EACH STATEMENT EXECUTE FUNCTION pro.refuse_change();

DROP FUNCTION pro.seal_audit(), pro.broken_seals(), pro.audit_entry_text(pro.audit_entries);
GRANT SELECT ON pro.audit_generations TO pro_operator;
REVOKE ALL ON FUNCTION pro.entries_to_seal(integer, xid8, xid8), pro.seal_content(integer, xid8, xid8, bytea),
    pro.next_seal(), pro.store_seal(jsonb), pro.begin_audit_generation(text), pro.seal_deviations(bigint),
    pro.row_faults_of_format_1(text), pro.row_faults(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pro.next_seal(), pro.store_seal(jsonb) TO pro_worker;
GRANT EXECUTE ON FUNCTION pro.begin_audit_generation(text), pro.seal_deviations(bigint),
    pro.row_faults(text), pro.entries_to_seal(integer, xid8, xid8),
    pro.seal_content(integer, xid8, xid8, bytea) TO pro_operator;
