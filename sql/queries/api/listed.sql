-- name: list_participants_after(study_id, after, just, site, most)
-- The participants seen from here by code, after one or just one: where each is, when they came, and every status
-- and the last word on a death that are seen of them.
SELECT id, code, site, enrolled_at, language, channel, zone, treated_knees, protocol, present, restricted, statuses,
       since, died_at, now
FROM pro.desk_participants_after($1, $2, $3, $4, $5);

-- name: find_code(study_id, participant_id)
-- The code of a participant seen from here.
SELECT p.code FROM pro.participants AS p WHERE p.study_id = $1 AND p.id = $2;

-- name: list_alerts_after(study_id, after, most)
-- Alerts seen from here, in the order in which they were raised and after one; how far each has come.
SELECT id, participant, rule, severity, raised_at, seen_at, closed_at, assessed_at, verdict, assessment_id
FROM pro.desk_alerts_after($1, $2, $3);

-- name: list_calls_after(study_id, after, most)
-- Calls seen from here, in the order in which they were wanted and after one; how each ended.
SELECT id, participant, reason, created_at, closes_at, closed_at, outcome FROM pro.desk_calls_after($1, $2, $3);
