-- name: enter_desk(actor, site_ids, site_roles, reason)
-- Say for this transaction who reads or writes, at which sites, in which roles, and why.
SELECT set_config('pro.actor', $1, true) AS actor, set_config('pro.site_ids', $2, true) AS site_ids,
       set_config('pro.site_roles', $3, true) AS site_roles, set_config('pro.reason', $4, true) AS reason;

-- name: list_desk_sites(study_id)
-- The sites the member of staff is assigned to now.
SELECT id, code, name, zone FROM pro.sites WHERE study_id = $1 ORDER BY code;

-- name: list_open_calls(study_id, most)
-- Who is to be called, why, what is owed and until when; unanswered safety checks first.
SELECT k.id, p.code, p.protocol_version_id,
       coalesce((SELECT w.language FROM pro.preferences AS w
                 WHERE w.study_id = k.study_id AND w.participant_id = k.participant_id
                 ORDER BY w.id DESC LIMIT 1), p.language) AS language, p.zone, h.site_id, k.reason, k.created_at,
       k.closes_at, v.definition, v.occurrence,
       coalesce((SELECT jsonb_agg(jsonb_build_object('instrument', a.instrument, 'target', a.target)
                                  ORDER BY a.id)
                 FROM pro.assessments AS a
                 WHERE a.study_id = k.study_id AND a.visit_id = k.visit_id
                   AND a.submitted_at IS NULL AND a.declined_at IS NULL), '[]') AS owed,
       count(*) OVER () AS total
FROM pro.call_tasks AS k
JOIN pro.participants AS p ON p.study_id = k.study_id AND p.id = k.participant_id
LEFT JOIN pro.visits AS v ON v.study_id = k.study_id AND v.id = k.visit_id
JOIN LATERAL (SELECT ps.site_id FROM pro.participant_sites AS ps
              JOIN pro.sites AS y ON y.study_id = ps.study_id AND y.id = ps.site_id
              WHERE ps.study_id = k.study_id AND ps.participant_id = k.participant_id
              ORDER BY (ps.valid_to IS NULL) DESC, ps.id DESC LIMIT 1) AS h ON true
WHERE k.study_id = $1 AND k.closed_at IS NULL
ORDER BY (k.reason = 'safety_unanswered') DESC, k.closes_at NULLS LAST, k.id LIMIT $2;

-- name: list_open_alerts(study_id, most)
-- Alerts nobody has acted on yet: urgent ones first, and of those the unseen.
SELECT x.id, p.code, p.protocol_version_id, p.zone, h.site_id, x.rule, x.severity, x.raised_at,
       x.seen_at, x.seen_by, a.instrument, a.target, v.definition, v.occurrence,
       count(*) OVER () AS total
FROM pro.alerts AS x
JOIN pro.participants AS p ON p.study_id = x.study_id AND p.id = x.participant_id
LEFT JOIN pro.assessments AS a ON a.study_id = x.study_id AND a.id = x.assessment_id
LEFT JOIN pro.visits AS v ON v.study_id = a.study_id AND v.id = a.visit_id
JOIN LATERAL (SELECT ps.site_id FROM pro.participant_sites AS ps
              JOIN pro.sites AS y ON y.study_id = ps.study_id AND y.id = ps.site_id
              WHERE ps.study_id = x.study_id AND ps.participant_id = x.participant_id
              ORDER BY (ps.valid_to IS NULL) DESC, ps.id DESC LIMIT 1) AS h ON true
WHERE x.study_id = $1 AND x.acted_at IS NULL
ORDER BY (x.severity = 'urgent') DESC, (x.seen_at IS NULL) DESC, x.raised_at, x.id LIMIT $2;

-- name: list_texts_to_read(study_id, most)
-- Texts in words that nobody has read, oldest first; one from a shared number names all who use it, one
-- from a stranger nobody.
SELECT i.id, coalesce(u.codes, '{}') AS codes, coalesce(h.site_id, x.site_id) AS site_id, i.body_sealed,
       i.body_key, i.media_count, i.received_at, k.id AS key_id, k.wrapped, k.wrapping_key,
       count(*) OVER () AS total
