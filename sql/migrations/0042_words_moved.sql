-- What staff had written before there were notes is moved into notes. The database cannot seal, so the
-- program does it, with the keys, as the owner, a batch of participants a transaction: the words of rows
-- and of audit entries become references, rows are described anew, and of each entry that changes the hash
-- it was sealed under is kept. What is here: where words are, and the steps of a batch.

-- A run that found nothing left; there is nothing to look for after it.
CREATE TABLE pro.word_moves (
    finished_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    rows_moved integer NOT NULL,
    entries_moved integer NOT NULL
);

-- Entries whose words were moved. Seals are over the hash an entry had (before_sha256); what it is now is
-- held by after_sha256, and that by the digest of the row here, in an entry of its own. With the
-- participant's key the words can be put back, and the hash they give compared.
CREATE TABLE pro.audit_moved (
    study_id uuid NOT NULL,
    id uuid NOT NULL,
    participant_id uuid NOT NULL,
    entry_id bigint NOT NULL UNIQUE,
    entry_at timestamptz NOT NULL,
    before_sha256 bytea NOT NULL CHECK (length(before_sha256) = 32),
    after_sha256 bytea NOT NULL CHECK (length(after_sha256) = 32),
    recorded_at timestamptz NOT NULL DEFAULT pro.now(),
    actor text NOT NULL,
    PRIMARY KEY (study_id, id),
    FOREIGN KEY (study_id, participant_id) REFERENCES pro.participants (study_id, id)
);
SELECT pro.audit_table('audit_moved', updatable => false, columns => ARRAY['study_id', 'id',
    'participant_id', 'entry_id', 'entry_at', 'before_sha256', 'after_sha256', 'recorded_at', 'actor']);
GRANT SELECT ON pro.audit_moved TO pro_operator;

-- The columns in which staff's words stood.
CREATE FUNCTION pro.columns_of_words() RETURNS TABLE (table_name text, column_name text)
    LANGUAGE sql IMMUTABLE AS $$
    VALUES ('alerts', 'action'), ('call_tasks', 'outcome'), ('cards', 'reason'), ('contact_points', 'reason'),
           ('events', 'reason'), ('messages', 'dealt_note'), ('opt_outs', 'end_reason'), ('opt_outs', 'reason'),
           ('statuses', 'reason'), ('visits', 'superseded_reason')
$$;

