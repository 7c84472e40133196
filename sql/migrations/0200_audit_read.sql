-- The audit, read: a page of entries by participant, by person, by kind of row or by time, with what each changed.
-- Staff read it at the desk through functions alone, which show the participants now at their sites; no value of an
-- answer or a score leaves them but to who may see it (rule R6), and nothing sealed ever does.

-- Three indexes, for which every write pays: whom an entry is about (its keys only grow, so it is the cheapest kind);
-- and two that hold only what people do by hand and kinds of rows that are seldom written. The others are found soon
-- enough by walking back in time.
CREATE INDEX audit_whom ON pro.audit_participants (study_id, entry_id) INCLUDE (participant_id);
CREATE INDEX audit_by_hand ON pro.audit_entries (study_id, actor, at, id)
    WHERE split_part(actor, ':', 1) NOT IN ('participant', 'provider', 'service');
CREATE INDEX audit_of_seldom ON pro.audit_entries (study_id, table_name, at, id)
    WHERE table_name NOT IN ('assessments', 'attempts', 'delivery_receipts', 'inbounds', 'invitations', 'lines',
        'messages', 'reminders', 'responses', 'scores', 'standing_sittings', 'visits');

-- Of an entry: one row if it is seen from these sites (NULL: from everywhere), none otherwise. What is about nobody
-- is seen by who may see that.
CREATE FUNCTION pro.audit_seen(study uuid, entry bigint, sites uuid[], nobodys boolean) RETURNS TABLE (seen boolean)
    LANGUAGE sql STABLE AS $$
    SELECT true
    WHERE sites IS NULL
       OR EXISTS (SELECT FROM pro.audit_participants AS w
                  JOIN pro.participant_sites AS ps ON ps.study_id = w.study_id
                       AND ps.participant_id = w.participant_id AND ps.valid_to IS NULL
                  WHERE w.study_id = study AND w.entry_id = entry AND ps.site_id = ANY (sites))
       OR nobodys AND NOT EXISTS (SELECT FROM pro.audit_participants AS w
                                  WHERE w.study_id = study AND w.entry_id = entry)
$$;

-- What is looked for. Of participant, person and kinds NULL is: any. Entries older than the cursor (at, id), the newest
-- first. `rare`: the kinds are all of the index of seldom ones.
CREATE TYPE pro.audit_sought AS (
    participant uuid, person text, kinds text[], rare boolean, since timestamptz, until timestamptz,
    before_at timestamptz, before_id bigint);

-- The newest 20,000 entries before a cursor.
CREATE FUNCTION pro.audit_lately(since timestamptz, upto timestamptz, before_at timestamptz, before_id bigint)
    RETURNS SETOF pro.audit_entries
    LANGUAGE sql STABLE AS $$
    SELECT e.* FROM pro.audit_entries AS e
    WHERE e.at >= since AND e.at <= upto AND (e.at, e.id) < (before_at, before_id)
    ORDER BY e.at DESC, e.id DESC LIMIT 20000
$$;

-- One page. `hit` is false of the row that only says how far was looked: a walk back in time ends after 20,000
-- entries, so that no page takes long, however seldom what is sought is.
CREATE FUNCTION pro.audit_page(study uuid, sought pro.audit_sought, most integer, sites uuid[], nobodys boolean)
    RETURNS TABLE (id bigint, at timestamptz, hit boolean)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    upto timestamptz := least(sought.until - interval '1 microsecond', sought.before_at);
    there bigint;
