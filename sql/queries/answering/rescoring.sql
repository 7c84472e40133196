-- name: list_scored_participants(study_id)
-- Participants with scores, in order of enrolment.
SELECT p.id, p.code FROM pro.participants AS p
WHERE p.study_id = $1
  AND EXISTS (SELECT FROM pro.scores AS s WHERE s.study_id = p.study_id AND s.participant_id = p.id)
ORDER BY p.id;

-- name: give_reason(reason)
-- Say for this connection why it writes; the audit keeps it.
SELECT set_config('pro.reason', $1, false) AS reason;

-- name: get_revision(study_id, participant_id)
-- The revision that guards the next write about a participant.
SELECT revision FROM pro.participant_revisions WHERE study_id = $1 AND participant_id = $2;

-- name: list_standing_scores(study_id, participant_id)
-- The scores of a participant that stand: the last written of each sitting, basis and scale.
SELECT s.id, s.assessment_id, s.attempt_id, v.definition AS visit, a.target, s.basis, s.scale, s.instrument,
       s.instrument_version, s.scoring_version, s.raw, s.normalised, s.answered, s.substituted,
       s.absent_reason
FROM pro.standing_scores($1) AS s
JOIN pro.assessments AS a ON a.study_id = s.study_id AND a.id = s.assessment_id
JOIN pro.visits AS v ON v.study_id = a.study_id AND v.id = a.visit_id
WHERE s.participant_id = $2
ORDER BY s.attempt_id, s.basis, s.scale;

-- name: list_sitting_answers(study_id, participant_id)
-- What stands answered in each sitting.
SELECT t.id AS attempt_id, r.item, r.value, r.response_id
FROM pro.attempts AS t
CROSS JOIN LATERAL pro.sitting_answers(t.study_id, t.id) AS r
WHERE t.study_id = $1 AND t.participant_id = $2
ORDER BY t.id, r.item;

-- name: record_rescoring(study_id, participant_id, revision, write)
-- Add further revisions of scores, if the facts are still those they were computed from; nothing is replaced.
-- `write` is one JSON document: scores, queries. Either list may be empty.
WITH turn AS (
    UPDATE pro.participant_revisions SET revision = revision + 1
    WHERE study_id = $1 AND participant_id = $2 AND revision = $3
    RETURNING revision
),
doc AS (SELECT $4::jsonb AS d FROM turn),
scored AS (
    INSERT INTO pro.scores SELECT r.* FROM doc, pro.score_rows($1, $2, d -> 'scores') AS r
),
queried AS (
    INSERT INTO pro.data_queries SELECT r.* FROM doc, pro.data_query_rows($1, $2, d -> 'queries') AS r
    ON CONFLICT (study_id, assessment_id, rule) DO NOTHING
)
SELECT pro.demand_fresh((SELECT count(*) FROM turn) = 1) AS fresh;
