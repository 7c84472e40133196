-- name: list_scorable(study_id)
-- Assessments whose standing sitting was sent in and has every score; of several sent the one stands that
-- can be scored.
SELECT DISTINCT t.assessment_id AS id
FROM pro.counting_sittings($1) AS t
-- Those without a score are few: read once, and not looked up for every sitting there is.
WHERE t.attempt_id NOT IN (
    SELECT s.attempt_id FROM pro.standing_scores($1) AS s WHERE s.basis = 'complete' AND s.raw IS NULL);

-- name: list_helped(study_id)
-- Assessments of which every sitting that counts was answered with somebody's help.
SELECT h.assessment_id AS id FROM pro.helped_assessments($1) AS h;

-- name: summarise_scores(study_id)
-- How many complete scores of sittings that count each visit has by instrument and scale, and their mean.
SELECT v.definition, s.instrument, s.scale, count(s.raw) AS scored, avg(s.raw) AS mean,
       avg(s.normalised) AS mean_0_100
FROM pro.standing_scores($1) AS s
JOIN pro.counting_sittings($1) AS t ON t.attempt_id = s.attempt_id
JOIN pro.assessments AS a ON a.study_id = s.study_id AND a.id = s.assessment_id
JOIN pro.visits AS v ON v.study_id = a.study_id AND v.id = a.visit_id
WHERE s.basis = 'complete'
GROUP BY v.definition, s.instrument, s.scale
ORDER BY v.definition, s.instrument, s.scale;

-- name: list_enrolled(study_id, after, limit)
-- A page of a study's participants in order of enrolment: where they are, and what tells where they stand.
SELECT p.id, p.code, p.protocol_version_id, t.code AS site, pro.now() AS now,
       ARRAY(SELECT x.status FROM pro.statuses AS x
             WHERE x.study_id = p.study_id AND x.participant_id = p.id ORDER BY x.id) AS statuses,
       ARRAY(SELECT x.effective_at FROM pro.statuses AS x
             WHERE x.study_id = p.study_id AND x.participant_id = p.id ORDER BY x.id) AS effective_at,
       ARRAY(SELECT e.occurred_at FROM pro.latest_events(p.study_id, p.id) AS e
             WHERE e.kind = 'death' AND e.occurred_at IS NOT NULL ORDER BY e.id) AS died_at
FROM pro.participants AS p
CROSS JOIN LATERAL pro.present_site(p.study_id, p.id) AS t
WHERE p.study_id = $1 AND p.id > $2
ORDER BY p.id LIMIT $3;

-- name: list_asked(study_id, participant_ids)
-- Everything asked at present visits of these participants, and how far it has come: never what was answered.
-- `items` are those settled in the only sitting that was begun and not sent; of several it is told apart which
-- stands, as it is where a sitting that was never sent was chosen before another was.
WITH begun AS MATERIALIZED (
    SELECT t.assessment_id, count(DISTINCT t.id) AS sittings, bool_or(r.value IS NOT NULL) AS answered,
           array_agg(r.item) FILTER (WHERE r.item IS NOT NULL) AS items
    FROM pro.attempts AS t
    LEFT JOIN LATERAL pro.sitting_answers(t.study_id, t.id) AS r ON true
    -- An assessment is submitted in one write with its sitting, so an unsubmitted one has none that is.
    WHERE t.study_id = $1 AND t.participant_id = ANY ($2) AND t.submitted_at IS NULL
    GROUP BY t.assessment_id
)
SELECT v.participant_id, v.id AS visit_id, v.definition, v.provisional, v.opens_at, v.closes_at,
       a.id AS assessment_id, a.instrument, a.submitted_at, a.declined_at, coalesce(b.sittings, 0) AS sittings,
       coalesce(b.answered, false) AS answered, b.items, p.passed_over OR coalesce(b.sittings, 0) > 1 AS told_apart
FROM pro.visits AS v
JOIN pro.assessments AS a ON a.study_id = v.study_id AND a.visit_id = v.id AND a.participant_id = ANY ($2)
CROSS JOIN LATERAL pro.passed_over(a.study_id, a.id, a.submitted_at, v.closes_at) AS p
LEFT JOIN begun AS b ON b.assessment_id = a.id AND a.submitted_at IS NULL
WHERE v.study_id = $1 AND v.participant_id = ANY ($2) AND v.superseded_at IS NULL
ORDER BY v.participant_id, v.opens_at, v.id, a.id;