BEGIN
    IF sought.participant IS NOT NULL THEN
        RETURN QUERY SELECT e.id, e.at, true
        FROM pro.audit_participants AS w
        JOIN pro.audit_entries AS e ON e.at = w.at AND e.id = w.entry_id
        WHERE w.study_id = study AND w.participant_id = sought.participant AND w.entry_id < sought.before_id
          AND w.at >= sought.since AND w.at < sought.until
          AND (sought.person IS NULL OR e.actor = sought.person)
          AND (sought.kinds IS NULL OR e.table_name = ANY (sought.kinds))
          AND (sites IS NULL OR EXISTS (
              SELECT FROM pro.participant_sites AS ps WHERE ps.study_id = study AND ps.valid_to IS NULL
                 AND ps.participant_id = sought.participant AND ps.site_id = ANY (sites)))
        ORDER BY w.entry_id DESC LIMIT most;
    ELSIF sought.rare THEN
        RETURN QUERY SELECT e.id, e.at, true
        FROM unnest(sought.kinds) AS k (kind)
        CROSS JOIN LATERAL (
            SELECT i.id, i.at FROM pro.audit_entries AS i
            CROSS JOIN LATERAL pro.audit_seen(study, i.id, sites, nobodys)
            WHERE i.study_id = study AND i.table_name = k.kind AND i.at >= sought.since AND i.at < sought.until
              AND (i.at, i.id) < (sought.before_at, sought.before_id)
              AND (sought.person IS NULL OR i.actor = sought.person)
              AND i.table_name NOT IN ('assessments', 'attempts', 'delivery_receipts', 'inbounds', 'invitations',
                  'lines', 'messages', 'reminders', 'responses', 'scores', 'standing_sittings', 'visits')
            ORDER BY i.at DESC, i.id DESC LIMIT most) AS e
        ORDER BY e.at DESC, e.id DESC LIMIT most;
    ELSIF split_part(sought.person, ':', 1) NOT IN ('participant', 'provider', 'service') THEN
        RETURN QUERY SELECT e.id, e.at, true
        FROM pro.audit_entries AS e
        CROSS JOIN LATERAL pro.audit_seen(study, e.id, sites, nobodys)
        WHERE e.study_id = study AND e.actor = sought.person AND e.at >= sought.since AND e.at < sought.until
          AND (e.at, e.id) < (sought.before_at, sought.before_id)
          AND split_part(e.actor, ':', 1) NOT IN ('participant', 'provider', 'service')
          AND (sought.kinds IS NULL OR e.table_name = ANY (sought.kinds))
        ORDER BY e.at DESC, e.id DESC LIMIT most;
    ELSE
        RETURN QUERY SELECT e.id, e.at, true
        FROM pro.audit_lately(sought.since, upto, sought.before_at, sought.before_id) AS e
        CROSS JOIN LATERAL pro.audit_seen(study, e.id, sites, nobodys)
        WHERE e.study_id = study AND (sought.person IS NULL OR e.actor = sought.person)
          AND (sought.kinds IS NULL OR e.table_name = ANY (sought.kinds))
        ORDER BY e.at DESC, e.id DESC LIMIT most;
        GET DIAGNOSTICS there = ROW_COUNT;
        IF there < most THEN
            RETURN QUERY SELECT e.id, e.at, false
            FROM pro.audit_lately(sought.since, upto, sought.before_at, sought.before_id) AS e
            ORDER BY e.at DESC, e.id DESC OFFSET 19999 LIMIT 1;
        END IF;
    END IF;
END
$$;

-- Columns that say what somebody answered, or how that was scored, and words that may tell it.
CREATE FUNCTION pro.answer_columns(audited text) RETURNS text[] LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE audited
        WHEN 'responses' THEN ARRAY['value', 'gap']
        WHEN 'scores' THEN ARRAY['raw', 'normalised', 'answered', 'substituted', 'absent_reason']
        WHEN 'second_answers' THEN ARRAY['value', 'gap', 'differs']
        WHEN 'entry_settlements' THEN ARRAY['value', 'gap', 'reason']
        WHEN 'corrections' THEN ARRAY['value', 'source', 'reason']
        WHEN 'correction_decisions' THEN ARRAY['reason']
        WHEN 'correction_wishes' THEN ARRAY['said']
        ELSE ARRAY[]::text[] END
$$;

-- A row, or what of it changed, as it may be shown: nothing sealed, no hash and no key of one, and what was answered
-- only where it may be seen.
CREATE FUNCTION pro.audit_shown(audited text, document jsonb, answers boolean) RETURNS jsonb
    LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(jsonb_object_agg(d.key, d.value), '{}')
    FROM jsonb_each(document) AS d
    WHERE d.key !~ '(_sealed|_sha256|_index|_key|_hash)$'
      AND (answers OR d.key <> ALL (pro.answer_columns(audited)))
$$;

-- Rows of an audited table as they stand, with whom they are about. Table names come from the lists of the audit.
CREATE FUNCTION pro.audit_rows(study uuid, audited text, wanted uuid[])
    RETURNS TABLE (id uuid, participant_id uuid, document jsonb)
    LANGUAGE plpgsql STABLE AS $$
DECLARE
    listed text[] := (SELECT l.columns FROM pro.audit_lists AS l
                      WHERE l.table_name = audited ORDER BY l.version DESC LIMIT 1);
