-- Audit format 2. Digests and seals are over named columns in a named order, so that a further column
-- breaks neither. A list says for each audited table and version which columns a digest is over; each row
-- has a digest of its own; whom an entry is about stands in a side table. Entries of format 1 stay what
-- they were, over the columns they had.

-- The newest version of a table holds; an entry names the version its digests were made by. Of `hashed`
-- columns (sealed bytes) `changes` keeps {"sha256": "<hex>"} and never the value.
CREATE TABLE pro.audit_lists (
    table_name text NOT NULL,
    version integer NOT NULL CHECK (version > 0),
    columns text[] NOT NULL CHECK (cardinality(columns) BETWEEN 1 AND 90),
    hashed text[] NOT NULL DEFAULT '{}' CHECK (hashed <@ columns),
    listed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (table_name, version)
);

-- format: NULL is 1. row_digests: one a row, in the order of row_ids. LIST: rows described anew because
-- their table's list changed; nothing of them did.
ALTER TABLE pro.audit_entries
    ADD COLUMN format smallint,
    ADD COLUMN list_version integer,
    ADD COLUMN row_digests bytea[],
    DROP CONSTRAINT audit_entries_operation_check,
    ADD CONSTRAINT audit_entries_operation_check
        CHECK (operation IN ('INSERT', 'UPDATE', 'DELETE', 'LIST')),
    ADD CONSTRAINT format_2_names_its_list CHECK (coalesce(format, 1) = 1 OR (format = 2
        AND list_version IS NOT NULL AND cardinality(row_digests) = row_count));

-- Whom an entry is about. Derived from rows and entries, and no part of the proof: it is made again from
-- them if need be. `at` finds the entry's partition.
CREATE TABLE pro.audit_participants (
    study_id uuid NOT NULL,
    participant_id uuid NOT NULL,
    entry_id bigint NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (study_id, participant_id, entry_id)
);

-- An entry as the text its seal is over. Read it under TimeZone UTC and bytea_output hex only. Of format 1
-- it is what to_jsonb gave of the thirteen columns entries had then.
CREATE FUNCTION pro.audit_entry_text(e pro.audit_entries) RETURNS text
    LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN coalesce(e.format, 1) = 1 THEN jsonb_build_object(
        'id', e.id, 'at', e.at, 'xact_id', e.xact_id, 'study_id', e.study_id, 'table_name', e.table_name,
        'operation', e.operation, 'row_count', e.row_count, 'row_ids', e.row_ids, 'digest', e.digest,
        'changes', e.changes, 'actor', e.actor, 'mode', e.mode, 'reason', e.reason)::text
    ELSE jsonb_build_array(
        e.format, e.id, e.at, e.xact_id, e.study_id, e.table_name, e.operation, e.row_count, e.row_ids,
        e.list_version, e.row_digests, e.digest, e.changes, e.actor, e.mode, e.reason)::text END
$$;

-- The columns a table has now, in its own order.
CREATE FUNCTION pro.columns_of(wanted text) RETURNS text[]
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT array_agg(a.attname::text ORDER BY a.attnum) FROM pg_attribute AS a
    WHERE a.attrelid = format('pro.%I', wanted)::regclass AND a.attnum > 0 AND NOT a.attisdropped
$$;

-- The digest of a row `r`, as an expression: SHA-256 of the JSON array of the listed values. A column
-- that is no longer there reads as null.
CREATE FUNCTION pro.audit_digest_expression(listed text[], present text[]) RETURNS text
    LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT format('sha256(convert_to(jsonb_build_array(%s)::text, ''UTF8''))', string_agg(
        CASE WHEN c.name = ANY (present) THEN format('r.%I', c.name) ELSE 'NULL::text' END, ', '
        ORDER BY c.place))
    FROM unnest(listed) WITH ORDINALITY AS c (name, place)
$$;

-- Rows `r` of a source as the audit sees them: id, study_id, participant_id, actor, mode, reason, digest.
CREATE FUNCTION pro.audit_row_expressions(audited text, listed text[]) RETURNS text
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT format('r.id, %s AS study_id, %s AS participant_id, %s AS actor, %s AS mode, %s AS reason, %s AS digest',
        CASE WHEN 'study_id' = ANY (listed) THEN 'r.study_id' ELSE 'NULL::uuid' END,
        CASE WHEN audited = 'participants' THEN 'r.id'
             WHEN 'participant_id' = ANY (listed) THEN 'r.participant_id' ELSE 'NULL::uuid' END,
        CASE WHEN 'actor' = ANY (listed) THEN 'r.actor' ELSE 'NULL::text' END,
        CASE WHEN 'mode' = ANY (listed) THEN 'r.mode' ELSE 'NULL::text' END,
        CASE WHEN 'reason' = ANY (listed) THEN 'r.reason' ELSE 'NULL::text' END,
        pro.audit_digest_expression(listed, listed))