FROM pro.inbounds AS i
CROSS JOIN LATERAL (
    SELECT array_agg(p.code ORDER BY p.code) AS codes, (array_agg(p.id ORDER BY p.code))[1] AS first_id
    FROM pro.participants AS p
    WHERE p.study_id = i.study_id
      AND (p.id = i.participant_id
           OR i.participant_id IS NULL AND p.id IN (SELECT pro.desk_line_users(i.study_id, i.line_id)))
) AS u
LEFT JOIN LATERAL (SELECT ps.site_id FROM pro.participant_sites AS ps
              JOIN pro.sites AS y ON y.study_id = ps.study_id AND y.id = ps.site_id
              WHERE ps.study_id = i.study_id AND ps.participant_id = u.first_id
              ORDER BY (ps.valid_to IS NULL) DESC, ps.id DESC LIMIT 1) AS h ON true
LEFT JOIN LATERAL (SELECT pro.desk_stranger_site(i.study_id, i.line_id) AS site_id
              WHERE i.participant_id IS NULL AND u.codes IS NULL) AS x ON true
LEFT JOIN pro.data_keys AS k
       ON k.study_id = i.study_id AND k.id = split_part(i.body_key, ':', 2)::uuid
WHERE i.study_id = $1 AND i.disposition = 'needs_reading' AND i.read_at IS NULL
  AND coalesce(h.site_id, x.site_id) IS NOT NULL
ORDER BY i.received_at, i.id LIMIT $2;

-- name: list_held_numbers(study_id)
-- Everybody whose number now asks for no texts.
SELECT o.id, p.code, h.site_id, o.started_at, o.reason, o.actor
FROM pro.desk_opt_outs($1) AS o
JOIN pro.participants AS p ON p.study_id = $1 AND p.id = o.participant_id
JOIN LATERAL (SELECT ps.site_id FROM pro.participant_sites AS ps
              JOIN pro.sites AS y ON y.study_id = ps.study_id AND y.id = ps.site_id
              WHERE ps.study_id = $1 AND ps.participant_id = p.id
              ORDER BY (ps.valid_to IS NULL) DESC, ps.id DESC LIMIT 1) AS h ON true
WHERE o.ended_at IS NULL
ORDER BY o.started_at DESC, p.code;

-- name: list_uncertain_messages(study_id, most)
-- Messages of which nobody knows whether they went out, and nobody has dealt with; newest first.
SELECT m.id, p.code, h.site_id, m.template, m.state, m.state_reason,
       coalesce(m.claimed_at, m.recorded_at) AS at, count(*) OVER () AS total
FROM pro.messages AS m
JOIN pro.participants AS p ON p.study_id = m.study_id AND p.id = m.participant_id
JOIN LATERAL (SELECT ps.site_id FROM pro.participant_sites AS ps
              JOIN pro.sites AS y ON y.study_id = ps.study_id AND y.id = ps.site_id
              WHERE ps.study_id = m.study_id AND ps.participant_id = m.participant_id
              ORDER BY (ps.valid_to IS NULL) DESC, ps.id DESC LIMIT 1) AS h ON true
WHERE m.study_id = $1 AND m.state IN ('ambiguous', 'unconfirmed') AND m.dealt_at IS NULL
ORDER BY m.id DESC LIMIT $2;

-- name: list_desk_participants(study_id, site_id, code)
-- Participants by code: all, or of one site, or those whose code contains a piece of text.
SELECT p.id, p.code, h.site_id
FROM pro.participants AS p
JOIN LATERAL (SELECT ps.site_id FROM pro.participant_sites AS ps
              JOIN pro.sites AS y ON y.study_id = ps.study_id AND y.id = ps.site_id
              WHERE ps.study_id = p.study_id AND ps.participant_id = p.id
              ORDER BY (ps.valid_to IS NULL) DESC, ps.id DESC LIMIT 1) AS h ON true
WHERE p.study_id = $1 AND ($2::uuid IS NULL OR h.site_id = $2)
  AND ($3::text IS NULL OR strpos(lower(p.code), lower($3)) > 0)
ORDER BY p.code;

