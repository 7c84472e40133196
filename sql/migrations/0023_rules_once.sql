-- What several queries say alike, once. Each function here is one SELECT in SQL, STABLE, without rights
-- or settings of its own: the planner opens it up inside the query that names it, so it costs nothing,
-- runs with the caller's rights, and row-level security holds in it. Views are of the same kind.

-- Rows to store, of one list of a write's document: `INSERT INTO t SELECT r.* FROM pro.t_rows(...) AS r`.
-- A column added to one of these tables is added to its function in the same migration.

CREATE FUNCTION pro.score_rows(study uuid, participant uuid, list jsonb) RETURNS SETOF pro.scores
    LANGUAGE sql STABLE AS $$
    SELECT study, s.id, participant, s.assessment_id, s.attempt_id, s.basis, s.scale,
           -- A further revision by the same scoring version; none is ever replaced.
           (1 + (SELECT count(*) FROM pro.scores AS p
                 WHERE p.study_id = study AND p.attempt_id = s.attempt_id AND p.scale = s.scale
                   AND p.basis = s.basis AND p.scoring_version = s.scoring_version))::integer,
           s.instrument, s.instrument_version, s.scoring_version, s.raw, s.normalised, s.lowest,
           s.highest, s.answered, s.substituted, s.absent_reason, pro.now(), s.actor
    FROM jsonb_to_recordset(list) AS s (id uuid, assessment_id uuid, attempt_id uuid, basis text,
        scale text, instrument text, instrument_version text, scoring_version text, raw numeric,
        normalised numeric, lowest integer, highest integer, answered integer, substituted integer,
        absent_reason text, actor text)
$$;

CREATE FUNCTION pro.data_query_rows(study uuid, participant uuid, list jsonb)
    RETURNS SETOF pro.data_queries
    LANGUAGE sql STABLE AS $$
    SELECT study, q.id, participant, q.assessment_id, q.rule, pro.now(), q.actor
    FROM jsonb_to_recordset(list) AS q (id uuid, assessment_id uuid, rule text, actor text)
$$;

CREATE FUNCTION pro.line_rows(study uuid, list jsonb) RETURNS SETOF pro.lines
    LANGUAGE sql STABLE AS $$
    SELECT study, l.id, l.sender_id, decode(l.their_index, 'hex'), decode(l.their_address_sealed, 'hex'),
           l.their_address_key, NULL::uuid, pro.now(), l.actor, NULL::timestamptz
    FROM jsonb_to_recordset(list) AS l (id uuid, sender_id uuid, their_index text,
        their_address_sealed text, their_address_key text, actor text)
$$;

CREATE FUNCTION pro.invitation_rows(study uuid, participant uuid, list jsonb)
    RETURNS SETOF pro.invitations
    LANGUAGE sql STABLE AS $$
    SELECT study, i.id, participant, i.visit_id, decode(i.token_sha256, 'hex'), i.link_key, i.expires_at,
           NULL::timestamptz, NULL::text, pro.now(), i.actor
    FROM jsonb_to_recordset(list) AS i (id uuid, visit_id uuid, token_sha256 text, link_key text,
        expires_at timestamptz, actor text)
$$;

-- A message with a lease is claimed for sending; one in a state of its own waits in the queue; any
-- other is a reply that goes out in the webhook's answer, and accepted once this commits.
CREATE FUNCTION pro.message_rows(study uuid, participant uuid, list jsonb) RETURNS SETOF pro.messages
    LANGUAGE sql STABLE AS $$
    SELECT study, m.id, coalesce(m.participant_id, participant), m.line_id, m.kind, m.template,
           m.language, decode(m.body_sealed, 'hex'), m.body_key, m.encoding, m.segments,
           coalesce(m.state, CASE WHEN m.lease_seconds IS NULL THEN 'accepted' ELSE 'sending' END),
           NULL::text, m.provider, NULL::text, NULL::text,
           CASE WHEN m.state IS NULL THEN pro.now() END,
           clock_timestamp() + m.lease_seconds * interval '1 second',
           CASE WHEN m.state = 'queued' THEN clock_timestamp() END, 1, m.expires_at, pro.now(), m.actor,
           NULL::timestamptz, NULL::text, NULL::text
    FROM jsonb_to_recordset(list) AS m (id uuid, participant_id uuid, line_id uuid, kind text,
        template text, language text, body_sealed text, body_key text, encoding text, segments integer,
        state text, provider text, lease_seconds integer, expires_at timestamptz, actor text)
