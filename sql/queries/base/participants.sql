-- name: get_participant_facts(study_id, participant_id, answers_of)
-- Everything decisions about one participant read, as one JSON document, with the revision that guards the write.
WITH subject AS (
    SELECT p.*, rev.revision, pro.now() AS now
    FROM pro.participants AS p
    JOIN pro.participant_revisions AS rev
      ON rev.study_id = p.study_id AND rev.participant_id = p.id
    WHERE p.study_id = $1 AND p.id = $2
),
wished AS MATERIALIZED (
    SELECT w.language, w.channel, w.nudge_at, w.larger_text FROM pro.preferences AS w
    WHERE w.study_id = $1 AND w.participant_id = $2 ORDER BY w.id DESC LIMIT 1
),
-- Visits that stand, each with what it asks and its nudges, looked up visit by visit: a participant
-- has few of all there are. JSON as text, for nothing here looks into it again.
scheduled AS (
    SELECT json_agg(json_build_object(
               'id', v.id, 'definition', v.definition, 'occurrence', v.occurrence,
               'schedule_revision', v.schedule_revision, 'provisional', v.provisional,
               'opens_at', v.opens_at, 'target_on', v.target_on, 'closes_at', v.closes_at,
               'attended_on', v.attended_on,
               'assessments', coalesce(asked.assessments, '[]'),
               'reminders', coalesce(nudged.reminders, '[]')) ORDER BY v.opens_at, v.id) AS visits
    FROM subject
    JOIN pro.visits AS v ON v.study_id = subject.study_id AND v.participant_id = subject.id
    CROSS JOIN LATERAL (
        SELECT json_agg(json_build_object(
                   'id', a.id, 'instrument', a.instrument, 'target', a.target,
                   'submitted_at', a.submitted_at, 'declined_at', a.declined_at,
                   'partial_scored_at', a.partial_scored_at,
                   -- The last sitting at it.
                   'attempt', (
                       SELECT json_build_object(
                                  'id', t.id, 'ordinal', t.ordinal, 'mode', t.mode,
                                  'respondent', t.respondent, 'respondent_relation', t.respondent_relation,
                                  'started_at', t.started_at, 'submitted_at', t.submitted_at,
                                  'last_answer_at',
                                  CASE WHEN t.submitted_at IS NULL THEN
                                      (SELECT max(r.received_at) FROM pro.responses AS r
                                       WHERE r.study_id = t.study_id AND r.attempt_id = t.id)
                                  ELSE t.submitted_at END)
                       FROM pro.attempts AS t
                       WHERE t.study_id = a.study_id AND t.assessment_id = a.id
                       ORDER BY t.ordinal DESC LIMIT 1),
                   -- Answers of what is still open, or so fresh that `back` may reach it, or asked for;
                   -- null: not read.
                   'answers', CASE
                       WHEN a.submitted_at IS NULL OR a.submitted_at > subject.now - interval '1 day'
                            OR a.id = ANY ($3::uuid[])
                       THEN coalesce((
                           SELECT json_agg(json_build_object(
                                      'item', c.item, 'value', r.value, 'gap', r.gap,
                                      'response_id', r.id, 'received_at', r.received_at)
                                      ORDER BY c.item)
                           FROM pro.current_responses AS c
                           JOIN pro.responses AS r
                             ON r.study_id = c.study_id AND r.id = c.response_id
                           WHERE c.study_id = a.study_id AND c.assessment_id = a.id), '[]')
                       END) ORDER BY a.id) AS assessments
        FROM pro.assessments AS a
        WHERE a.study_id = v.study_id AND a.visit_id = v.id) AS asked
    CROSS JOIN LATERAL (
        SELECT json_agg(json_build_object(
                   'id', r.id, 'ordinal', r.ordinal, 'due_at', r.due_at, 'ended_at', r.ended_at,
                   'end_reason', r.end_reason, 'sent_at',
                   (SELECT m.claimed_at FROM pro.messages AS m
                    WHERE m.study_id = r.study_id AND m.id = r.message_id)) ORDER BY r.ordinal)
               AS reminders
        FROM pro.reminders AS r
        WHERE r.study_id = v.study_id AND r.visit_id = v.id) AS nudged
    WHERE v.superseded_at IS NULL
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
SELECT json_build_object(
    'study_id', s.study_id, 'id', s.id, 'code', s.code, 'revision', s.revision, 'now', s.now,
    'personal_code', s.personal_code,
    'protocol_version_id', s.protocol_version_id,
    'language', coalesce((SELECT language FROM wished), s.language), 'zone', s.zone,
    'channel', coalesce((SELECT channel FROM wished), s.channel),
    'nudge_at', coalesce((SELECT nudge_at FROM wished), s.nudge_at),
    'larger_text', coalesce((SELECT larger_text FROM wished), false),
    'treated_knees', s.treated_knees,
    'site', (SELECT json_build_object('id', t.id, 'code', t.code, 'zone', t.zone,
                 'telephone', t.telephone, 'emergency_number', t.emergency_number, 'country', t.country)
             FROM pro.participant_sites AS ps
             JOIN pro.sites AS t ON t.study_id = ps.study_id AND t.id = ps.site_id
             WHERE ps.study_id = $1 AND ps.participant_id = $2 AND ps.valid_to IS NULL),
    'contact', (SELECT json_build_object('id', r.id, 'address_sealed', encode(r.address_sealed, 'hex'),
                    'address_key', r.address_key, 'blind_index', encode(r.blind_index, 'hex'),
                    'shared_with', r.shared_with) FROM reached AS r),
    'number_unconfirmed', EXISTS (SELECT FROM pro.contact_points AS c
                    WHERE c.study_id = $1 AND c.participant_id = $2 AND c.valid_to IS NULL
                      AND c.must_confirm AND c.verified_at IS NULL),
    'consent', (SELECT json_build_object('version', c.version, 'signed_on', c.signed_on,
                    'messages', c.messages, 'cross_border', c.cross_border, 'caregiver', c.caregiver)
                FROM pro.consents AS c WHERE c.study_id = $1 AND c.participant_id = $2
                ORDER BY c.id DESC LIMIT 1),
    'opted_out_at', (SELECT min(o.started_at) FROM pro.opt_outs AS o JOIN on_line ON o.line_id = on_line.id
                     WHERE o.study_id = $1 AND o.ended_at IS NULL),
    'statuses', coalesce((SELECT json_agg(json_build_object(
                    'status', x.status, 'effective_at', x.effective_at) ORDER BY x.id)
                FROM pro.statuses AS x WHERE x.study_id = $1 AND x.participant_id = $2), '[]'),
    'events', coalesce((SELECT json_agg(json_build_object('id', h.id, 'kind', h.kind,
                    'ordinal', h.ordinal, 'target', h.target, 'planned_on', h.planned_on,
                    'occurred_at', h.occurred_at) ORDER BY h.id) FROM happened AS h), '[]'),
    'visits', coalesce((SELECT visits FROM scheduled), '[]'),
    'data_key', (SELECT json_build_object('id', k.id, 'wrapped', encode(k.wrapped, 'hex'),
                     'wrapping_key', k.wrapping_key)
                 FROM pro.data_keys AS k WHERE k.study_id = $1 AND k.participant_id = $2),
    'texts_today', (SELECT count(*) FROM pro.messages AS m JOIN on_line ON m.line_id = on_line.id
                    WHERE m.study_id = $1 AND m.kind = 'reminder'
                      AND m.state NOT IN ('queued', 'failed', 'suppressed', 'expired')
                      AND m.claimed_at >= date_trunc('day', s.now AT TIME ZONE s.zone) AT TIME ZONE s.zone),
    'last_reminder_text_at', (SELECT max(m.claimed_at) FROM pro.messages AS m
                    WHERE m.study_id = $1 AND m.participant_id = $2 AND m.kind = 'reminder'
                      AND m.state NOT IN ('queued', 'failed', 'suppressed', 'expired')),
    'open_calls', coalesce((SELECT json_agg(coalesce(k.visit_id::text, '-') || ':' || k.reason)
                   FROM pro.call_tasks AS k WHERE k.study_id = $1 AND k.participant_id = $2
                     AND k.closed_at IS NULL), '[]'),
    'made_calls', coalesce((SELECT json_agg(coalesce(k.visit_id::text, '-') || ':' || k.reason)
                   FROM pro.call_tasks AS k WHERE k.study_id = $1 AND k.participant_id = $2), '[]'),
    'alerts', coalesce((SELECT json_agg(x.assessment_id::text || ':' || x.rule) FROM pro.alerts AS x
               WHERE x.study_id = $1 AND x.participant_id = $2 AND x.assessment_id IS NOT NULL), '[]')
)::text AS facts
FROM subject AS s;

-- name: list_participants(study_id)
-- Codes and ids of a study's participants, in order of enrolment.
SELECT id, code FROM pro.participants WHERE study_id = $1 ORDER BY id;

-- name: find_participant(study_id, code)
-- The id behind a participant's code.
SELECT id FROM pro.participants WHERE study_id = $1 AND code = $2;

-- name: list_complete_sittings(study_id, participant_id, instruments, before)
-- What was submitted of some instruments before an instant, with the answers that stand, oldest first.
WITH submitted AS (
    SELECT a.study_id, a.id, a.visit_id, a.target, a.instrument, a.submitted_at
    FROM pro.assessments AS a
    WHERE a.study_id = $1 AND a.participant_id = $2 AND a.instrument = ANY ($3) AND a.submitted_at < $4
)
SELECT jsonb_build_object(
           'target', s.target, 'instrument', s.instrument, 'visit', v.definition,
           'submitted_at', s.submitted_at,
           'answers', coalesce((SELECT jsonb_object_agg(c.item, r.value)
                                FROM pro.current_responses AS c
                                JOIN pro.responses AS r ON r.study_id = c.study_id AND r.id = c.response_id
                                WHERE c.study_id = s.study_id AND c.assessment_id = s.id
                                  AND r.value IS NOT NULL), '{}'))::text AS sitting
FROM submitted AS s
JOIN pro.visits AS v ON v.study_id = s.study_id AND v.id = s.visit_id
ORDER BY s.submitted_at, s.id;
