-- name: get_participant_facts(study_id, participant_id, answers_of)
-- Everything decisions about one participant read, as one JSON document, with the revision that guards the write.
SELECT f.facts FROM pro.facts_of($1, $2, $3, false) AS f;

-- name: get_lean_facts(study_id, participant_id, answers_of)
-- The same with the visits in hand alone: what a page, a text and a reminder need.
SELECT f.facts FROM pro.facts_of($1, $2, $3, true) AS f;

-- name: get_facts_to_keep(study_id, participant_id, answers_of)
-- The same for whoever keeps them in hand: with which rows they are of.
SELECT f.facts, pro.facts_origin() AS origin FROM pro.facts_of($1, $2, $3, true) AS f;

-- name: get_facts_of_many(people, answers_of)
-- The facts of many participants, a row each; who does not exist has none. `people` is a JSON list of study_id
-- and participant_id: the planner then takes any number of them alike, and its plan is kept.
SELECT f.facts
FROM jsonb_to_recordset($1::jsonb) AS w (study_id uuid, participant_id uuid)
CROSS JOIN LATERAL pro.facts_of(w.study_id, w.participant_id, $2, false) AS f;

-- name: get_lean_facts_of_many(people, answers_of)
-- The same with the visits in hand alone.
SELECT f.facts
FROM jsonb_to_recordset($1::jsonb) AS w (study_id uuid, participant_id uuid)
CROSS JOIN LATERAL pro.facts_of(w.study_id, w.participant_id, $2, true) AS f;

-- name: list_participants(study_id)
-- Codes and ids of a study's participants, in order of enrolment.
SELECT id, code FROM pro.participants WHERE study_id = $1 ORDER BY id;

-- name: list_codes(study_id)
-- The codes of a study's participants, to find those that look like another.
SELECT code FROM pro.participants WHERE study_id = $1;

-- name: find_participant(study_id, code)
-- The id behind a participant's code.
SELECT id FROM pro.participants WHERE study_id = $1 AND code = $2;

-- name: list_sent_sittings(study_id, participant_id, instruments, before)
-- What was sent in of some instruments before an instant, with the answers that stand, oldest first. Which
-- sitting is chosen is read where it may not be the only one sent in time.
SELECT jsonb_build_object(
           'assessment_id', a.id, 'id', t.id, 'ordinal', t.ordinal, 'started_at', t.started_at,
           'target', a.target, 'instrument', a.instrument, 'visit', v.definition,
           'target_on', v.target_on, 'closes_at', v.closes_at, 'submitted_at', t.submitted_at,
           'last_answer_at', h.last_answer_at, 'answers', jsonb_strip_nulls(h.answers),
           'chosen_id', CASE WHEN t.submitted_at >= v.closes_at OR count(*) OVER (PARTITION BY a.id) > 1
               THEN (SELECT c.attempt_id FROM pro.standing_sittings AS c
                     WHERE c.study_id = a.study_id AND c.assessment_id = a.id
                       AND c.closes_at = v.closes_at) END)::text AS sitting
FROM pro.assessments AS a
JOIN pro.attempts AS t ON t.study_id = a.study_id AND t.assessment_id = a.id AND t.submitted_at < $4
JOIN pro.visits AS v ON v.study_id = a.study_id AND v.id = a.visit_id
CROSS JOIN LATERAL pro.sitting_held(t.study_id, t.id) AS h
WHERE a.study_id = $1 AND a.participant_id = $2 AND a.instrument = ANY ($3) AND a.submitted_at < $4
  AND v.superseded_at IS NULL
ORDER BY t.submitted_at, a.id, t.ordinal;
