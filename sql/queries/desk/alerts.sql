-- name: get_alert(study_id, participant_id, alert_id)
-- How far an alert has come, with the assessments it was given, and who has taken it.
SELECT x.seen_at IS NOT NULL AS seen, x.seen_by, x.acted_at IS NOT NULL AS acted, x.acted_by, k.actor AS held_by,
       coalesce((SELECT jsonb_agg(jsonb_build_object('id', a.id, 'verdict', a.verdict, 'reference', a.reference,
                                                     'actor', a.actor) ORDER BY a.id)
                 FROM pro.alert_assessments AS a
                 WHERE a.study_id = x.study_id AND a.alert_id = x.id), '[]') AS assessments
FROM pro.alerts AS x
LEFT JOIN LATERAL pro.alert_held(x.study_id, x.participant_id, x.raised_at) AS k ON true
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

-- name: take_alert(study_id, participant_id, revision, alert_id, actor, take_id, hold)
-- Somebody takes an urgent alert: nobody else is told of it for so long. It is seen with that.
WITH turn AS (
    UPDATE pro.participant_revisions SET revision = revision + 1
    WHERE study_id = $1 AND participant_id = $2 AND revision = $3
    RETURNING revision
),
taken AS (
    INSERT INTO pro.alert_takes (study_id, id, participant_id, alert_id, held_until, actor)
    SELECT $1, $6, $2, x.id, pro.now() + $7::interval, $5
    FROM turn, pro.alerts AS x
    WHERE x.study_id = $1 AND x.participant_id = $2 AND x.id = $4 AND x.acted_at IS NULL
    RETURNING alert_id
),
seen AS (
    UPDATE pro.alerts AS x SET seen_at = pro.now(), seen_by = $5 FROM taken AS k
    WHERE x.study_id = $1 AND x.participant_id = $2 AND x.id = k.alert_id AND x.seen_at IS NULL
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
-- assessment that stands, and who has taken it until when. Unmatched ones first, of them the urgent, then the oldest.
SELECT x.id, p.code, p.protocol_version_id, f.site_id, x.rule, x.severity, x.raised_at, x.answered_at, x.seen_at,
       x.seen_by, x.acted_at, x.acted_by, s.verdict, s.reference, s.assessed_at, s.actor AS assessed_by,
       k.held_until, k.actor AS held_by, f.unmatched, f.total, f.unmatched_total
FROM pro.desk_first_logged($1, $2, $3, $4, $5, $6) AS f
JOIN pro.alerts AS x ON x.study_id = $1 AND x.id = f.id
JOIN pro.participants AS p ON p.study_id = x.study_id AND p.id = x.participant_id
LEFT JOIN LATERAL (
    SELECT a.verdict, a.reference, a.assessed_at, a.actor FROM pro.alert_assessments AS a
    WHERE a.study_id = x.study_id AND a.alert_id = x.id ORDER BY a.id DESC LIMIT 1) AS s ON true
LEFT JOIN LATERAL pro.alert_held(x.study_id, x.participant_id, x.raised_at) AS k ON true
ORDER BY f.place;

-- name: list_reports_without_alert(study_id, site_id, since, until, most)
-- Texts of a span that name a sign of harm and raised no alert: whose, when, and whether somebody has read
-- them; never their words.
SELECT i.id, u.codes, f.site_id, i.received_at, i.read_at, i.read_by, f.total
FROM pro.desk_first_reports($1, $2, $3, $4, $5) AS f
JOIN pro.inbounds AS i ON i.study_id = $1 AND i.id = f.id
CROSS JOIN LATERAL (
    SELECT array_agg(p.code ORDER BY p.code) AS codes
    FROM pro.senders_of_text(i.study_id, i.participant_id, i.line_id) AS w
    JOIN pro.participants AS p ON p.study_id = i.study_id AND p.id = w.id
) AS u
ORDER BY f.place;