BEGIN
    IF 'study_id' = ANY (listed) AND to_regclass(format('pro.%I', audited)) IS NOT NULL THEN
        RETURN QUERY EXECUTE format('SELECT r.id, %s, to_jsonb(r) FROM pro.%I AS r '
            'WHERE r.study_id = $1 AND r.id = ANY ($2)',
            CASE WHEN audited = 'participants' THEN 'r.id'
                 WHEN 'participant_id' = ANY (listed) THEN 'r.participant_id' ELSE 'NULL::uuid' END, audited)
            USING study, wanted;
    END IF;
END
$$;

-- What a row held before everything that changed it after an entry: old values, the earliest on top.
CREATE FUNCTION pro.audit_since(study uuid, audited text, participant uuid, row_id uuid, entry bigint, since timestamptz)
    RETURNS jsonb LANGUAGE sql STABLE AS $$
    WITH later AS (
        SELECT e.id, e.changes FROM pro.audit_participants AS w
        JOIN pro.audit_entries AS e ON e.at = w.at AND e.id = w.entry_id
        WHERE w.study_id = study AND w.participant_id = participant AND w.entry_id > entry
          AND e.table_name = audited AND e.operation = 'UPDATE'
        UNION ALL
        -- Of what is about nobody, by its kind; such rows are few.
        SELECT e.id, e.changes FROM pro.audit_entries AS e
        WHERE participant IS NULL AND e.study_id = study AND e.table_name = audited AND e.at >= since
          AND e.id > entry AND e.operation = 'UPDATE'
          AND e.table_name NOT IN ('assessments', 'attempts', 'delivery_receipts', 'inbounds', 'invitations', 'lines',
              'messages', 'reminders', 'responses', 'scores', 'standing_sittings', 'visits')
    )
    SELECT coalesce(jsonb_object_agg(o.key, o.value ORDER BY l.id DESC), '{}')
    FROM later AS l CROSS JOIN LATERAL jsonb_each(l.changes -> row_id::text -> 'old') AS o
$$;

-- Whether words given as a reason may tell what was answered: those of a correction, or of paper typed twice.
CREATE FUNCTION pro.tells_answers(study uuid, participant uuid, words text) RETURNS boolean
    LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM pro.corrections AS c
                   WHERE c.study_id = study AND c.participant_id = participant AND words IN (c.reason, c.source))
        OR EXISTS (SELECT FROM pro.correction_decisions AS c
                   WHERE c.study_id = study AND c.participant_id = participant AND c.reason = words)
        OR EXISTS (SELECT FROM pro.entry_settlements AS c
                   WHERE c.study_id = study AND c.participant_id = participant AND c.reason = words)
$$;

-- What entries of a page say, a row for each row they tell of and may be shown, twenty an entry; of an entry that shows
-- none, one without. `document`: what was written, as it then stood; else `old` and `new`.
CREATE FUNCTION pro.audit_told(study uuid, entries bigint[], instants timestamptz[], sites uuid[], nobodys boolean)
    RETURNS TABLE (id bigint, at timestamptz, table_name text, operation text, row_count integer, actor text,
                   mode text, reason text, code text, answers boolean, document jsonb, old jsonb, new jsonb)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET TimeZone = 'UTC' AS $$
    SELECT e.id, e.at, e.table_name, e.operation, e.row_count, e.actor, e.mode,
           CASE WHEN e.reason LIKE 'note:%' AND NOT coalesce(b.answers, true)
                     AND pro.tells_answers(study, r.participant_id, e.reason) THEN NULL ELSE e.reason END,
           r.code, b.answers,
           CASE WHEN e.operation = 'INSERT' THEN pro.audit_shown(e.table_name, r.document
               || pro.audit_since(study, e.table_name, r.participant_id, r.id, e.id, e.at), b.answers) END,
           pro.audit_shown(e.table_name, e.changes -> r.id::text -> 'old', b.answers),
           pro.audit_shown(e.table_name, e.changes -> r.id::text -> 'new', b.answers)
    FROM unnest(entries, instants) AS l (id, at)
    JOIN pro.audit_entries AS e ON e.at = l.at AND e.id = l.id AND e.study_id = study
    LEFT JOIN LATERAL (
        SELECT x.id, x.participant_id, x.document, p.code
        FROM pro.audit_rows(study, e.table_name, ARRAY(SELECT i::uuid
            FROM jsonb_array_elements_text(e.row_ids) AS i LIMIT 500)) AS x
        LEFT JOIN pro.participants AS p ON p.study_id = study AND p.id = x.participant_id
        WHERE sites IS NULL OR (x.participant_id IS NULL AND nobodys) OR EXISTS (
            SELECT FROM pro.participant_sites AS ps WHERE ps.study_id = study AND ps.valid_to IS NULL
               AND ps.participant_id = x.participant_id AND ps.site_id = ANY (sites))
        ORDER BY x.id LIMIT 20) AS r ON true
    CROSS JOIN LATERAL (SELECT CASE WHEN sites IS NULL THEN false
        ELSE pro.desk_may_read_scores(study, r.participant_id, pro.now()) END AS answers) AS b
    WHERE (r.id IS NOT NULL OR EXISTS (SELECT FROM pro.audit_seen(study, e.id, sites, nobodys)))
    ORDER BY l.at DESC, l.id DESC, r.id
