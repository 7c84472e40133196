-- What entries of the audit say, set by set: rows are read once a kind of row, not once an entry; and what a row held before
-- it was changed is looked up by the row. Until now every entry of its participant since was read for it, which at ten
-- million entries was thousands for each row of a page.

-- As before (0200): a row for each row they tell of and may be shown, twenty an entry; of an entry that shows none, one
-- without. `document`: what was written, as it then stood; else `old` and `new`.
CREATE OR REPLACE FUNCTION pro.audit_told(
    study uuid, entries bigint[], instants timestamptz[], sites uuid[], nobodys boolean)
    RETURNS TABLE (id bigint, at timestamptz, table_name text, operation text, row_count integer, actor text,
                   mode text, reason text, code text, answers boolean, document jsonb, old jsonb, new jsonb)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET TimeZone = 'UTC' AS $$
    WITH listed AS MATERIALIZED (
        SELECT e.id, e.at, e.table_name, e.operation, e.row_count, e.actor, e.mode, e.reason, e.row_ids, e.changes
        FROM unnest(entries, instants) AS l (id, at)
        JOIN pro.audit_entries AS e ON e.at = l.at AND e.id = l.id AND e.study_id = study
    ),
    named AS MATERIALIZED (
        SELECT e.id AS entry, e.table_name, i.id::uuid AS row_id
        FROM listed AS e
        CROSS JOIN LATERAL (SELECT x.id FROM jsonb_array_elements_text(e.row_ids) AS x (id) LIMIT 500) AS i
    ),
    stands AS MATERIALIZED (
        SELECT k.table_name, r.id, r.participant_id, r.document
        FROM (SELECT n.table_name, array_agg(DISTINCT n.row_id) AS ids FROM named AS n GROUP BY n.table_name) AS k
        CROSS JOIN LATERAL pro.audit_rows(study, k.table_name, k.ids) AS r
    ),
    whose AS MATERIALIZED (
        SELECT s.participant_id, p.code,
               EXISTS (SELECT FROM pro.participant_sites AS ps WHERE ps.study_id = study AND ps.valid_to IS NULL
                          AND ps.participant_id = s.participant_id AND ps.site_id = ANY (sites)) AS here,
               sites IS NOT NULL AND pro.desk_may_read_scores(study, s.participant_id, pro.now()) AS answers
        FROM (SELECT DISTINCT x.participant_id FROM stands AS x) AS s
        LEFT JOIN pro.participants AS p ON p.study_id = study AND p.id = s.participant_id
    ),
    seen AS (
        SELECT n.entry, s.id, s.participant_id, s.document, w.code, w.answers,
               row_number() OVER (PARTITION BY n.entry ORDER BY s.id) AS place
        FROM named AS n
        JOIN stands AS s ON s.table_name = n.table_name AND s.id = n.row_id
        JOIN whose AS w ON w.participant_id IS NOT DISTINCT FROM s.participant_id
        WHERE sites IS NULL OR s.participant_id IS NULL AND nobodys
           OR w.here AND (NOT pro.row_tells_answers(study, n.table_name, s.document) OR w.answers)
    )
    SELECT e.id, e.at, e.table_name, e.operation, e.row_count, e.actor, e.mode,
           CASE WHEN e.reason LIKE 'note:%' AND NOT coalesce(r.answers, true)
                     AND pro.tells_answers(study, r.participant_id, e.reason) THEN NULL ELSE e.reason END,
           r.code, r.answers,
           CASE WHEN e.operation = 'INSERT'
                THEN pro.audit_shown(e.table_name, r.document || coalesce(c.before, '{}'), r.answers) END,
           pro.audit_shown(e.table_name, e.changes -> r.id::text -> 'old', r.answers),
           pro.audit_shown(e.table_name, e.changes -> r.id::text -> 'new', r.answers)
    FROM listed AS e
    LEFT JOIN seen AS r ON r.entry = e.id AND r.place <= 20
    -- What the row held before everything that changed it after the entry: old values, the earliest on top.
    LEFT JOIN LATERAL (
        SELECT jsonb_object_agg(o.key, o.value ORDER BY u.id DESC) AS before
        FROM pro.audit_entries AS u CROSS JOIN LATERAL jsonb_each(u.changes -> r.id::text -> 'old') AS o
        WHERE e.operation = 'INSERT' AND u.operation = 'UPDATE' AND u.row_ids @> jsonb_build_array(r.id)
          AND u.study_id = study AND u.table_name = e.table_name AND u.id > e.id) AS c ON r.id IS NOT NULL
    -- That there is such a query would tell of the answers as well.
    WHERE r.id IS NOT NULL OR (e.table_name NOT IN ('data_queries', 'data_query_steps')
                               AND EXISTS (SELECT FROM pro.audit_seen(study, e.id, sites, nobodys)))
    ORDER BY e.at DESC, e.id DESC, r.id
$$;
DROP FUNCTION pro.audit_since(uuid, text, uuid, uuid, bigint, timestamptz);

-- How many entries a filter leaves hangs on its values: a plan kept for any of them read fifty times as many pages.
ALTER FUNCTION pro.audit_page(uuid, pro.audit_sought, integer, uuid[], boolean)
    SET plan_cache_mode = 'force_custom_plan';
