-- name: list_sittings_held(study_id, participant_id, visit_id)
-- Every sitting held at a visit of a participant, whole, with the responses that stand in it: to be recorded anew.
SELECT t.id, t.assessment_id, t.ordinal, t.mode, t.respondent, t.respondent_relation, t.authentication, t.language,
       t.device_class, t.release, t.instrument_sha256, t.wording_sha256, t.started_at, t.submitted_at,
       t.interviewer, t.original, t.apart, t.apart_reason, t.moved_from,
       coalesce((SELECT jsonb_agg(jsonb_build_object('id', r.id, 'item', r.item, 'value', r.value, 'gap', r.gap,
                     'raw_hex', encode(r.raw_sealed, 'hex'), 'raw_key', r.raw_key,
                     'answered_at', r.answered_at, 'answered_offset_minutes', r.answered_offset_minutes,
                     'entered_at', r.entered_at, 'entered_by', r.entered_by) ORDER BY r.id)
                 FROM pro.sitting_responses AS c
                 JOIN pro.responses AS r ON r.study_id = c.study_id AND r.id = c.response_id
                 WHERE c.study_id = t.study_id AND c.attempt_id = t.id), '[]') AS responses
FROM pro.assessments AS a
JOIN pro.attempts AS t ON t.study_id = a.study_id AND t.assessment_id = a.id
WHERE a.study_id = $1 AND a.participant_id = $2 AND a.visit_id = $3
ORDER BY t.assessment_id, t.ordinal;

-- name: find_sitting_sent(study_id, participant_id, assessment_id)
-- The sitting that was sent first at an assessment, and when its last answer was given, as claimed.
SELECT t.id, (SELECT max(r.answered_at) FROM pro.responses AS r
              WHERE r.study_id = t.study_id AND r.attempt_id = t.id) AS answered_at
FROM pro.attempts AS t
WHERE t.study_id = $1 AND t.participant_id = $2 AND t.assessment_id = $3 AND t.submitted_at IS NOT NULL
ORDER BY t.ordinal LIMIT 1;

-- name: is_move_asked(study_id, participant_id, assessment_id)
-- Whether a request that answers sent at this assessment belong elsewhere still waits for a decision.
SELECT EXISTS (SELECT FROM pro.corrections AS c
               LEFT JOIN pro.correction_decisions AS d ON d.study_id = c.study_id AND d.correction_id = c.id
               WHERE c.study_id = $1 AND c.participant_id = $2 AND c.assessment_id = $3 AND c.kind = 'belongs'
                 AND d.id IS NULL) AS asked;

-- name: get_move_asked(study_id, participant_id, correction_id)
-- A request that answers belong elsewhere: the assessment, where they belong, and whether it was decided.
SELECT c.assessment_id, c.attempt_id, v.definition, v.occurrence, b.target, p.code AS to_code, c.actor,
       d.id IS NOT NULL AS decided, d.actor AS decided_by, d.approved
FROM pro.corrections AS c
JOIN pro.assessments AS b ON b.study_id = c.study_id AND b.id = c.to_assessment_id
JOIN pro.visits AS v ON v.study_id = b.study_id AND v.id = b.visit_id
JOIN pro.participants AS p ON p.study_id = b.study_id AND p.id = b.participant_id
LEFT JOIN pro.correction_decisions AS d ON d.study_id = c.study_id AND d.correction_id = c.id
WHERE c.study_id = $1 AND c.participant_id = $2 AND c.id = $3 AND c.kind = 'belongs';

-- name: list_moves_between(study_id, participant_id)
-- Requests that answers recorded for one participant are another's, as either of the two sees them: whose they were
-- recorded for, whose they are, where they belong, and what was decided; never a value.
SELECT c.id, f.code AS from_code, p.code AS to_code, b.instrument, b.target, v.definition, v.occurrence,
       d.approved, d.recorded_at AS decided_at, d.actor AS decided_by
FROM pro.corrections AS c
JOIN pro.assessments AS b ON b.study_id = c.study_id AND b.id = c.to_assessment_id
JOIN pro.visits AS v ON v.study_id = b.study_id AND v.id = b.visit_id
JOIN pro.participants AS f ON f.study_id = c.study_id AND f.id = c.participant_id
JOIN pro.participants AS p ON p.study_id = b.study_id AND p.id = b.participant_id
LEFT JOIN pro.correction_decisions AS d ON d.study_id = c.study_id AND d.correction_id = c.id
WHERE c.study_id = $1 AND b.participant_id <> c.participant_id
  AND (c.participant_id = $2
       OR c.to_assessment_id IN (SELECT a.id FROM pro.assessments AS a WHERE a.study_id = $1 AND a.participant_id = $2))
ORDER BY c.id;