$$;

-- The promise that one reason to write gives one message.
CREATE FUNCTION pro.message_key_rows(study uuid, list jsonb) RETURNS SETOF pro.message_keys
    LANGUAGE sql STABLE AS $$
    SELECT study, m.dedupe_key, m.id FROM jsonb_to_recordset(list) AS m (id uuid, dedupe_key text)
$$;

CREATE FUNCTION pro.conversation_rows(study uuid, participant uuid, list jsonb)
    RETURNS SETOF pro.conversations
    LANGUAGE sql STABLE AS $$
    SELECT study, c.id, c.line_id, coalesce(c.participant_id, participant), c.dialogue, 1::bigint,
           pro.now(), NULL::timestamptz
    FROM jsonb_to_recordset(list) AS c (id uuid, line_id uuid, participant_id uuid, dialogue jsonb)
$$;

CREATE FUNCTION pro.call_task_rows(study uuid, participant uuid, list jsonb) RETURNS SETOF pro.call_tasks
    LANGUAGE sql STABLE AS $$
    SELECT study, k.id, coalesce(k.participant_id, participant), k.visit_id, k.reason, k.closes_at,
           pro.now(), NULL::timestamptz, NULL::text, NULL::text, pro.now(), k.actor
    FROM jsonb_to_recordset(list) AS k (id uuid, participant_id uuid, visit_id uuid, reason text,
        closes_at timestamptz, actor text)
$$;

CREATE FUNCTION pro.opt_out_rows(study uuid, list jsonb) RETURNS SETOF pro.opt_outs
    LANGUAGE sql STABLE AS $$
    SELECT study, o.id, o.line_id, o.participant_id, o.inbound_id, pro.now(), NULL::timestamptz, o.reason,
           pro.now(), o.actor, NULL::text, NULL::text
    FROM jsonb_to_recordset(list) AS o (id uuid, line_id uuid, participant_id uuid, inbound_id uuid,
        reason text, actor text)
$$;

CREATE FUNCTION pro.reminder_rows(study uuid, participant uuid, list jsonb) RETURNS SETOF pro.reminders
    LANGUAGE sql STABLE AS $$
    SELECT study, r.id, participant, r.visit_id, r.schedule_revision, r.ordinal, r.due_at,
           NULL::timestamptz, NULL::text, NULL::uuid, pro.now(), r.actor
    FROM jsonb_to_recordset(list) AS r (id uuid, visit_id uuid, schedule_revision integer,
        ordinal integer, due_at timestamptz, actor text)
$$;

CREATE FUNCTION pro.status_rows(study uuid, participant uuid, list jsonb) RETURNS SETOF pro.statuses
    LANGUAGE sql STABLE AS $$
    SELECT study, s.id, participant, s.status, coalesce(s.effective_at, pro.now()), pro.now(), s.actor,
           s.reason
    FROM jsonb_to_recordset(list) AS s (id uuid, status text, effective_at timestamptz, actor text,
        reason text)
$$;

-- Participants as they are now: what they chose last stands in the place of what they were enrolled with.
CREATE VIEW pro.present_participants WITH (security_invoker = true) AS
SELECT p.study_id, p.id, p.code, p.personal_code, p.protocol_version_id, p.zone, p.treated_knees,
       coalesce(w.language, p.language) AS language, coalesce(w.channel, p.channel) AS channel,
       coalesce(w.nudge_at, p.nudge_at) AS nudge_at, coalesce(w.larger_text, false) AS larger_text,
       p.recorded_at
FROM pro.participants AS p
LEFT JOIN LATERAL (SELECT x.language, x.channel, x.nudge_at, x.larger_text FROM pro.preferences AS x
                   WHERE x.study_id = p.study_id AND x.participant_id = p.id
                   ORDER BY x.id DESC LIMIT 1) AS w ON true;
GRANT SELECT ON pro.present_participants TO pro_participant, pro_provider, pro_worker, pro_operator, pro_desk;

-- Reminder texts that went out, or may have: what a limit on texts counts.
CREATE VIEW pro.sent_reminder_texts WITH (security_invoker = true) AS
SELECT m.study_id, m.id, m.participant_id, m.line_id, m.claimed_at FROM pro.messages AS m
WHERE m.kind = 'reminder' AND m.state NOT IN ('queued', 'failed', 'suppressed', 'expired');
GRANT SELECT ON pro.sent_reminder_texts TO pro_participant, pro_provider, pro_worker, pro_operator;

