-- name: list_people_beside(study_id, as_of)
-- Whose scores and measures may stand beside each other, as they were at an instant.
SELECT id, code, zone, protocol_version_id, treated_knees, site FROM pro.people_beside($1, $2) ORDER BY code;

-- name: list_people_beside_seen(study_id, as_of)
-- The same, of those whose scores are seen from the seat.
SELECT id, code, zone, protocol_version_id, treated_knees, site FROM pro.people_beside_seen($1, $2) ORDER BY code;

-- name: list_scores_beside(study_id, participant_ids, instrument, scale, as_of)
-- One scale of every sitting of these participants there was at an instant.
SELECT participant_id, assessment_id, target, definition, occurrence, opens_at, closes_at, answered_at, sittings, chosen,
       apart, mode, respondent, basis, raw, normalised
FROM pro.scores_beside($1, $2, $3, $4, $5);

-- name: list_scores_beside_seen(study_id, instrument, scale, as_of)
-- The same, of the participants whose scores are seen from the seat.
SELECT participant_id, assessment_id, target, definition, occurrence, opens_at, closes_at, answered_at, sittings, chosen,
       apart, mode, respondent, basis, raw, normalised
FROM pro.scores_beside_seen($1, $2, $3, $4);

-- name: list_injections(study_id, participant_ids, as_of)
-- The latest word on each injection of these participants, as it was at an instant.
SELECT p.id AS participant_id, e.id, e.kind, e.ordinal, e.target, e.planned_on, e.occurred_at
FROM unnest($2::uuid[]) AS p (id)
CROSS JOIN LATERAL pro.latest_events($1, p.id, $3) AS e
WHERE e.kind = 'injection';

-- name: insert_run(study_id, id, instrument, scale, measure, region, layer, visit, within_days, planned, ground, ground_name, as_of, seed, replicates, participants, pairs, pairs_sha256, actor)
-- Keep that scores were set beside measures, and say which run of the study it was.
INSERT INTO pro.correlation_runs (study_id, id, number, instrument, scale, measure, region, layer, visit, within_days,
                                  planned, ground, ground_name, as_of, seed, replicates, participants, pairs, pairs_sha256,
                                  actor)
VALUES ($1, $2, pro.next_correlation_run($1), $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)
RETURNING number;

-- name: list_runs(study_id)
-- Every run of the study, the first one first.
SELECT id, number, instrument, scale, measure, region, layer, visit, within_days, planned, ground, ground_name, as_of, seed,
       replicates, participants, pairs, pairs_sha256, recorded_at, actor
FROM pro.correlation_runs WHERE study_id = $1 ORDER BY number;
