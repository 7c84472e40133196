-- name: get_participant_facts(study_id, participant_id, answers_of)
-- Everything decisions about one participant read, as one JSON document, with the revision that guards the write.
WITH who AS (
    SELECT p.*, rev.revision, pro.now() AS now FROM pro.present_participants AS p
    JOIN pro.participant_revisions AS rev ON rev.study_id = p.study_id AND rev.participant_id = p.id
    WHERE p.study_id = $1 AND p.id = $2
),
-- Visits that stand, each with what it asks and its nudges, looked up visit by visit: a participant
-- has few of all there are. JSON as text, for nothing here looks into it again.
scheduled AS (
    SELECT json_agg(json_build_object('id', v.id, 'definition', v.definition, 'occurrence', v.occurrence,
               'schedule_revision', v.schedule_revision, 'provisional', v.provisional, 'opens_at', v.opens_at,
               'target_on', v.target_on, 'closes_at', v.closes_at, 'attended_on', v.attended_on,
               'assessments', coalesce(asked.assessments, '[]'),
               'reminders', coalesce((SELECT json_agg(n ORDER BY n.ordinal)
                                      FROM pro.nudges_with_fate(v.study_id, v.id) AS n), '[]'))
               ORDER BY v.opens_at, v.id) AS visits
    FROM who JOIN pro.visits AS v ON v.study_id = who.study_id AND v.participant_id = who.id
    CROSS JOIN LATERAL pro.asked_at_visit(v.study_id, v.id, v.closes_at, who.now, $3) AS asked
    WHERE v.superseded_at IS NULL
),
calls AS (SELECT * FROM pro.call_keys($1, $2))
SELECT json_build_object('study_id', s.study_id, 'id', s.id, 'code', s.code, 'revision', s.revision, 'now', s.now,
    'personal_code', s.personal_code, 'protocol_version_id', s.protocol_version_id, 'language', s.language,
    'zone', s.zone, 'channel', s.channel, 'nudge_at', s.nudge_at, 'larger_text', s.larger_text, 'treated_knees', s.treated_knees,
    'site', (SELECT to_json(t) FROM pro.present_site($1, $2) AS t),
    'contacts', coalesce((SELECT json_agg(c) FROM pro.contacts_of($1, $2,
                              date_trunc('day', s.now AT TIME ZONE s.zone) AT TIME ZONE s.zone) AS c), '[]'),
    'consent', (SELECT to_json(c) FROM pro.present_consent($1, $2) AS c),
    'statuses', coalesce((SELECT json_agg(json_build_object('status', x.status, 'effective_at', x.effective_at) ORDER BY x.id)
                           FROM pro.statuses AS x WHERE x.study_id = $1 AND x.participant_id = $2), '[]'),
    'events', coalesce((SELECT json_agg(e ORDER BY e.id) FROM pro.latest_events($1, $2) AS e), '[]'),
    'visits', coalesce((SELECT visits FROM scheduled), '[]'),
    'data_key', (SELECT to_json(k) FROM pro.key_of_participant($1, $2) AS k),
    'last_reminder_text_at', (SELECT max(m.claimed_at) FROM pro.sent_reminder_texts AS m
                              WHERE m.study_id = $1 AND m.participant_id = $2),
    'open_calls', coalesce((SELECT open FROM calls), '[]'), 'made_calls', coalesce((SELECT made FROM calls), '[]'),
    'closed_calls', coalesce((SELECT closed FROM calls), '[]'), 'safety_ended_at', pro.safety_ended_at($1, $2),
    'alerts', coalesce((SELECT json_agg(x.assessment_id::text || ':' || x.rule) FROM pro.alerts AS x
               WHERE x.study_id = $1 AND x.participant_id = $2 AND x.assessment_id IS NOT NULL), '[]')
)::text AS facts
FROM who AS s;

-- name: list_participants(study_id)
-- Codes and ids of a study's participants, in order of enrolment.
SELECT id, code FROM pro.participants WHERE study_id = $1 ORDER BY id;

-- name: list_codes(study_id)
-- The codes of a study's participants, to find those that look like another.
SELECT code FROM pro.participants WHERE study_id = $1;

-- name: find_participant(study_id, code)
-- The id behind a participant's code.
SELECT id FROM pro.participants WHERE study_id = $1 AND code = $2;

-- name: list_sent_sittings(study_id, participant_id, instruments, before)
-- What was sent in of some instruments before an instant, with the answers that stand, oldest first. Which
-- sitting is chosen is read where it may not be the only one sent in time.
SELECT jsonb_build_object(
           'assessment_id', a.id, 'id', t.id, 'ordinal', t.ordinal, 'started_at', t.started_at,
           'target', a.target, 'instrument', a.instrument, 'visit', v.definition,
           'target_on', v.target_on, 'closes_at', v.closes_at, 'submitted_at', t.submitted_at,
           'last_answer_at', h.last_answer_at, 'answers', jsonb_strip_nulls(h.answers),
           'chosen_id', CASE WHEN t.submitted_at >= v.closes_at OR count(*) OVER (PARTITION BY a.id) > 1
               THEN (SELECT c.attempt_id FROM pro.standing_sittings AS c
                     WHERE c.study_id = a.study_id AND c.assessment_id = a.id
                       AND c.closes_at = v.closes_at) END)::text AS sitting
FROM pro.assessments AS a
JOIN pro.attempts AS t ON t.study_id = a.study_id AND t.assessment_id = a.id AND t.submitted_at < $4
JOIN pro.visits AS v ON v.study_id = a.study_id AND v.id = a.visit_id
CROSS JOIN LATERAL pro.sitting_held(t.study_id, t.id) AS h
WHERE a.study_id = $1 AND a.participant_id = $2 AND a.instrument = ANY ($3) AND a.submitted_at < $4
ORDER BY t.submitted_at, a.id, t.ordinal;