$$;

-- The frame of a trigger function: %s its name, %s the statement that writes the entry and, from the
-- rows `described`, whom it is about.
CREATE FUNCTION pro.write_audit_function(name text, audited text, listed text[], steps text) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $make$
BEGIN
    EXECUTE format($frame$
        CREATE OR REPLACE FUNCTION pro.%I() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
            SET search_path = pg_catalog, pg_temp SET TimeZone = 'UTC' SET bytea_output = 'hex' AS %L
        $frame$, name, format($body$
DECLARE
    written bigint;
BEGIN
    IF NOT EXISTS (SELECT FROM new_rows) THEN
        RETURN NULL;
    END IF;
    %s
    %s;
    RETURN NULL;
END
$body$, steps, CASE WHEN audited = 'participants' OR 'participant_id' = ANY (listed) THEN
        $about$INSERT INTO pro.audit_participants (study_id, participant_id, entry_id, at)
    SELECT DISTINCT d.study_id, d.participant_id, e.id, e.at
    FROM entry AS e CROSS JOIN described AS d WHERE d.participant_id IS NOT NULL$about$
        ELSE 'SELECT count(*) INTO written FROM entry' END));
END
$make$;

-- Both trigger functions of a table, written out from its newest list: no statement is put together while
-- a row is being written.
CREATE FUNCTION pro.write_audit_functions(audited text) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $make$
DECLARE
    list pro.audit_lists;
    hidden text;
    document text := 'to_jsonb(r)';
BEGIN
    SELECT l.* INTO STRICT list FROM pro.audit_lists AS l
        WHERE l.table_name = audited ORDER BY l.version DESC LIMIT 1;
    FOREACH hidden IN ARRAY list.hashed LOOP
        document := document || format(
            ' || jsonb_build_object(%L, CASE WHEN r.%I IS NOT NULL THEN '
            'jsonb_build_object(''sha256'', encode(sha256(r.%I), ''hex'')) END)', hidden, hidden, hidden);
    END LOOP;
    PERFORM pro.write_audit_function('audit_insert_of_' || audited, audited, list.columns, format($steps$
    WITH described AS MATERIALIZED (SELECT %1$s FROM new_rows AS r),
    entry AS (
        INSERT INTO pro.audit_entries (format, list_version, study_id, table_name, operation, row_count,
            row_ids, row_digests, digest, actor, mode, reason)
        SELECT 2, %2$s, min(d.study_id::text)::uuid, %3$L, 'INSERT', count(*),
               jsonb_agg(d.id ORDER BY d.id), array_agg(d.digest ORDER BY d.id),
               sha256(string_agg(d.digest, ''::bytea ORDER BY d.id)),
               coalesce(min(d.actor), pro.audit_actor(false)), min(d.mode),
               coalesce(min(d.reason), nullif(current_setting('pro.reason', true), ''))
        FROM described AS d
        RETURNING id, at
    )$steps$, pro.audit_row_expressions(audited, list.columns), list.version, audited));
    -- A row that was written as it was leaves nothing; whether it was, its digest says.
    PERFORM pro.write_audit_function('audit_update_of_' || audited, audited, list.columns, format($steps$
    WITH new_state AS MATERIALIZED (SELECT %1$s, %2$s AS document FROM new_rows AS r),
    old_state AS MATERIALIZED (SELECT r.id, %4$s AS digest, %2$s AS document FROM old_rows AS r),
    described AS MATERIALIZED (
        SELECT n.id, n.study_id, n.participant_id, n.digest,
               (SELECT jsonb_object_agg(e.key, e.value) FROM jsonb_each(o.document) AS e
                WHERE e.value IS DISTINCT FROM n.document -> e.key) AS old_values,
               (SELECT jsonb_object_agg(e.key, e.value) FROM jsonb_each(n.document) AS e
                WHERE e.value IS DISTINCT FROM o.document -> e.key) AS new_values
        FROM new_state AS n JOIN old_state AS o ON o.id = n.id
        WHERE o.digest <> n.digest
    ),
    entry AS (
        INSERT INTO pro.audit_entries (format, list_version, study_id, table_name, operation, row_count,
            row_ids, row_digests, digest, changes, actor, reason)
        SELECT 2, %5$s, min(d.study_id::text)::uuid, %3$L, 'UPDATE', count(*),
               jsonb_agg(d.id ORDER BY d.id), array_agg(d.digest ORDER BY d.id),
               sha256(string_agg(d.digest, ''::bytea ORDER BY d.id)),
               jsonb_object_agg(d.id, jsonb_build_object('old', d.old_values, 'new', d.new_values)),
               pro.audit_actor(coalesce((SELECT u.reason_on_update FROM pro.audit_rules AS u
                                         WHERE u.table_name = %3$L), false)),
               nullif(current_setting('pro.reason', true), '')
        FROM described AS d
        HAVING count(*) > 0
        RETURNING id, at
    )$steps$, pro.audit_row_expressions(audited, list.columns), document, audited,
        pro.audit_digest_expression(list.columns, list.columns), list.version));