-- name: list_standings(study_id, participant_ids)
-- What tells where participants stand: their statuses in order, and a death.
SELECT p.id, p.protocol_version_id,
       coalesce((SELECT jsonb_agg(jsonb_build_object('status', x.status, 'effective_at', x.effective_at)
                                  ORDER BY x.id)
                 FROM pro.statuses AS x
                 WHERE x.study_id = p.study_id AND x.participant_id = p.id), '[]') AS statuses,
       (SELECT e.occurred_at FROM pro.events AS e
        WHERE e.study_id = p.study_id AND e.participant_id = p.id AND e.kind = 'death'
        ORDER BY e.id DESC LIMIT 1) AS died_at
FROM pro.participants AS p
WHERE p.study_id = $1 AND p.id = ANY ($2);

-- name: list_asked(study_id, participant_ids)
-- Everything asked at present visits of these participants, with the visit's window.
SELECT v.participant_id, v.id AS visit_id, v.definition, v.occurrence, v.schedule_revision,
       v.provisional, v.opens_at, v.target_on, v.closes_at, a.id AS assessment_id, a.instrument, a.target, a.submitted_at,
       a.declined_at
FROM pro.visits AS v
JOIN pro.assessments AS a ON a.study_id = v.study_id AND a.visit_id = v.id
WHERE v.study_id = $1 AND v.participant_id = ANY ($2) AND v.superseded_at IS NULL
ORDER BY v.participant_id, v.opens_at, v.id, a.id;

-- name: list_progress(study_id, participant_ids)
-- Of each assessment whether it was begun, answered, scored: never what was answered.
SELECT assessment_id, begun, answered, scorable FROM pro.desk_progress($1, $2);

