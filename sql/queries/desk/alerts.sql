-- name: get_alert(study_id, participant_id, alert_id)
-- How far an alert has come, with the assessments it was given.
SELECT x.seen_at IS NOT NULL AS seen, x.acted_at IS NOT NULL AS acted,
       coalesce((SELECT jsonb_agg(jsonb_build_object('id', a.id, 'verdict', a.verdict, 'reference', a.reference)
                                  ORDER BY a.id)
                 FROM pro.alert_assessments AS a
                 WHERE a.study_id = x.study_id AND a.alert_id = x.id), '[]') AS assessments
FROM pro.alerts AS x
WHERE x.study_id = $1 AND x.participant_id = $2 AND x.id = $3;

-- name: see_alert(study_id, participant_id, revision, alert_id, actor)
-- Somebody has seen an alert; the first who did stays named.
WITH turn AS (
    UPDATE pro.participant_revisions SET revision = revision + 1
    WHERE study_id = $1 AND participant_id = $2 AND revision = $3
    RETURNING revision
),
seen AS (
    UPDATE pro.alerts AS x SET seen_at = pro.now(), seen_by = $5 FROM turn
    WHERE x.study_id = $1 AND x.participant_id = $2 AND x.id = $4 AND x.seen_at IS NULL
)
SELECT pro.demand_fresh((SELECT count(*) FROM turn) = 1) AS fresh;

-- name: assess_alert(study_id, participant_id, revision, alert_id, actor, assessment_id, verdict, reference, told)
-- An investigator says what an alert is; what was said before stays beside it. It is seen with that.
WITH turn AS (
    UPDATE pro.participant_revisions SET revision = revision + 1
    WHERE study_id = $1 AND participant_id = $2 AND revision = $3
    RETURNING revision
),
assessed AS (
    INSERT INTO pro.alert_assessments (study_id, id, participant_id, alert_id, verdict, reference, told,
        assessed_at, actor)
    SELECT $1, $6, $2, x.id, $7, $8, $9, pro.now(), $5
    FROM turn, pro.alerts AS x
    WHERE x.study_id = $1 AND x.participant_id = $2 AND x.id = $4 AND x.acted_at IS NULL
    RETURNING alert_id
),
seen AS (
    UPDATE pro.alerts AS x SET seen_at = pro.now(), seen_by = $5 FROM assessed AS a
    WHERE x.study_id = $1 AND x.participant_id = $2 AND x.id = a.alert_id AND x.seen_at IS NULL
),
-- The calls that ask for it are over, unless another urgent one still waits for its assessment.
called AS (
    UPDATE pro.call_tasks AS k SET closed_at = pro.now(), closed_by = $5, outcome = 'alert assessed'
    FROM assessed AS a
    WHERE k.study_id = $1 AND k.participant_id = $2 AND k.reason IN ('alert_unseen', 'alert_unassessed')
      AND k.closed_at IS NULL
      AND NOT EXISTS (SELECT FROM pro.alerts AS o
                      WHERE o.study_id = $1 AND o.participant_id = $2 AND o.id <> a.alert_id
                        AND o.severity = 'urgent' AND o.acted_at IS NULL
                        AND NOT EXISTS (SELECT FROM pro.alert_assessments AS s
                                        WHERE s.study_id = $1 AND s.alert_id = o.id))
)
SELECT pro.demand_fresh((SELECT count(*) FROM turn) = 1) AS fresh;

-- name: close_alert(study_id, participant_id, revision, alert_id, actor, action)
-- Close an alert that was assessed, and say how it ended; what was said before stays.
WITH turn AS (
    UPDATE pro.participant_revisions SET revision = revision + 1
    WHERE study_id = $1 AND participant_id = $2 AND revision = $3
    RETURNING revision
),
closed AS (
    UPDATE pro.alerts AS x SET acted_at = pro.now(), acted_by = $5, action = $6 FROM turn
    WHERE x.study_id = $1 AND x.participant_id = $2 AND x.id = $4 AND x.acted_at IS NULL
)
SELECT pro.demand_fresh((SELECT count(*) FROM turn) = 1) AS fresh;

-- name: list_alerts_against_log(study_id, site_id, since, until, unmatched_too, most)
-- Alerts raised within a span, and of any time those that still lack assessment or reference; each with the
-- assessment that stands. Unmatched ones first, of them the urgent, then the oldest.
SELECT x.id, p.code, p.protocol_version_id, h.site_id, x.rule, x.severity, x.raised_at, x.answered_at, x.seen_at,
       x.seen_by, x.acted_at, x.acted_by, s.verdict, s.reference, s.assessed_at, s.actor AS assessed_by,
       coalesce(m.unmatched, false) AS unmatched, count(*) OVER () AS total
FROM pro.alerts AS x
JOIN pro.participants AS p ON p.study_id = x.study_id AND p.id = x.participant_id
JOIN LATERAL pro.site_seen(x.study_id, x.participant_id) AS h ON true
LEFT JOIN LATERAL (
    SELECT a.verdict, a.reference, a.assessed_at, a.actor FROM pro.alert_assessments AS a
    WHERE a.study_id = x.study_id AND a.alert_id = x.id ORDER BY a.id DESC LIMIT 1) AS s ON true
CROSS JOIN LATERAL (
    -- Acted on before there were three steps: neither is asked for any more.
    SELECT CASE WHEN s.verdict IS NULL THEN x.acted_at IS NULL
                ELSE s.verdict <> 'no_ae' AND s.reference IS NULL END AS unmatched) AS m
WHERE x.study_id = $1 AND ($2::uuid IS NULL OR h.site_id = $2)
  AND (x.raised_at >= $3 AND x.raised_at < $4 OR $5 AND m.unmatched AND x.raised_at < $4)
ORDER BY m.unmatched DESC, (x.severity = 'urgent') DESC, x.raised_at, x.id LIMIT $6;

-- name: list_reports_without_alert(study_id, site_id, since, until, most)
-- Texts of a span that name a sign of harm and raised no alert: whose, when, and whether somebody has read
-- them; never their words.
SELECT i.id, u.codes, h.site_id, i.received_at, i.read_at, i.read_by, count(*) OVER () AS total
FROM pro.inbounds AS i
CROSS JOIN LATERAL (
    SELECT array_agg(p.code ORDER BY p.code) AS codes, (array_agg(p.id ORDER BY p.code))[1] AS first_id
    FROM pro.participants AS p
    WHERE p.study_id = i.study_id
      AND (p.id = i.participant_id
           OR i.participant_id IS NULL AND p.id IN (SELECT pro.desk_line_users(i.study_id, i.line_id)))
) AS u
JOIN LATERAL pro.site_seen(i.study_id, u.first_id) AS h ON true
WHERE i.study_id = $1 AND i.urgent AND i.received_at >= $3 AND i.received_at < $4
  AND ($2::uuid IS NULL OR h.site_id = $2)
  AND NOT EXISTS (SELECT FROM pro.alerts AS x WHERE x.study_id = i.study_id AND x.inbound_id = i.id)
ORDER BY (i.read_at IS NULL) DESC, i.received_at, i.id LIMIT $5;