-- Whether staff may have written this: anything the program does not say itself.
CREATE FUNCTION pro.is_of_staff(said text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT said <> '' AND pro.note_of(said) IS NULL AND said <> ALL (ARRAY[
        'enrolled', 'first card', 'answered', 'declined', 'window closed', 'confirmed by text',
        'said so by text', 'said so on the page', 'told the provider to stop',
        'chosen on the participant''s page', 'the schedule follows an event',
        'the participant''s code was typed on it', 'the provider says that nothing reaches it',
        'recorded by an operator',
        'a column came', 'a column went', 'audited from now on', 'words moved into notes'])
$$;

-- Words that stand in rows.
CREATE FUNCTION pro.words_in_rows()
    RETURNS TABLE (study_id uuid, participant_id uuid, table_name text, column_name text, id uuid, said text,
                   recorded_at timestamptz, actor text)
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    place record;
BEGIN
    FOR place IN SELECT c.table_name, c.column_name FROM pro.columns_of_words() AS c LOOP
        RETURN QUERY EXECUTE format(
            'SELECT r.study_id, r.participant_id, %L, %L, r.id, r.%I, r.recorded_at, %s FROM pro.%I AS r '
            'WHERE pro.is_of_staff(r.%I) AND r.participant_id IS NOT NULL',
            place.table_name, place.column_name, place.column_name,
            CASE place.column_name WHEN 'action' THEN 'r.acted_by' WHEN 'outcome' THEN 'r.closed_by'
                 WHEN 'dealt_note' THEN 'r.dealt_by' WHEN 'end_reason' THEN 'r.ended_by' ELSE 'r.actor' END,
            place.table_name, place.column_name);
    END LOOP;
END
$$;

-- Words that stand in audit entries, with the path to them in `changes`; no path: they are the reason. An
-- entry that names no participant is about whom its transaction was about. The reason of a rescoring is
-- about nobody, and why a call is to be made is the program's word,
-- as is the reason of a migration.
CREATE FUNCTION pro.words_in_entries()
    RETURNS TABLE (study_id uuid, participant_id uuid, entry_id bigint, at timestamptz, path text[],
                   said text, actor text)
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH words AS MATERIALIZED (
        SELECT e.study_id, e.id, e.at, e.xact_id, e.actor, w.path, w.said
        FROM pro.audit_entries AS e
        CROSS JOIN LATERAL (
            SELECT NULL::text[] AS path, e.reason AS said
            WHERE e.table_name = ANY (ARRAY['alerts', 'call_tasks', 'cards', 'contact_points', 'events',
                'invitations', 'lines', 'messages', 'opt_outs', 'participant_sites', 'participants', 'reminders',
                'statuses', 'visits'])
              AND (e.table_name, e.operation) <> ('call_tasks', 'INSERT')
              AND e.operation <> 'LIST' AND e.actor NOT IN ('cli:migrate', 'service:migration')
            UNION ALL
            SELECT ARRAY[r.id, s.side, v.name], v.said
            FROM jsonb_each(e.changes) AS r (id, sides)
            CROSS JOIN LATERAL jsonb_each(r.sides) AS s (side, told)
            CROSS JOIN LATERAL jsonb_each_text(
                CASE WHEN jsonb_typeof(s.told) = 'object' THEN s.told END) AS v (name, said)
            WHERE e.changes IS NOT NULL AND (e.table_name, v.name) IN (
                SELECT c.table_name, c.column_name FROM pro.columns_of_words() AS c)
        ) AS w
        WHERE pro.is_of_staff(w.said)
    )
    SELECT w.study_id, coalesce(
               (SELECT min(p.participant_id::text) FROM pro.audit_participants AS p
                WHERE p.entry_id = w.id AND p.at = w.at),
               (SELECT min(p.participant_id::text) FROM pro.audit_entries AS e
                JOIN pro.audit_participants AS p ON p.entry_id = e.id AND p.at = e.at
                WHERE e.xact_id = w.xact_id))::uuid,
           w.id, w.at, w.path, w.said, w.actor
    FROM words AS w
$$;
CREATE INDEX participants_of_entry ON pro.audit_participants (entry_id);

-- An entry as the text its seal is over, one at a time; `entries_to_seal` has it written out, for speed.
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

-- Put references in the place of words, and describe the rows anew, with those an entry of format 1
-- describes by one digest together with them. The triggers that would refuse it, or keep the words as what
-- was there before, are off for this: only the owner can do that.
CREATE FUNCTION pro.move_words(audited text, name text, study uuid, ids uuid[], said text[]) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    together uuid[];
BEGIN
    EXECUTE format('ALTER TABLE pro.%I DISABLE TRIGGER USER', audited);
    EXECUTE format('UPDATE pro.%1$I AS r SET %2$I = g.said FROM unnest($1, $2) AS g (id, said) '
        'WHERE r.study_id = $3 AND r.id = g.id AND pro.is_of_staff(r.%2$I)', audited, name)
        USING ids, said, study;
    EXECUTE format('ALTER TABLE pro.%I ENABLE TRIGGER USER', audited);
    EXECUTE format($steps$
        SELECT array_agg(DISTINCT i.id::uuid) FROM pro.audit_participants AS p
        JOIN pro.audit_entries AS e ON e.at = p.at AND e.id = p.entry_id
        CROSS JOIN LATERAL jsonb_array_elements_text(e.row_ids) AS i (id)
        WHERE p.study_id = $1 AND e.table_name = %1$L AND coalesce(e.format, 1) = 1
          AND e.row_ids ?| $2::text[]
          AND p.participant_id IN (SELECT r.participant_id FROM pro.%1$I AS r
                                   WHERE r.study_id = $1 AND r.id = ANY ($2))$steps$, audited)
        INTO together USING study, ids;
    PERFORM pro.describe_rows(audited, 'words moved into notes', only_ids => ids || together);
END
$$;

-- The same in audit entries; `moves`: entry_id, at, study_id, participant_id, id, and said: path, text.
CREATE FUNCTION pro.move_words_of_entries(moves jsonb) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
    SET TimeZone = 'UTC' SET bytea_output = 'hex' AS $$
DECLARE
    one record;
    put record;
    entry pro.audit_entries;
    kept jsonb := '[]';
    before bytea;
BEGIN
    ALTER TABLE pro.audit_entries DISABLE TRIGGER USER;
    FOR one IN SELECT m.* FROM jsonb_to_recordset(moves) AS m (entry_id bigint, at timestamptz,
                   study_id uuid, participant_id uuid, id uuid, said jsonb)
    LOOP
        SELECT e.* INTO STRICT entry FROM pro.audit_entries AS e WHERE e.at = one.at AND e.id = one.entry_id;
        before := sha256(convert_to(pro.audit_entry_text(entry), 'UTF8'));
        FOR put IN SELECT s.* FROM jsonb_to_recordset(one.said) AS s (path text[], text text) LOOP
            IF put.path IS NULL THEN
                entry.reason := put.text;
            ELSE
                entry.changes := jsonb_set(entry.changes, put.path, to_jsonb(put.text));
            END IF;
        END LOOP;
        UPDATE pro.audit_entries AS e SET reason = entry.reason, changes = entry.changes
            WHERE e.at = one.at AND e.id = one.entry_id;
        kept := kept || jsonb_build_object('id', one.id, 'study_id', one.study_id, 'participant_id',
            one.participant_id, 'entry_id', one.entry_id, 'entry_at', one.at, 'before', encode(before, 'hex'),
            'after', encode(sha256(convert_to(pro.audit_entry_text(entry), 'UTF8')), 'hex'));
    END LOOP;
    ALTER TABLE pro.audit_entries ENABLE TRIGGER USER;
    INSERT INTO pro.audit_moved (study_id, id, participant_id, entry_id, entry_at, before_sha256,
        after_sha256, actor)
    SELECT k.study_id, k.id, k.participant_id, k.entry_id, k.entry_at, decode(k.before, 'hex'),
           decode(k.after, 'hex'), current_setting('pro.actor')
    FROM jsonb_to_recordset(kept) AS k (id uuid, study_id uuid, participant_id uuid, entry_id bigint,
        entry_at timestamptz, before text, after text);
END
$$;

-- Describe rows that are there by entries of their own, a thousand an entry: all, or those in which one
-- of some columns holds something, or those named.
DROP FUNCTION pro.describe_rows(text, text, text[]);
CREATE FUNCTION pro.describe_rows(audited text, why text, holding text[] DEFAULT NULL,
    only_ids uuid[] DEFAULT NULL) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET TimeZone = 'UTC' SET bytea_output = 'hex'
    AS $$
DECLARE
    list pro.audit_lists;
BEGIN
    SELECT l.* INTO STRICT list FROM pro.audit_lists AS l
        WHERE l.table_name = audited ORDER BY l.version DESC LIMIT 1;
    EXECUTE format($steps$
    WITH described AS MATERIALIZED (
        SELECT %1$s, (row_number() OVER (ORDER BY r.id) - 1) / 1000 AS part FROM pro.%2$I AS r
        WHERE %3$s AND ($1 IS NULL OR r.id = ANY ($1))
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
            FROM unnest(holding) AS h (name)) END, list.version, why)
        USING only_ids;
END
$$;

-- Seals are over the hashes entries had.
CREATE FUNCTION pro.sealed_hashes(of_generation integer, floor_id xid8, ceiling_id xid8)
    RETURNS TABLE (xact_id xid8, id bigint, table_name text, entry text, digest bytea, moved boolean)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT e.xact_id, e.id, e.table_name, e.entry,
           coalesce(m.before_sha256, sha256(convert_to(e.entry, 'UTF8'))), m.id IS NOT NULL
    FROM pro.entries_to_seal(of_generation, floor_id, ceiling_id) AS e
    LEFT JOIN pro.audit_moved AS m ON m.entry_id = e.id
$$;

CREATE OR REPLACE FUNCTION pro.seal_content(of_generation integer, floor_id xid8, ceiling_id xid8, previous bytea)
    RETURNS TABLE (entry_count bigint, sha256 bytea, entry_ids bigint[], entry_marks bigint[])
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT count(*), sha256(previous || string_agg(h.digest, ''::bytea ORDER BY h.xact_id, h.id)),
           array_agg(h.id ORDER BY h.xact_id, h.id),
           array_agg(('x' || encode(substr(h.digest, 1, 8), 'hex'))::bit(64)::bigint
                     ORDER BY h.xact_id, h.id)
    FROM pro.sealed_hashes(of_generation, floor_id, ceiling_id) AS h;
END
$$;

-- Where a broken seal breaks: its entries against what it noted of them.
CREATE OR REPLACE FUNCTION pro.seal_deviations(seal bigint)
    RETURNS TABLE (entry_id bigint, table_name text, fault text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH present AS (
        SELECT e.id, e.table_name, ('x' || encode(substr(e.digest, 1, 8), 'hex'))::bit(64)::bigint AS mark
        FROM pro.audit_seals AS s
        CROSS JOIN pro.sealed_hashes(coalesce(s.generation, 1), s.first_xact_id, s.below_xact_id) AS e
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

-- Moved entries that are not what the move left, or gone.
CREATE FUNCTION pro.moved_faults() RETURNS TABLE (entry_id bigint, table_name text, fault text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    SET TimeZone = 'UTC' SET bytea_output = 'hex' AS $$
    SELECT m.entry_id, e.table_name, CASE WHEN e.id IS NULL THEN 'gone' ELSE 'changed' END
    FROM pro.audit_moved AS m
    LEFT JOIN pro.audit_entries AS e ON e.at = m.entry_at AND e.id = m.entry_id
    WHERE e.id IS NULL OR sha256(convert_to(pro.audit_entry_text(e), 'UTF8')) <> m.after_sha256
    ORDER BY m.entry_id
$$;

-- A moved entry as it was, its references replaced by words as JSON has them: the hash that gives.
CREATE FUNCTION pro.rebuilt_sha256(of_entry bigint, of_at timestamptz, words jsonb) RETURNS bytea
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    SET TimeZone = 'UTC' SET bytea_output = 'hex' AS $$
DECLARE
    entry pro.audit_entries;
    text_now text;
    note record;
BEGIN
    SELECT e.* INTO STRICT entry FROM pro.audit_entries AS e WHERE e.at = of_at AND e.id = of_entry;
    text_now := pro.audit_entry_text(entry);
    FOR note IN SELECT w.key, to_json(w.value)::text AS value FROM jsonb_each_text(words) AS w LOOP
        text_now := replace(text_now, 'note:' || note.key,
                            substr(note.value, 2, length(note.value) - 2));
    END LOOP;
    RETURN sha256(convert_to(text_now::jsonb::text, 'UTF8'));
END
$$;

REVOKE ALL ON FUNCTION pro.words_in_rows(), pro.words_in_entries(),
    pro.move_words(text, text, uuid, uuid[], text[]), pro.move_words_of_entries(jsonb),
    pro.describe_rows(text, text, text[], uuid[]), pro.sealed_hashes(integer, xid8, xid8),
    pro.moved_faults(), pro.rebuilt_sha256(bigint, timestamptz, jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pro.sealed_hashes(integer, xid8, xid8), pro.moved_faults(),
    pro.rebuilt_sha256(bigint, timestamptz, jsonb) TO pro_operator;