END
$make$;

-- Describe rows that are there by entries of their own, a thousand an entry: all, or those in which one
-- of some columns holds something.
CREATE FUNCTION pro.describe_rows(audited text, why text, holding text[] DEFAULT NULL) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET TimeZone = 'UTC' SET bytea_output = 'hex'
    AS $$
DECLARE
    list pro.audit_lists;
BEGIN
    SELECT l.* INTO STRICT list FROM pro.audit_lists AS l
        WHERE l.table_name = audited ORDER BY l.version DESC LIMIT 1;
    EXECUTE format($steps$
    WITH described AS MATERIALIZED (
        SELECT %1$s, (row_number() OVER (ORDER BY r.id) - 1) / 1000 AS part FROM pro.%2$I AS r WHERE %3$s
    ),
    entry AS (
        INSERT INTO pro.audit_entries (format, list_version, study_id, table_name, operation, row_count,
            row_ids, row_digests, digest, actor, reason)
        SELECT 2, %4$s, min(d.study_id::text)::uuid, %2$L, 'LIST', count(*),
               jsonb_agg(d.id ORDER BY d.id), array_agg(d.digest ORDER BY d.id),
               sha256(string_agg(d.digest, ''::bytea ORDER BY d.id)),
               coalesce(nullif(current_setting('pro.actor', true), ''), 'service:migration'), %5$L
        FROM described AS d
        GROUP BY d.study_id, d.part
        RETURNING id, at, row_ids
    )
    INSERT INTO pro.audit_participants (study_id, participant_id, entry_id, at)
    SELECT DISTINCT d.study_id, d.participant_id, e.id, e.at
    FROM entry AS e
    CROSS JOIN jsonb_array_elements_text(e.row_ids) AS i (id)
    JOIN described AS d ON d.id = i.id::uuid
    WHERE d.participant_id IS NOT NULL$steps$,
        pro.audit_row_expressions(audited, list.columns), audited,
        CASE WHEN holding IS NULL THEN 'true' ELSE (
            SELECT format('num_nonnulls(%s) > 0', string_agg(format('r.%I', h.name), ', '))
            FROM unnest(holding) AS h (name)) END, list.version, why);
END
$$;

-- Say, in the migration that changes an audited table, which columns it has now: the next version of its
-- list. `hashed` unsaid stays what it was. Rows are described anew where the digests they have cannot
-- speak of them: all of them when a column went, those that hold something in a new one otherwise.
CREATE FUNCTION pro.list_audited(audited text, columns text[], hashed text[] DEFAULT NULL) RETURNS integer
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    before pro.audit_lists;
    present text[] := pro.columns_of(audited);
    wrong text;
