-- name: record_data_query(study_id, participant_id, revision, write)
-- Raise data queries, take steps of them, and mark visits as compared with their source. `write` is one JSON document:
-- asked, steps, marks. Any list may be empty.
WITH turn AS (
    UPDATE pro.participant_revisions SET revision = revision + 1
    WHERE study_id = $1 AND participant_id = $2 AND revision = $3
    RETURNING revision
),
doc AS (SELECT $4::jsonb AS d FROM turn),
raised AS (
    INSERT INTO pro.data_queries (study_id, id, participant_id, assessment_id, visit_id, item, said, actor)
    SELECT $1, q.id, $2, q.assessment_id, q.visit_id, q.item, q.said, q.actor
    FROM doc, jsonb_to_recordset(d -> 'asked') AS q (id uuid, assessment_id uuid, visit_id uuid, item text, said text,
        actor text)
),
stepped AS (
    INSERT INTO pro.data_query_steps (study_id, id, participant_id, query_id, step, said, actor)
    SELECT $1, s.id, $2, s.query_id, s.step, s.said, s.actor
    FROM doc, jsonb_to_recordset(d -> 'steps') AS s (id uuid, query_id uuid, step text, said text, actor text)
),
marked AS (
    INSERT INTO pro.source_marks (study_id, id, participant_id, visit_id, content_sha256, actor)
    SELECT $1, m.id, $2, m.visit_id, pro.source_content($1, m.visit_id), m.actor
    FROM doc, jsonb_to_recordset(d -> 'marks') AS m (id uuid, visit_id uuid, actor text)
)
SELECT pro.demand_fresh((SELECT count(*) FROM turn) = 1) AS fresh;

-- name: list_data_queries(study_id, participant_id)
-- The data queries about a participant with where they stand, the oldest first: for whoever decides about them.
SELECT q.id, q.assessment_id, q.visit_id, q.item, q.rule, q.said, q.recorded_at, q.actor, q.state, q.last_said,
       q.last_at, q.last_by
FROM pro.data_queries_standing AS q
WHERE q.study_id = $1 AND q.participant_id = $2
ORDER BY q.id;

-- name: list_first_queries(study_id, state, most)
-- Data queries of a state that are seen from the desk, the oldest first, with whom and what they are about.
SELECT q.id, p.code, ps.site_id, p.protocol_version_id, a.instrument, a.target, v.definition, v.occurrence, q.item,
       q.rule, q.said, q.recorded_at, q.actor, q.state, q.last_said, q.last_at, q.last_by, f.total
FROM pro.desk_first_queries($1, $2, $3) AS f
JOIN pro.data_queries_standing AS q ON q.study_id = $1 AND q.id = f.id
JOIN pro.participants AS p ON p.study_id = $1 AND p.id = q.participant_id
LEFT JOIN pro.participant_sites AS ps ON ps.study_id = $1 AND ps.participant_id = p.id AND ps.valid_to IS NULL
LEFT JOIN pro.assessments AS a ON a.study_id = $1 AND a.id = q.assessment_id
LEFT JOIN pro.visits AS v
       ON v.study_id = $1 AND v.id = CASE WHEN q.visit_id IS NULL THEN a.visit_id ELSE q.visit_id END
ORDER BY f.place;

-- name: list_queries_of_one(study_id, participant_id)
-- The data queries about a participant that are seen from the desk, open ones first, with what they are about.
SELECT q.id, p.code, ps.site_id, p.protocol_version_id, a.instrument, a.target, v.definition, v.occurrence, q.item,
       q.rule, q.said, q.recorded_at, q.actor, q.state, q.last_said, q.last_at, q.last_by, count(*) OVER () AS total
FROM pro.data_queries_standing AS q
JOIN pro.participants AS p ON p.study_id = $1 AND p.id = q.participant_id
LEFT JOIN pro.participant_sites AS ps ON ps.study_id = $1 AND ps.participant_id = p.id AND ps.valid_to IS NULL
LEFT JOIN pro.assessments AS a ON a.study_id = $1 AND a.id = q.assessment_id
LEFT JOIN pro.visits AS v
       ON v.study_id = $1 AND v.id = CASE WHEN q.visit_id IS NULL THEN a.visit_id ELSE q.visit_id END
WHERE q.study_id = $1 AND q.participant_id = $2
ORDER BY q.state = 'closed', q.id;

-- name: count_queries(study_id)
-- How many data queries seen from the desk wait for an answer, and how many to be closed.
SELECT coalesce((SELECT f.total FROM pro.desk_first_queries($1, 'open', 1) AS f), 0) AS open,
       coalesce((SELECT f.total FROM pro.desk_first_queries($1, 'answered', 1) AS f), 0) AS answered;

-- name: list_source_marks(study_id, participant_id)
-- The last mark of each visit of a participant that was compared with its source, and whether it still holds.
SELECT DISTINCT ON (m.visit_id) m.visit_id, m.recorded_at, m.actor,
       m.content_sha256 = pro.source_content($1, m.visit_id) AS holds
FROM pro.source_marks AS m
WHERE m.study_id = $1 AND m.participant_id = $2
ORDER BY m.visit_id, m.id DESC;

-- name: list_queries_of_study(study_id, participant_id, state)
-- Data queries of a study, the oldest first, each with its number at its participant: of one participant, or (NULL) of
-- all, of one state or (NULL) of any.
SELECT q.id, q.code, q.number, q.definition, q.occurrence, q.instrument, q.target, q.item, q.rule, q.said,
       q.recorded_at, q.actor, q.state, q.last_said, q.last_at, q.last_by
FROM (SELECT s.*, p.code, v.definition, v.occurrence, a.instrument, a.target,
             row_number() OVER (PARTITION BY s.participant_id ORDER BY s.id) AS number
      FROM pro.data_queries_standing AS s
      JOIN pro.participants AS p ON p.study_id = $1 AND p.id = s.participant_id
      LEFT JOIN pro.assessments AS a ON a.study_id = $1 AND a.id = s.assessment_id
      LEFT JOIN pro.visits AS v ON v.study_id = $1 AND v.id = coalesce(s.visit_id, a.visit_id)
      WHERE s.study_id = $1 AND ($2::uuid IS NULL OR s.participant_id = $2)) AS q
WHERE $3::text IS NULL OR q.state = $3
ORDER BY q.id;