$$;

-- Signing in and out, and what was done to passwords and accounts, of the members of a study.
CREATE FUNCTION pro.sign_ins_of(study uuid, person text, since timestamptz, until timestamptz, before_id bigint,
                                most integer)
    RETURNS TABLE (id bigint, happened_at timestamptz, kind text, login text, address text, actor text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT e.id, e.happened_at, e.kind, m.login, e.address, e.actor
    FROM (SELECT DISTINCT s.person_id, s.login FROM pro.staff AS s
          WHERE s.study_id = study AND s.person_id IS NOT NULL AND (person IS NULL OR person = 'staff:' || s.login)) AS m
    CROSS JOIN LATERAL (
        SELECT x.* FROM pro.staff_events AS x
        WHERE x.person_id = m.person_id AND x.id < before_id AND (x.study_id IS NULL OR x.study_id = study)
          AND x.happened_at >= since AND x.happened_at < until
        ORDER BY x.id DESC LIMIT most) AS e
    ORDER BY e.id DESC LIMIT most
$$;

-- The same three as the desk may ask: for the sites of who looks, and nobody else's.
CREATE FUNCTION pro.desk_audit_page(study uuid, sought pro.audit_sought, most integer, nobodys boolean)
    RETURNS TABLE (id bigint, at timestamptz, hit boolean)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT * FROM pro.audit_page(study, sought, most, pro.visible_site_ids(), nobodys)
$$;
CREATE FUNCTION pro.desk_audit_told(study uuid, entries bigint[], instants timestamptz[], nobodys boolean)
    RETURNS TABLE (id bigint, at timestamptz, table_name text, operation text, row_count integer, actor text,
                   mode text, reason text, code text, answers boolean, document jsonb, old jsonb, new jsonb)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT * FROM pro.audit_told(study, entries, instants, pro.visible_site_ids(), nobodys)
$$;
CREATE FUNCTION pro.desk_sign_ins(study uuid, person text, since timestamptz, until timestamptz, before_id bigint,
                                  most integer)
    RETURNS TABLE (id bigint, happened_at timestamptz, kind text, login text, address text, actor text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT * FROM pro.sign_ins_of(study, person, since, until, before_id, most)
$$;

REVOKE ALL ON FUNCTION pro.audit_rows(uuid, text, uuid[]) FROM PUBLIC;
DO $$
DECLARE
    made text;
BEGIN
    FOREACH made IN ARRAY ARRAY['audit_page(uuid, pro.audit_sought, integer, uuid[], boolean)',
        'audit_told(uuid, bigint[], timestamptz[], uuid[], boolean)',
        'sign_ins_of(uuid, text, timestamptz, timestamptz, bigint, integer)'] LOOP
        EXECUTE format('REVOKE ALL ON FUNCTION pro.%s FROM PUBLIC', made);
        EXECUTE format('GRANT EXECUTE ON FUNCTION pro.%s TO pro_operator', made);
    END LOOP;
    FOREACH made IN ARRAY ARRAY['desk_audit_page(uuid, pro.audit_sought, integer, boolean)',
        'desk_audit_told(uuid, bigint[], timestamptz[], boolean)',
        'desk_sign_ins(uuid, text, timestamptz, timestamptz, bigint, integer)'] LOOP
        EXECUTE format('REVOKE ALL ON FUNCTION pro.%s FROM PUBLIC', made);
        EXECUTE format('GRANT EXECUTE ON FUNCTION pro.%s TO pro_desk', made);
    END LOOP;
END
$$;