BEGIN
    SELECT l.* INTO before FROM pro.audit_lists AS l
        WHERE l.table_name = audited ORDER BY l.version DESC LIMIT 1;
    hashed := coalesce(hashed, ARRAY(SELECT unnest(before.hashed) INTERSECT SELECT unnest(columns)));
    SELECT string_agg(coalesce(l.name, p.name), ', ') INTO wrong
        FROM unnest(columns) AS l (name) FULL JOIN unnest(present) AS p (name) ON p.name = l.name
        WHERE l.name IS NULL OR p.name IS NULL;
    IF wrong IS NOT NULL OR cardinality(columns) <> cardinality(present) THEN
        RAISE EXCEPTION 'the audit list of % and the columns it has differ: %', audited,
            coalesce(wrong, 'one is named twice') USING HINT = 'Name every column once.';
    END IF;
    SELECT string_agg(a.attname, ', ') INTO wrong FROM pg_attribute AS a
        WHERE a.attrelid = format('pro.%I', audited)::regclass AND a.attname = ANY (hashed)
          AND a.atttypid <> 'bytea'::regtype;
    IF wrong IS NOT NULL THEN
        RAISE EXCEPTION 'only sealed bytes are kept as a hash, and these columns of % hold others: %',
            audited, wrong USING HINT = 'Seal them first.';
    END IF;
    INSERT INTO pro.audit_lists (table_name, version, columns, hashed)
        VALUES (audited, coalesce(before.version, 0) + 1, columns, hashed);
    PERFORM pro.write_audit_functions(audited);
    IF before.version IS NULL THEN
        RETURN 1;
    END IF;
    IF NOT before.columns <@ columns THEN
        PERFORM pro.describe_rows(audited, 'a column went');
    ELSIF NOT columns <@ before.columns THEN
        PERFORM pro.describe_rows(audited, 'a column came',
            ARRAY(SELECT unnest(columns) EXCEPT SELECT unnest(before.columns)));
    END IF;
    RETURN before.version + 1;
END
$$;

-- Begin to audit a table: its triggers and version 1 of its list. Where rows are never updated, that is
-- refused from now on, and so is emptying it. Rows that are there already are described.
CREATE FUNCTION pro.audit_table(audited text, updatable boolean, columns text[], hashed text[] DEFAULT '{}')
    RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM pro.list_audited(audited, columns, hashed);
    EXECUTE format('CREATE TRIGGER audit_insert AFTER INSERT ON pro.%I REFERENCING NEW TABLE AS new_rows '
        'FOR EACH STATEMENT EXECUTE FUNCTION pro.%I()', audited, 'audit_insert_of_' || audited);
    IF updatable THEN
        EXECUTE format('CREATE TRIGGER audit_update AFTER UPDATE ON pro.%I '
            'REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows '
            'FOR EACH STATEMENT EXECUTE FUNCTION pro.%I()', audited, 'audit_update_of_' || audited);
    ELSE
        EXECUTE format('CREATE TRIGGER insert_only BEFORE UPDATE OR DELETE ON pro.%I '
            'FOR EACH ROW EXECUTE FUNCTION pro.refuse_change()', audited);
        EXECUTE format('CREATE TRIGGER never_emptied BEFORE TRUNCATE ON pro.%I '
            'FOR EACH STATEMENT EXECUTE FUNCTION pro.refuse_change()', audited);
    END IF;
    PERFORM pro.describe_rows(audited, 'audited from now on');
END
$$;

-- The tables audited so far: version 1 names the columns they have. Their old entries speak of these.
DO $$
DECLARE
    old_trigger record;
BEGIN
    FOR old_trigger IN
        SELECT c.relname::text AS audited, t.tgname, t.tgfoid = 'pro.audit_update'::regproc AS updates
        FROM pg_trigger AS t JOIN pg_class AS c ON c.oid = t.tgrelid
        WHERE t.tgfoid IN ('pro.audit_insert'::regproc, 'pro.audit_update'::regproc)
        ORDER BY c.relname, t.tgname
    LOOP
        IF NOT old_trigger.updates THEN
            PERFORM pro.list_audited(old_trigger.audited, pro.columns_of(old_trigger.audited));
        END IF;
        EXECUTE format('DROP TRIGGER %I ON pro.%I', old_trigger.tgname, old_trigger.audited);
        EXECUTE format('CREATE TRIGGER %I AFTER %s ON pro.%I REFERENCING %s NEW TABLE AS new_rows '
            'FOR EACH STATEMENT EXECUTE FUNCTION pro.%I()', old_trigger.tgname,
            CASE WHEN old_trigger.updates THEN 'UPDATE' ELSE 'INSERT' END, old_trigger.audited,
            CASE WHEN old_trigger.updates THEN 'OLD TABLE AS old_rows' ELSE '' END,
            old_trigger.tgname || '_of_' || old_trigger.audited);
    END LOOP;
END
$$;
DROP FUNCTION pro.audit_insert(), pro.audit_update();

