-- name: get_participant_facts(study_id, participant_id)
-- Everything decisions about one participant read, as one JSON document, with the revision that guards the write.
WITH subject AS (
    SELECT p.*, rev.revision, pro.now() AS now
    FROM pro.participants AS p
    JOIN pro.participant_revisions AS rev
      ON rev.study_id = p.study_id AND rev.participant_id = p.id
    WHERE p.study_id = $1 AND p.id = $2
),
-- Answers of what is still open, or so fresh that `back` may reach it.
standing AS MATERIALIZED (
    SELECT a.id AS assessment_id, found.answers
    FROM pro.assessments AS a
    CROSS JOIN LATERAL (
        SELECT jsonb_agg(jsonb_build_object(
                   'item', c.item, 'value', r.value, 'gap', r.gap, 'response_id', r.id,
                   'received_at', r.received_at) ORDER BY c.item) AS answers
        FROM pro.current_responses AS c
        JOIN pro.responses AS r ON r.study_id = c.study_id AND r.id = c.response_id
        WHERE c.study_id = a.study_id AND c.assessment_id = a.id) AS found
    WHERE a.study_id = $1 AND a.participant_id = $2
      AND (a.submitted_at IS NULL OR a.submitted_at > (SELECT pro.now()) - interval '1 day')
),
-- The last sitting at each; looked up one by one, for a participant has few of all there are.
sittings AS MATERIALIZED (
    SELECT a.id AS assessment_id, last.attempt
    FROM pro.assessments AS a
    CROSS JOIN LATERAL (
        SELECT jsonb_build_object(
                   'id', t.id, 'ordinal', t.ordinal, 'mode', t.mode, 'started_at', t.started_at,
                   'submitted_at', t.submitted_at, 'last_answer_at',
                   CASE WHEN t.submitted_at IS NULL THEN
                       (SELECT max(r.received_at) FROM pro.responses AS r
                        WHERE r.study_id = t.study_id AND r.attempt_id = t.id)
                   ELSE t.submitted_at END) AS attempt
        FROM pro.attempts AS t
        WHERE t.study_id = a.study_id AND t.assessment_id = a.id
        ORDER BY t.ordinal DESC LIMIT 1) AS last
    WHERE a.study_id = $1 AND a.participant_id = $2
),
asked AS MATERIALIZED (
    SELECT a.visit_id, jsonb_agg(jsonb_build_object(
               'id', a.id, 'instrument', a.instrument, 'target', a.target,
               'submitted_at', a.submitted_at, 'declined_at', a.declined_at,
               'partial_scored_at', a.partial_scored_at, 'attempt', s.attempt,
               'answers', coalesce(st.answers, '[]')) ORDER BY a.id) AS assessments
    FROM pro.assessments AS a
    LEFT JOIN sittings AS s ON s.assessment_id = a.id
    LEFT JOIN standing AS st ON st.assessment_id = a.id
    WHERE a.study_id = $1 AND a.participant_id = $2
    GROUP BY a.visit_id
),
nudged AS MATERIALIZED (
    SELECT r.visit_id, jsonb_agg(jsonb_build_object(
               'id', r.id, 'ordinal', r.ordinal, 'due_at', r.due_at, 'ended_at', r.ended_at,
               'end_reason', r.end_reason, 'sent_at', m.claimed_at) ORDER BY r.ordinal) AS reminders
    FROM pro.reminders AS r
    LEFT JOIN pro.messages AS m ON m.study_id = r.study_id AND m.id = r.message_id
    WHERE r.study_id = $1 AND r.participant_id = $2
    GROUP BY r.visit_id
),
scheduled AS (
    SELECT jsonb_agg(jsonb_build_object(
               'id', v.id, 'definition', v.definition, 'occurrence', v.occurrence,
               'schedule_revision', v.schedule_revision, 'provisional', v.provisional,
               'opens_at', v.opens_at, 'target_on', v.target_on, 'closes_at', v.closes_at,
               'attended_on', v.attended_on, 'assessments', coalesce(a.assessments, '[]'),
               'reminders', coalesce(n.reminders, '[]')) ORDER BY v.opens_at, v.id) AS visits
    FROM pro.visits AS v
    LEFT JOIN asked AS a ON a.visit_id = v.id
    LEFT JOIN nudged AS n ON n.visit_id = v.id
    WHERE v.study_id = $1 AND v.participant_id = $2 AND v.superseded_at IS NULL
),
reached AS (
    SELECT c.id, c.address_sealed, c.address_key, c.blind_index,
           (SELECT count(*) FROM pro.contact_points AS o
            WHERE o.study_id = $1 AND o.blind_index = c.blind_index AND o.valid_to IS NULL
              AND (NOT o.must_confirm OR o.verified_at IS NOT NULL)
              AND o.participant_id <> $2) AS shared_with
    FROM pro.contact_points AS c
    WHERE c.study_id = $1 AND c.participant_id = $2 AND c.valid_to IS NULL
      AND (NOT c.must_confirm OR c.verified_at IS NOT NULL)
),
on_line AS (
    SELECT l.id FROM pro.lines AS l JOIN reached ON l.their_index = reached.blind_index
    WHERE l.study_id = $1
),
happened AS (
    SELECT DISTINCT ON (e.kind, e.ordinal) e.* FROM pro.events AS e
    WHERE e.study_id = $1 AND e.participant_id = $2
    ORDER BY e.kind, e.ordinal, e.id DESC
)
SELECT jsonb_build_object(
    'study_id', s.study_id, 'id', s.id, 'code', s.code, 'revision', s.revision, 'now', s.now,
    'personal_code', s.personal_code,
    'protocol_version_id', s.protocol_version_id, 'language', s.language, 'zone', s.zone,
    'channel', s.channel, 'nudge_at', s.nudge_at, 'treated_knees', s.treated_knees,
    'site', (SELECT jsonb_build_object('id', t.id, 'code', t.code, 'zone', t.zone,
                 'telephone', t.telephone, 'emergency_number', t.emergency_number, 'country', t.country)
             FROM pro.participant_sites AS ps
             JOIN pro.sites AS t ON t.study_id = ps.study_id AND t.id = ps.site_id
             WHERE ps.study_id = $1 AND ps.participant_id = $2 AND ps.valid_to IS NULL),
    'contact', (SELECT jsonb_build_object('id', r.id, 'address_sealed', encode(r.address_sealed, 'hex'),
                    'address_key', r.address_key, 'blind_index', encode(r.blind_index, 'hex'),
                    'shared_with', r.shared_with) FROM reached AS r),
    'number_unconfirmed', EXISTS (SELECT FROM pro.contact_points AS c
                    WHERE c.study_id = $1 AND c.participant_id = $2 AND c.valid_to IS NULL
                      AND c.must_confirm AND c.verified_at IS NULL),
    'consent', (SELECT jsonb_build_object('version', c.version, 'signed_on', c.signed_on,
                    'messages', c.messages, 'cross_border', c.cross_border, 'caregiver', c.caregiver)
                FROM pro.consents AS c WHERE c.study_id = $1 AND c.participant_id = $2
                ORDER BY c.id DESC LIMIT 1),
    'opted_out_at', (SELECT min(o.started_at) FROM pro.opt_outs AS o JOIN on_line ON o.line_id = on_line.id
                     WHERE o.study_id = $1 AND o.ended_at IS NULL),
    'statuses', coalesce((SELECT jsonb_agg(jsonb_build_object(
                    'status', x.status, 'effective_at', x.effective_at) ORDER BY x.id)
                FROM pro.statuses AS x WHERE x.study_id = $1 AND x.participant_id = $2), '[]'),
    'events', coalesce((SELECT jsonb_agg(jsonb_build_object('id', h.id, 'kind', h.kind,
                    'ordinal', h.ordinal, 'target', h.target, 'planned_on', h.planned_on,
                    'occurred_at', h.occurred_at) ORDER BY h.id) FROM happened AS h), '[]'),
    'visits', coalesce((SELECT visits FROM scheduled), '[]'),
    'data_key', (SELECT jsonb_build_object('id', k.id, 'wrapped', encode(k.wrapped, 'hex'),
                     'wrapping_key', k.wrapping_key)
                 FROM pro.data_keys AS k WHERE k.study_id = $1 AND k.participant_id = $2),
    'texts_today', (SELECT count(*) FROM pro.messages AS m JOIN on_line ON m.line_id = on_line.id
                    WHERE m.study_id = $1 AND m.kind = 'reminder'
                      AND m.state NOT IN ('queued', 'failed', 'suppressed', 'expired')
                      AND m.claimed_at >= date_trunc('day', s.now AT TIME ZONE s.zone) AT TIME ZONE s.zone),
    'last_reminder_text_at', (SELECT max(m.claimed_at) FROM pro.messages AS m
                    WHERE m.study_id = $1 AND m.participant_id = $2 AND m.kind = 'reminder'
                      AND m.state NOT IN ('queued', 'failed', 'suppressed', 'expired')),
    'open_calls', coalesce((SELECT jsonb_agg(coalesce(k.visit_id::text, '-') || ':' || k.reason)
                   FROM pro.call_tasks AS k WHERE k.study_id = $1 AND k.participant_id = $2
                     AND k.closed_at IS NULL), '[]'),
    'made_calls', coalesce((SELECT jsonb_agg(coalesce(k.visit_id::text, '-') || ':' || k.reason)
                   FROM pro.call_tasks AS k WHERE k.study_id = $1 AND k.participant_id = $2), '[]'),
    'alerts', coalesce((SELECT jsonb_agg(x.assessment_id::text || ':' || x.rule) FROM pro.alerts AS x
               WHERE x.study_id = $1 AND x.participant_id = $2 AND x.assessment_id IS NOT NULL), '[]')
)::text AS facts
FROM subject AS s;

-- name: list_participants(study_id)
-- Codes and ids of a study's participants, in order of enrolment.
SELECT id, code FROM pro.participants WHERE study_id = $1 ORDER BY id;

-- name: find_participant(study_id, code)
-- The id behind a participant's code.
SELECT id FROM pro.participants WHERE study_id = $1 AND code = $2;

-- name: list_baseline_values(study_id, participant_id, instrument, item, before)
-- The last submitted answer to one item before an instant, knee by knee, for rules that compare with it.
SELECT DISTINCT ON (a.target) a.target, r.value FROM pro.assessments AS a
JOIN pro.current_responses AS c ON c.study_id = a.study_id AND c.assessment_id = a.id AND c.item = $4
JOIN pro.responses AS r ON r.study_id = c.study_id AND r.id = c.response_id
WHERE a.study_id = $1 AND a.participant_id = $2 AND a.instrument = $3
  AND a.submitted_at < $5 AND r.value IS NOT NULL
ORDER BY a.target, a.submitted_at DESC;
