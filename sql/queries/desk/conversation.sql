-- name: list_messages_seen(study_id, participant_id)
-- The texts we wrote, and what became of each.
SELECT m.kind, m.template, m.state, m.state_reason,
       -- Of a text that has arrived no earlier word counts; releases before this one kept it here.
       CASE WHEN m.state <> 'delivered' THEN m.error_code END AS error_code, m.segments,
       coalesce(m.claimed_at, m.recorded_at) AS at, m.dealt_at, m.dealt_by, m.dealt_note
FROM pro.messages AS m
WHERE m.study_id = $1 AND m.participant_id = $2
ORDER BY m.id;

-- name: list_inbounds_seen(study_id, participant_id)
-- The texts they wrote, sealed; answers of its time are open to whoever reads, or not.
SELECT i.id, i.body_sealed, i.body_key, i.media_count, i.disposition, i.command, i.urgent, i.received_at,
       i.read_at, i.read_by, s.kind AS settled, pro.desk_may_read_scores(i.study_id, i.participant_id, i.recorded_at) AS answers_open
FROM pro.inbounds AS i
LEFT JOIN pro.standing_settlements AS s ON s.study_id = i.study_id AND s.inbound_id = i.id
WHERE i.study_id = $1 AND i.participant_id = $2
ORDER BY i.id;

-- name: list_opt_outs_seen(study_id, participant_id)
-- From when to when the number asked for no texts.
SELECT o.started_at, o.ended_at, o.reason, o.actor, o.end_reason, o.ended_by
FROM pro.desk_opt_outs_of($1, $2) AS o
ORDER BY o.id;

-- name: list_calls_seen(study_id, participant_id)
-- Every call task.
SELECT k.id, k.visit_id, k.reason, k.created_at, k.closes_at, k.closed_at, k.closed_by, k.outcome,
       k.wanted_from
FROM pro.call_tasks AS k
WHERE k.study_id = $1 AND k.participant_id = $2
ORDER BY k.id;

-- name: list_alerts_seen(study_id, participant_id)
-- Every alert, with the assessments it was given, and who has taken it until when.
SELECT x.id, x.rule, x.severity, x.assessment_id, x.raised_at, x.seen_at, x.seen_by, x.acted_at, x.acted_by,
       x.action, x.inbound_id IS NOT NULL AS by_text, x.uncertain_who, x.answered_at,
       k.held_until, k.actor AS held_by,
       coalesce((SELECT jsonb_agg(jsonb_build_object('id', s.id, 'verdict', s.verdict, 'reference', s.reference,
                     'told', s.told, 'assessed_at', s.assessed_at, 'actor', s.actor) ORDER BY s.id)
                 FROM pro.alert_assessments AS s
                 WHERE s.study_id = x.study_id AND s.alert_id = x.id), '[]') AS assessments
FROM pro.alerts AS x
LEFT JOIN LATERAL pro.alert_held(x.study_id, x.participant_id, x.raised_at) AS k ON true
WHERE x.study_id = $1 AND x.participant_id = $2
ORDER BY x.id;

-- name: list_undone_seen(study_id, participant_id)
-- What staff took back: a text settled as nothing, an alert seen, a call to which nobody came.
SELECT u.kind, u.of_id, u.undone_at, u.actor FROM pro.undone AS u
WHERE u.study_id = $1 AND u.participant_id = $2
ORDER BY u.id;