-- Scores that stand, or stood at an instant: the last written of each sitting, basis and scale, whatever
-- its scoring version.
CREATE FUNCTION pro.standing_scores(study uuid, as_of timestamptz DEFAULT 'infinity')
    RETURNS SETOF pro.scores
    LANGUAGE sql STABLE AS $$
    SELECT s.* FROM pro.scores AS s
    WHERE s.study_id = study AND s.recorded_at <= as_of
      AND NOT EXISTS (SELECT FROM pro.scores AS later
                      WHERE later.study_id = s.study_id AND later.attempt_id = s.attempt_id
                        AND later.scale = s.scale AND later.basis = s.basis
                        AND later.recorded_at <= as_of AND later.id > s.id)
$$;

-- The site at which whoever reads sees a participant: the present one, else the last of those they see.
CREATE FUNCTION pro.site_seen(study uuid, participant uuid) RETURNS TABLE (site_id uuid)
    LANGUAGE sql STABLE AS $$
    SELECT ps.site_id FROM pro.participant_sites AS ps
    JOIN pro.sites AS y ON y.study_id = ps.study_id AND y.id = ps.site_id
    WHERE ps.study_id = study AND ps.participant_id = participant
    ORDER BY (ps.valid_to IS NULL) DESC, ps.id DESC LIMIT 1
$$;

-- The latest word on every event, or what it was at an instant.
CREATE FUNCTION pro.latest_events(study uuid, participant uuid, as_of timestamptz DEFAULT 'infinity')
    RETURNS TABLE (id uuid, kind text, ordinal integer, target text, planned_on date,
                   occurred_at timestamptz)
    LANGUAGE sql STABLE AS $$
    SELECT DISTINCT ON (e.kind, e.ordinal)
           e.id, e.kind, e.ordinal, e.target, e.planned_on, e.occurred_at
    FROM pro.events AS e
    WHERE e.study_id = study AND e.participant_id = participant AND e.recorded_at <= as_of
    ORDER BY e.kind, e.ordinal, e.id DESC
$$;

-- The last sitting at an assessment; its last answer tells how long it has rested.
CREATE FUNCTION pro.last_sitting(study uuid, assessment uuid)
    RETURNS TABLE (id uuid, ordinal integer, mode text, respondent text, respondent_relation text,
                   started_at timestamptz, submitted_at timestamptz, last_answer_at timestamptz)
    LANGUAGE sql STABLE AS $$
    SELECT t.id, t.ordinal, t.mode, t.respondent, t.respondent_relation, t.started_at, t.submitted_at,
           CASE WHEN t.submitted_at IS NULL THEN
               (SELECT max(r.received_at) FROM pro.responses AS r
                WHERE r.study_id = t.study_id AND r.attempt_id = t.id)
           ELSE t.submitted_at END
    FROM pro.attempts AS t
    WHERE t.study_id = study AND t.assessment_id = assessment
    ORDER BY t.ordinal DESC LIMIT 1
$$;

-- What stands answered at an assessment, in the sitting that is the present one.
CREATE FUNCTION pro.standing_answers(study uuid, assessment uuid)
    RETURNS TABLE (item text, value integer, gap text, response_id uuid, received_at timestamptz)
    LANGUAGE sql STABLE AS $$
    SELECT c.item, r.value, r.gap, r.id, r.received_at
    FROM pro.current_responses AS c
    JOIN pro.responses AS r ON r.study_id = c.study_id AND r.id = c.response_id
    WHERE c.study_id = study AND c.assessment_id = assessment
$$;

-- Status without answers, by the same rule of what stands as everywhere.
CREATE OR REPLACE FUNCTION pro.desk_progress(study uuid, wanted uuid[])
    RETURNS TABLE (assessment_id uuid, begun boolean, answered boolean, scorable boolean)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT a.id,
           EXISTS (SELECT FROM pro.attempts AS t WHERE t.study_id = a.study_id AND t.assessment_id = a.id),
           EXISTS (SELECT FROM pro.standing_answers(a.study_id, a.id) AS r WHERE r.value IS NOT NULL),
           a.submitted_at IS NOT NULL AND NOT EXISTS (
               SELECT FROM pro.standing_scores(a.study_id) AS s
               WHERE s.assessment_id = a.id AND s.basis = 'complete' AND s.raw IS NULL)
    FROM pro.assessments AS a
    WHERE a.study_id = study AND a.participant_id = ANY (wanted)
      AND pro.desk_may_see(a.study_id, a.participant_id, a.recorded_at)
$$;
