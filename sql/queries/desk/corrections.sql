-- name: record_correction(study_id, participant_id, revision, write)
-- Keep a request to correct an answer, or what was decided about one. `write` is one JSON document: corrections,
-- decisions. Either list may be empty.
WITH turn AS (
    UPDATE pro.participant_revisions SET revision = revision + 1
    WHERE study_id = $1 AND participant_id = $2 AND revision = $3
    RETURNING revision
),
doc AS (SELECT $4::jsonb AS d FROM turn),
asked AS (
    INSERT INTO pro.corrections (study_id, id, participant_id, assessment_id, response_id, item, kind, value,
        said_at, source, actor, reason, attempt_id, to_assessment_id, wish_id)
    SELECT $1, c.id, $2, c.assessment_id, c.response_id, c.item, c.kind, c.value, c.said_at, c.source, c.actor,
           c.reason, c.attempt_id, c.to_assessment_id, c.wish_id
    FROM doc, jsonb_to_recordset(d -> 'corrections') AS c (id uuid, assessment_id uuid, response_id uuid,
        item text, kind text, value numeric, said_at timestamptz, source text, actor text, reason text,
        attempt_id uuid, to_assessment_id uuid, wish_id uuid)
    RETURNING wish_id, actor
),
-- Whoever asked on the own page was heard, once nothing they asked for there waits any more.
heard AS (
    UPDATE pro.call_tasks AS k SET closed_at = pro.now(), closed_by = a.actor, outcome = 'correction asked for'
    FROM asked AS a
    WHERE k.study_id = $1 AND k.participant_id = $2 AND k.reason = 'correction_asked' AND k.closed_at IS NULL
      AND a.wish_id IS NOT NULL
      AND NOT EXISTS (SELECT FROM pro.correction_wishes AS w
                      WHERE w.study_id = $1 AND w.participant_id = $2 AND w.id <> a.wish_id
                        AND NOT EXISTS (SELECT FROM pro.corrections AS o
                                        WHERE o.study_id = $1 AND o.wish_id = w.id))
),
decided AS (
    INSERT INTO pro.correction_decisions (study_id, id, participant_id, correction_id, approved, actor, reason)
    SELECT $1, e.id, $2, e.correction_id, e.approved, e.actor, e.reason
    FROM doc, jsonb_to_recordset(d -> 'decisions') AS e (id uuid, correction_id uuid, approved boolean,
        actor text, reason text)
)
SELECT pro.demand_fresh((SELECT count(*) FROM turn) = 1) AS fresh;

-- name: get_correction(study_id, participant_id, correction_id)
-- A request, whether it was decided, and when the answer it is about was given.
SELECT c.id, c.assessment_id, c.response_id, c.item, c.kind, c.value, c.actor, d.id IS NOT NULL AS decided,
       d.actor AS decided_by, d.approved, r.answered_at
FROM pro.corrections AS c
JOIN pro.responses AS r ON r.study_id = c.study_id AND r.id = c.response_id
LEFT JOIN pro.correction_decisions AS d ON d.study_id = c.study_id AND d.correction_id = c.id
WHERE c.study_id = $1 AND c.participant_id = $2 AND c.id = $3;

-- name: get_answer_given(study_id, participant_id, response_id)
-- When an answer was given, and whether there is anything that was typed.
SELECT r.answered_at, r.raw_sealed IS NOT NULL AS typed FROM pro.responses AS r
WHERE r.study_id = $1 AND r.participant_id = $2 AND r.id = $3;

-- name: is_wished(study_id, participant_id, response_id)
-- Whether a request about this answer still waits for a decision.
SELECT EXISTS (SELECT FROM pro.corrections AS c
               LEFT JOIN pro.correction_decisions AS d ON d.study_id = c.study_id AND d.correction_id = c.id
               WHERE c.study_id = $1 AND c.participant_id = $2 AND c.response_id = $3 AND d.id IS NULL) AS wished;

-- name: list_corrections_seen(study_id, participant_id)
-- What was asked for and decided, as far as it is seen from here, the newest last.
SELECT * FROM pro.desk_corrections($1, $2);

-- name: count_corrections(study_id, sites)
-- How many were asked for, approved and refused, and wait, by site, interviewer (nobody: they answered by themselves)
-- and kind.
SELECT c.site_id, c.interviewer, c.kind, count(*)::integer AS asked,
       count(*) FILTER (WHERE c.approved)::integer AS approved,
       count(*) FILTER (WHERE NOT c.approved)::integer AS refused,
       count(*) FILTER (WHERE c.approved IS NULL)::integer AS waiting
FROM pro.desk_corrections_here($1, $2) AS c
GROUP BY c.site_id, c.interviewer, c.kind ORDER BY c.site_id, c.interviewer NULLS FIRST, c.kind;

-- name: list_corrections_waiting(study_id, sites, most)
-- Requests that wait for a decision, the oldest first.
SELECT c.code, c.site_id, c.kind, c.actor, c.recorded_at FROM pro.desk_corrections_here($1, $2) AS c
WHERE c.approved IS NULL ORDER BY c.recorded_at, c.id LIMIT $3;

-- name: get_correction_wish(study_id, participant_id, wish_id)
-- When a participant asked for a correction on the own page, at which visit.
SELECT w.recorded_at, w.visit_id FROM pro.correction_wishes AS w
WHERE w.study_id = $1 AND w.participant_id = $2 AND w.id = $3;

-- name: list_correction_wishes(study_id, participant_id)
-- What a participant asked for on the own page, and whether a correction was asked on it, the newest last.
SELECT * FROM pro.desk_correction_wishes($1, $2);

-- name: may_read_answers(study_id, participant_id)
-- Whether answers are open to whoever reads now.
SELECT pro.desk_may_read_scores($1, $2, pro.now()) AS open;