-- Whom the entries of format 1 are about, as far as their rows say it. Freshly restored tables have no
-- statistics, and without them this takes a hundred times as long.
DO $$
DECLARE
    list pro.audit_lists;
BEGIN
    ANALYZE pro.audit_entries;
    FOR list IN SELECT l.* FROM pro.audit_lists AS l
        WHERE l.table_name = 'participants' OR 'participant_id' = ANY (l.columns)
    LOOP
        EXECUTE format('ANALYZE pro.%I', list.table_name);
        EXECUTE format($steps$
            INSERT INTO pro.audit_participants (study_id, participant_id, entry_id, at)
            SELECT DISTINCT r.study_id, r.%I, e.id, e.at
            FROM pro.audit_entries AS e
            CROSS JOIN jsonb_array_elements_text(e.row_ids) AS i (id)
            JOIN pro.%I AS r ON r.study_id = e.study_id AND r.id = i.id::uuid
            WHERE e.table_name = %L AND r.%1$I IS NOT NULL$steps$,
            CASE list.table_name WHEN 'participants' THEN 'id' ELSE 'participant_id' END,
            list.table_name, list.table_name);
    END LOOP;
END
$$;

CREATE TRIGGER insert_only BEFORE UPDATE OR DELETE ON pro.audit_lists
    FOR EACH ROW EXECUTE FUNCTION pro.refuse_change();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON pro.audit_lists
    FOR EACH STATEMENT EXECUTE FUNCTION pro.refuse_change();
GRANT SELECT ON pro.audit_lists, pro.audit_participants TO pro_operator;
REVOKE ALL ON FUNCTION pro.write_audit_function(text, text, text[], text), pro.write_audit_functions(text),
    pro.describe_rows(text, text, text[]), pro.list_audited(text, text[], text[]),
    pro.audit_table(text, boolean, text[], text[]) FROM PUBLIC;

-- Seals over entries of either format.
CREATE OR REPLACE FUNCTION pro.seal_audit() RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    SET TimeZone = 'UTC' SET bytea_output = 'hex' AS $$
DECLARE
    floor_id xid8;
    ceiling_id xid8;
    previous bytea;
    sealed bigint;
BEGIN
    LOCK TABLE pro.audit_seals IN SHARE ROW EXCLUSIVE MODE;
    ceiling_id := pg_snapshot_xmin(pg_current_snapshot());
    SELECT s.below_xact_id, s.sha256 INTO floor_id, previous
        FROM pro.audit_seals AS s ORDER BY s.id DESC LIMIT 1;
    floor_id := coalesce(floor_id, '0'::xid8);
    previous := coalesce(previous, '\x'::bytea);
    INSERT INTO pro.audit_seals (first_xact_id, below_xact_id, entry_count, previous_sha256, sha256)
    SELECT floor_id, ceiling_id, count(*), previous,
           sha256(previous || string_agg(sha256(convert_to(pro.audit_entry_text(e), 'UTF8')), ''::bytea
                                         ORDER BY e.xact_id, e.id))
    FROM pro.audit_entries AS e
    WHERE e.xact_id >= floor_id AND e.xact_id < ceiling_id
    HAVING count(*) > 0
    RETURNING entry_count INTO sealed;
    RETURN coalesce(sealed, 0);
END
$$;

CREATE OR REPLACE FUNCTION pro.broken_seals() RETURNS SETOF bigint
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    SET TimeZone = 'UTC' SET bytea_output = 'hex' AS $$
    SELECT s.id
    FROM pro.audit_seals AS s
    LEFT JOIN pro.audit_seals AS p ON p.id = (SELECT max(b.id) FROM pro.audit_seals AS b WHERE b.id < s.id)
    CROSS JOIN LATERAL (
        SELECT count(*) AS entry_count,
               sha256(s.previous_sha256
                      || string_agg(sha256(convert_to(pro.audit_entry_text(e), 'UTF8')), ''::bytea
                                    ORDER BY e.xact_id, e.id)) AS sha256
        FROM pro.audit_entries AS e
        WHERE e.xact_id >= s.first_xact_id AND e.xact_id < s.below_xact_id
    ) AS again
    WHERE again.entry_count <> s.entry_count OR again.sha256 IS DISTINCT FROM s.sha256
       OR s.previous_sha256 <> coalesce(p.sha256, '\x'::bytea)
    ORDER BY s.id
$$;