-- name: get_timeline(study_id, code)
-- Everything the desk may see about one participant, as one document; answers and scores are there
-- only for roles that may read them.
WITH subject AS (
    SELECT p.* FROM pro.participants AS p WHERE p.study_id = $1 AND p.code = $2
),
asked AS (
    SELECT a.visit_id, jsonb_agg(jsonb_build_object('id', a.id, 'instrument', a.instrument,
               'target', a.target, 'submitted_at', a.submitted_at, 'declined_at', a.declined_at,
               'partial_scored_at', a.partial_scored_at,
               'mode', (SELECT t.mode FROM pro.attempts AS t
                        WHERE t.study_id = a.study_id AND t.assessment_id = a.id
                        ORDER BY t.ordinal DESC LIMIT 1),
               'respondent', (SELECT concat_ws('.', t.respondent, t.respondent_relation) FROM pro.attempts AS t
                              WHERE t.study_id = a.study_id AND t.assessment_id = a.id
                              ORDER BY t.ordinal DESC LIMIT 1)) ORDER BY a.id) AS assessments
    FROM pro.assessments AS a JOIN subject AS s ON a.study_id = s.study_id AND a.participant_id = s.id
    GROUP BY a.visit_id
),
wished AS (
    SELECT w.language, w.channel FROM pro.preferences AS w
    JOIN subject AS s ON w.study_id = s.study_id AND w.participant_id = s.id
    ORDER BY w.id DESC LIMIT 1
),
nudged AS (
    SELECT r.visit_id, jsonb_agg(jsonb_build_object('ordinal', r.ordinal, 'due_at', r.due_at,
               'ended_at', r.ended_at, 'end_reason', r.end_reason) ORDER BY r.ordinal, r.id) AS reminders
    FROM pro.reminders AS r JOIN subject AS s ON r.study_id = s.study_id AND r.participant_id = s.id
    GROUP BY r.visit_id
),
-- The last instant the reader sees anything of: now, or the end of a former site's period.
last_seen AS (
    SELECT CASE WHEN bool_or(ps.valid_to IS NULL) THEN pro.now()
           ELSE max(ps.valid_to) - interval '1 microsecond' END AS at
    FROM pro.participant_sites AS ps JOIN subject AS s ON ps.study_id = s.study_id AND ps.participant_id = s.id
)
SELECT jsonb_build_object(
    'id', s.id, 'code', s.code, 'protocol_version_id', s.protocol_version_id,
    'language', coalesce((SELECT language FROM wished), s.language), 'zone', s.zone,
    'channel', coalesce((SELECT channel FROM wished), s.channel), 'treated_knees', s.treated_knees, 'now', pro.now(),
    'enrolled_at', s.recorded_at, 'may_read_scores', pro.desk_may_read_scores(s.study_id, s.id, (SELECT at FROM last_seen)),
    'placings', (SELECT jsonb_agg(jsonb_build_object('site_id', ps.site_id, 'valid_from', ps.valid_from,
                     'valid_to', ps.valid_to) ORDER BY ps.id)
                 FROM pro.participant_sites AS ps
                 WHERE ps.study_id = s.study_id AND ps.participant_id = s.id),
    'visits', coalesce((SELECT jsonb_agg(jsonb_build_object('id', v.id, 'definition', v.definition,
                   'occurrence', v.occurrence, 'schedule_revision', v.schedule_revision,
                   'provisional', v.provisional, 'opens_at', v.opens_at, 'target_on', v.target_on,
                   'closes_at', v.closes_at, 'attended_on', v.attended_on,
                   'superseded_at', v.superseded_at, 'superseded_reason', v.superseded_reason,
                   'actor', v.actor, 'assessments', coalesce(a.assessments, '[]'),
                   'reminders', coalesce(n.reminders, '[]')) ORDER BY v.opens_at, v.id)
               FROM pro.visits AS v
               LEFT JOIN asked AS a ON a.visit_id = v.id LEFT JOIN nudged AS n ON n.visit_id = v.id
               WHERE v.study_id = s.study_id AND v.participant_id = s.id), '[]'),
    'progress', coalesce((SELECT jsonb_agg(to_jsonb(g))
               FROM pro.desk_progress(s.study_id, ARRAY[s.id]) AS g), '[]'),
    'statuses', coalesce((SELECT jsonb_agg(jsonb_build_object('status', x.status,
                    'effective_at', x.effective_at, 'actor', x.actor, 'reason', x.reason) ORDER BY x.id)
                FROM pro.statuses AS x
                WHERE x.study_id = s.study_id AND x.participant_id = s.id), '[]'),
    'events', coalesce((SELECT jsonb_agg(jsonb_build_object('kind', e.kind, 'ordinal', e.ordinal,
                    'target', e.target, 'planned_on', e.planned_on, 'occurred_at', e.occurred_at,
                    'recorded_at', e.recorded_at, 'actor', e.actor, 'reason', e.reason) ORDER BY e.id)
                FROM pro.events AS e
                WHERE e.study_id = s.study_id AND e.participant_id = s.id), '[]'),
    'consents', coalesce((SELECT jsonb_agg(jsonb_build_object('version', c.version,
                    'signed_on', c.signed_on, 'messages', c.messages, 'recorded_at', c.recorded_at,
                    'actor', c.actor) ORDER BY c.id)
                FROM pro.consents AS c
                WHERE c.study_id = s.study_id AND c.participant_id = s.id), '[]'),
    'messages', coalesce((SELECT jsonb_agg(jsonb_build_object('kind', m.kind, 'template', m.template,
                    'state', m.state, 'state_reason', m.state_reason, 'error_code', m.error_code,
                    'segments', m.segments, 'at', coalesce(m.claimed_at, m.recorded_at),
                    'dealt_at', m.dealt_at, 'dealt_by', m.dealt_by, 'dealt_note', m.dealt_note)
                    ORDER BY m.id)
                FROM pro.messages AS m
                WHERE m.study_id = s.study_id AND m.participant_id = s.id), '[]'),
    'inbounds', coalesce((SELECT jsonb_agg(jsonb_build_object('id', i.id,
                    'body_sealed', encode(i.body_sealed, 'hex'), 'body_key', i.body_key,
                    'media_count', i.media_count, 'disposition', i.disposition, 'command', i.command,
                    'received_at', i.received_at, 'read_at', i.read_at, 'read_by', i.read_by,
                    'answers_open', pro.desk_may_read_scores(i.study_id, i.participant_id, i.recorded_at))
                    ORDER BY i.id)
                FROM pro.inbounds AS i
                WHERE i.study_id = s.study_id AND i.participant_id = s.id), '[]'),
    'opt_outs', coalesce((SELECT jsonb_agg(jsonb_build_object('started_at', o.started_at,
                    'ended_at', o.ended_at, 'reason', o.reason, 'actor', o.actor,
                    'end_reason', o.end_reason, 'ended_by', o.ended_by) ORDER BY o.id)
                FROM pro.desk_opt_outs(s.study_id) AS o WHERE o.participant_id = s.id), '[]'),
    'calls', coalesce((SELECT jsonb_agg(jsonb_build_object('id', k.id, 'visit_id', k.visit_id,
                    'reason', k.reason, 'created_at', k.created_at, 'closes_at', k.closes_at,
                    'closed_at', k.closed_at, 'closed_by', k.closed_by, 'outcome', k.outcome)
                    ORDER BY k.id)
                FROM pro.call_tasks AS k
                WHERE k.study_id = s.study_id AND k.participant_id = s.id), '[]'),
    'alerts', coalesce((SELECT jsonb_agg(jsonb_build_object('id', x.id, 'rule', x.rule,
                    'severity', x.severity, 'assessment_id', x.assessment_id, 'raised_at', x.raised_at,
                    'seen_at', x.seen_at, 'seen_by', x.seen_by, 'acted_at', x.acted_at,
                    'acted_by', x.acted_by, 'action', x.action) ORDER BY x.id)
                FROM pro.alerts AS x
                WHERE x.study_id = s.study_id AND x.participant_id = s.id), '[]'),
    'answers', coalesce((SELECT jsonb_agg(jsonb_build_object('assessment_id', r.assessment_id,
                    'item', r.item, 'value', r.value, 'gap', r.gap, 'inbound_id', r.inbound_id,
                    'received_at', r.received_at, 'stands', c.response_id IS NOT NULL) ORDER BY r.id)
                FROM pro.responses AS r
                LEFT JOIN pro.current_responses AS c
                  ON c.study_id = r.study_id AND c.response_id = r.id
                WHERE r.study_id = s.study_id AND r.participant_id = s.id), '[]'),
    'scores', coalesce((SELECT jsonb_agg(jsonb_build_object('assessment_id', z.assessment_id,
                    'basis', z.basis, 'scale', z.scale, 'raw', z.raw::text, 'lowest', z.lowest,
                    'normalised', z.normalised::text, 'highest', z.highest, 'answered', z.answered,
                    'substituted', z.substituted, 'absent_reason', z.absent_reason) ORDER BY z.id)
                FROM pro.scores AS z
                WHERE z.study_id = s.study_id AND z.participant_id = s.id
                  AND NOT EXISTS (SELECT FROM pro.scores AS later
                                  WHERE later.study_id = z.study_id AND later.attempt_id = z.attempt_id
                                    AND later.scale = z.scale AND later.basis = z.basis
                                    AND later.id > z.id)), '[]'),
    'data_key', (SELECT jsonb_build_object('id', k.id, 'wrapped', encode(k.wrapped, 'hex'),
                     'wrapping_key', k.wrapping_key)
                 FROM pro.data_keys AS k WHERE k.study_id = s.study_id AND k.participant_id = s.id)
)::text AS timeline
FROM subject AS s;

-- name: mark_text_read(study_id, inbound_id, actor)
-- Somebody has read a text; the first who did stays named.
UPDATE pro.inbounds SET read_at = coalesce(read_at, pro.now()), read_by = coalesce(read_by, $3)
WHERE study_id = $1 AND id = $2 AND disposition = 'needs_reading' RETURNING id;

-- name: deal_with_message(study_id, message_id, actor, note)
-- Say what was done about a text whose fate never became known; what was said before stays.
UPDATE pro.messages SET dealt_at = pro.now(), dealt_by = $3, dealt_note = $4
WHERE study_id = $1 AND id = $2 AND state = 'unconfirmed' AND dealt_at IS NULL RETURNING id;

-- name: find_dealt_message(study_id, message_id)
-- Whether there is such a text here that somebody has dealt with.
SELECT id FROM pro.messages WHERE study_id = $1 AND id = $2 AND dealt_at IS NOT NULL;
