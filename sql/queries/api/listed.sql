-- name: list_participants_after(study_id, after, just, site_id, most)
-- The participants seen from here by code, after one or just one: where each is, when they came, and every status
-- and the last word on a death that are seen of them.
SELECT p.id, p.code, f.site_id, p.recorded_at AS enrolled_at, w.language, w.channel, p.zone, p.treated_knees,
       v.label AS protocol, f.present, pro.is_restricted(p.study_id, p.id) AS restricted,
       coalesce((SELECT jsonb_agg(jsonb_build_object('status', s.status, 'effective_at', s.effective_at) ORDER BY s.id)
                 FROM pro.statuses AS s WHERE s.study_id = p.study_id AND s.participant_id = p.id), '[]') AS statuses,
       (SELECT e.occurred_at FROM pro.events AS e
        WHERE e.study_id = p.study_id AND e.participant_id = p.id AND e.kind = 'death'
        ORDER BY e.id DESC LIMIT 1) AS died_at,
       pro.now() AS now
FROM pro.desk_participants_after($1, $2, $3, $4, $5) AS f
JOIN pro.participants AS p ON p.study_id = $1 AND p.id = f.id
JOIN pro.present_participants AS w ON w.study_id = p.study_id AND w.id = p.id
JOIN pro.protocol_versions AS v ON v.study_id = p.study_id AND v.id = p.protocol_version_id
ORDER BY p.code;

-- name: list_alerts_after(study_id, after, most)
-- Alerts seen from here, in the order in which they were raised and after one; how far each has come.
SELECT x.id, p.code AS participant, x.rule, x.severity, x.raised_at, x.seen_at, x.acted_at AS closed_at,
       s.assessed_at, s.verdict, x.assessment_id
FROM pro.alerts AS x
JOIN pro.participants AS p ON p.study_id = x.study_id AND p.id = x.participant_id
LEFT JOIN LATERAL (SELECT a.assessed_at, a.verdict FROM pro.alert_assessments AS a
                   WHERE a.study_id = x.study_id AND a.alert_id = x.id ORDER BY a.id DESC LIMIT 1) AS s ON true
WHERE x.study_id = $1 AND ($2::uuid IS NULL OR x.id > $2)
ORDER BY x.id LIMIT $3;

-- name: list_calls_after(study_id, after, most)
-- Calls seen from here, in the order in which they were wanted and after one; how each ended.
SELECT k.id, p.code AS participant, k.reason, k.created_at, k.closes_at, k.closed_at,
       -- Words of staff are sealed notes; one word of the program stands here.
       CASE WHEN k.outcome NOT LIKE 'note:%' THEN k.outcome END AS outcome
FROM pro.call_tasks AS k
JOIN pro.participants AS p ON p.study_id = k.study_id AND p.id = k.participant_id
WHERE k.study_id = $1 AND ($2::uuid IS NULL OR k.id > $2)
ORDER BY k.id LIMIT $3;

-- name: find_code(study_id, participant_id)
-- The code of a participant seen from here.
SELECT p.code FROM pro.participants AS p WHERE p.study_id = $1 AND p.id = $2;
