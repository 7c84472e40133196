-- name: list_unsealable(most)
-- Entries no seal covers and none will: of no generation, behind the end of a former one, or of a transaction
-- this server has not had.
WITH generations AS (
    SELECT g.generation, g.after_entry_id, lead(g.after_entry_id) OVER w AS last_entry_id,
           lead(g.generation) OVER w IS NULL AS is_newest
    FROM pro.audit_generations AS g WINDOW w AS (ORDER BY g.generation)
),
ended AS (
    SELECT g.after_entry_id, g.last_entry_id,
           coalesce((SELECT max(s.below_xact_id) FROM pro.audit_seals AS s
                     WHERE coalesce(s.generation, 1) = g.generation), '0'::xid8) AS below_xact_id
    FROM generations AS g
    WHERE g.generation < (SELECT max(s.generation) FROM pro.audit_seals AS s)
)
SELECT e.id AS entry_id, e.table_name, 'unreached' AS fault
FROM ended AS g
JOIN pro.audit_entries AS e ON e.xact_id >= g.below_xact_id
    AND e.id > g.after_entry_id AND e.id <= g.last_entry_id
UNION ALL
SELECT e.id, e.table_name, 'unreached'
FROM pro.audit_entries AS e WHERE e.id <= (SELECT min(g.after_entry_id) FROM generations AS g)
UNION ALL
SELECT e.id, e.table_name, 'never_had'
FROM generations AS g
JOIN pro.audit_entries AS e ON e.xact_id >= pg_snapshot_xmax(pg_current_snapshot()) AND e.id > g.after_entry_id
WHERE g.is_newest
ORDER BY 1 LIMIT $1;

-- name: list_list_faults()
-- Tables that are audited, and what no list of columns speaks of: all of it (no column), or one column.
WITH audited AS (
    SELECT DISTINCT c.oid, c.relname::text AS table_name
    FROM pg_class AS c
    WHERE c.relnamespace = 'pro'::regnamespace AND c.relkind IN ('r', 'p') AND (
        EXISTS (SELECT FROM pg_trigger AS t WHERE t.tgrelid = c.oid AND t.tgname = 'audit_insert')
        OR EXISTS (SELECT FROM pro.audit_entries AS e WHERE e.table_name = c.relname)
        OR EXISTS (SELECT FROM pro.audit_lists AS l WHERE l.table_name = c.relname))
),
listed AS (
    SELECT DISTINCT ON (l.table_name) l.table_name, l.columns
    FROM pro.audit_lists AS l ORDER BY l.table_name, l.version DESC
)
SELECT a.table_name, NULL AS column_name
FROM audited AS a WHERE NOT EXISTS (SELECT FROM listed AS l WHERE l.table_name = a.table_name)
UNION ALL
SELECT a.table_name, t.attname::text
FROM audited AS a
JOIN listed AS l ON l.table_name = a.table_name
JOIN pg_attribute AS t ON t.attrelid = a.oid AND t.attnum > 0 AND NOT t.attisdropped
WHERE t.attname <> ALL (l.columns)
ORDER BY 1, 2;

-- name: list_functions(names)
-- The bodies of functions of ours, by name, as the database has them.
SELECT p.proname::text AS name, p.prosrc AS body
FROM pg_proc AS p
WHERE p.pronamespace = 'pro'::regnamespace AND p.proname = ANY ($1::text[]);

-- name: list_answer_faults(most)
-- Sittings whose answer is not the one that stands by the responses: one that another replaced, or none.
SELECT r.attempt_id AS sitting_id, r.item, 'replaced' AS fault
FROM pro.responses AS r
JOIN pro.responses AS old ON old.study_id = r.study_id AND old.id = r.replaces
    AND old.attempt_id = r.attempt_id AND old.item = r.item
JOIN pro.sitting_responses AS c ON c.study_id = old.study_id AND c.attempt_id = old.attempt_id
    AND c.item = old.item AND c.response_id = old.id
WHERE r.reason IS DISTINCT FROM 'overtaken'
UNION
SELECT r.attempt_id, r.item, 'none'
FROM pro.responses AS r
LEFT JOIN pro.sitting_responses AS c ON c.study_id = r.study_id AND c.attempt_id = r.attempt_id
    AND c.item = r.item
WHERE c.response_id IS NULL AND r.reason IS DISTINCT FROM 'overtaken'
ORDER BY 1, 2 LIMIT $1;
