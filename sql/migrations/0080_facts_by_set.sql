-- What decisions read of a participant, table by table instead of row by row: each table is walked once, along
-- the participant, and joined; before, every visit, assessment and nudge looked up its own. Or of the visits in
-- hand alone, which is what a page, a text and a reminder need: these are few, and look up their own as before
-- (`asked_at_visit`, `nudges_with_fate`). And all of it as a function, so that the facts of many are read in one
-- statement.

CREATE INDEX attempts_of_participant ON pro.attempts (study_id, participant_id);
-- Nudges that wait, along their participant. What was found by visit alone is found by the visit's unique key.
CREATE INDEX reminders_waiting ON pro.reminders (study_id, participant_id, due_at) WHERE ended_at IS NULL;
DROP INDEX pro.reminders_of_visit;

-- What stands answered in a sitting, as before. It points at answers of its own alone, to that very item: said
-- here, too, so that both are walked along the sitting, and no answer is looked up by itself.
CREATE OR REPLACE FUNCTION pro.sitting_answers(study uuid, sitting uuid)
    RETURNS TABLE (item text, value integer, gap text, response_id uuid, received_at timestamptz)
    LANGUAGE sql STABLE AS $$
    SELECT c.item, r.value, r.gap, r.id, r.received_at
    FROM pro.sitting_responses AS c
    JOIN pro.responses AS r
      ON r.study_id = c.study_id AND r.attempt_id = c.attempt_id AND r.item = c.item AND r.id = c.response_id
    WHERE c.study_id = study AND c.attempt_id = sitting
$$;

-- What few sittings need is called for them, and not opened up in every reading: a statement takes time to begin
-- for each step it might take. What is beside a sitting, as JSON:
CREATE FUNCTION pro.other_sittings(study uuid, assessment uuid, sitting uuid, closing timestamptz) RETURNS json
    LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (SELECT coalesce(s.sittings, '[]')
            FROM pro.sittings_beside(study, assessment, sitting, closing) AS s);
END
$$;
-- Whether one before it holds a value:
CREATE FUNCTION pro.was_answered_before(study uuid, assessment uuid, sitting integer) RETURNS boolean
    LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (SELECT b.answered FROM pro.answered_before(study, assessment, sitting) AS b);
END
$$;
-- And whether what was sent in late was passed over:
CREATE FUNCTION pro.was_passed_over(study uuid, assessment uuid, sent timestamptz, closing timestamptz)
    RETURNS boolean
    LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (SELECT p.passed_over FROM pro.passed_over(study, assessment, sent, closing) AS p);
END
$$;

-- What a visit asks, as before, with these.
CREATE OR REPLACE FUNCTION pro.asked_at_visit(study uuid, visit uuid, closing timestamptz, at timestamptz,
                                              wanted uuid[])
    RETURNS TABLE (assessments json)
    LANGUAGE sql STABLE AS $$
    SELECT json_agg(json_build_object('id', a.id, 'instrument', a.instrument, 'target', a.target,
               'submitted_at', a.submitted_at, 'declined_at', a.declined_at,
               'partial_scored_at', a.partial_scored_at, 'attempt', to_json(t),
               'answered_before', CASE WHEN t.ordinal > 1
                   THEN pro.was_answered_before(a.study_id, a.id, t.ordinal) ELSE false END,
               'passed_over', p.passed_over,
               'others', CASE WHEN a.submitted_at IS NULL AND t.ordinal > 1 OR p.passed_over
                   THEN pro.other_sittings(a.study_id, a.id, t.id, closing) ELSE '[]' END,
               'answers', CASE WHEN a.submitted_at IS NULL OR a.submitted_at > at - interval '1 day'
                                 OR a.id = ANY (wanted)
                   THEN coalesce((SELECT json_agg(r ORDER BY r.item)
                                  FROM pro.sitting_answers(a.study_id, t.id) AS r), '[]') END) ORDER BY a.id)
    FROM pro.assessments AS a
    LEFT JOIN LATERAL pro.last_sitting(a.study_id, a.id) AS t ON true
    CROSS JOIN LATERAL (
        SELECT CASE WHEN a.submitted_at >= closing
            THEN pro.was_passed_over(a.study_id, a.id, a.submitted_at, closing) ELSE false END AS passed_over
        OFFSET 0
    ) AS p
    WHERE a.study_id = study AND a.visit_id = visit
$$;

-- The open sitting of every assessment of a participant, to which what comes next belongs: the last one; once
-- the assessment was sent in, the last that was sent.
CREATE FUNCTION pro.open_sittings(study uuid, participant uuid)
    RETURNS TABLE (assessment_id uuid, id uuid, ordinal integer, mode text, respondent text,
                   respondent_relation text, started_at timestamptz, submitted_at timestamptz)
    LANGUAGE sql STABLE AS $$
    SELECT DISTINCT ON (t.assessment_id)
           t.assessment_id, t.id, t.ordinal, t.mode, t.respondent, t.respondent_relation, t.started_at,
           t.submitted_at
    FROM pro.attempts AS t
    WHERE t.study_id = study AND t.participant_id = participant
    ORDER BY t.assessment_id, t.submitted_at IS NULL, t.ordinal DESC
$$;

-- What stands answered in a sitting, and when its last answer came, whether or not that stands. A sitting points
-- at answers of its own alone, so both are read along it.
CREATE FUNCTION pro.answers_held(study uuid, sitting uuid)
    RETURNS TABLE (answers json, last_answer_at timestamptz)
    LANGUAGE sql STABLE AS $$
    SELECT coalesce(json_agg(json_build_object('item', r.item, 'value', r.value, 'gap', r.gap,
                        'response_id', r.id, 'received_at', r.received_at) ORDER BY r.item)
                    FILTER (WHERE c.response_id IS NOT NULL), '[]'), max(r.received_at)
    FROM pro.responses AS r
    LEFT JOIN pro.sitting_responses AS c
      ON c.study_id = r.study_id AND c.attempt_id = r.attempt_id AND c.item = r.item AND c.response_id = r.id
    WHERE r.study_id = study AND r.attempt_id = sitting
$$;

-- What one assessment is known by: its open sitting, and of sittings beside that one whether they hold a value;
-- they themselves, where one of them may be the record. Answers are those of the open sitting, where it takes
-- more, `back` may reach it, or it is wanted; null: not read.
CREATE FUNCTION pro.asked_of(study uuid, participant uuid, at timestamptz, wanted uuid[])
    RETURNS TABLE (visit_id uuid, assessments json)
    LANGUAGE sql STABLE AS $$
    SELECT a.visit_id, json_agg(json_build_object('id', a.id, 'instrument', a.instrument, 'target', a.target,
               'submitted_at', a.submitted_at, 'declined_at', a.declined_at,
               'partial_scored_at', a.partial_scored_at,
               'attempt', CASE WHEN t.id IS NOT NULL THEN json_build_object('id', t.id,
                   'ordinal', t.ordinal, 'mode', t.mode, 'respondent', t.respondent,
                   'respondent_relation', t.respondent_relation, 'started_at', t.started_at,
                   'submitted_at', t.submitted_at,
                   'last_answer_at', coalesce(t.submitted_at, h.last_answer_at)) END,
               'answered_before', CASE WHEN t.ordinal > 1
                   THEN pro.was_answered_before(study, a.id, t.ordinal) ELSE false END,
               'passed_over', p.passed_over,
               'others', CASE WHEN a.submitted_at IS NULL AND t.ordinal > 1 OR p.passed_over
                   THEN pro.other_sittings(study, a.id, t.id, v.closes_at) ELSE '[]' END,
               'answers', CASE WHEN w.answers THEN h.answers END) ORDER BY a.id)
    FROM pro.visits AS v
    JOIN pro.assessments AS a
      ON a.study_id = study AND a.participant_id = participant AND a.visit_id = v.id
    LEFT JOIN pro.open_sittings(study, participant) AS t ON t.assessment_id = a.id
    CROSS JOIN LATERAL (SELECT a.submitted_at IS NULL OR a.submitted_at > at - interval '1 day'
                               OR a.id = ANY (wanted) AS answers) AS w
    CROSS JOIN LATERAL pro.answers_held(
        study, CASE WHEN w.answers OR t.submitted_at IS NULL THEN t.id END) AS h
    CROSS JOIN LATERAL (
        SELECT CASE WHEN a.submitted_at >= v.closes_at
            THEN pro.was_passed_over(study, a.id, a.submitted_at, v.closes_at) ELSE false END AS passed_over
        OFFSET 0
    ) AS p
    WHERE v.study_id = study AND v.participant_id = participant AND v.superseded_at IS NULL
    GROUP BY a.visit_id
$$;

-- The nudges of every visit of a participant, when the text each became went out, and whether that did not
-- arrive. A nudge becomes a reminder text to the same participant.
CREATE FUNCTION pro.nudges_of(study uuid, participant uuid)
    RETURNS TABLE (visit_id uuid, reminders json)
    LANGUAGE sql STABLE AS $$
    SELECT r.visit_id, json_agg(json_build_object('id', r.id, 'ordinal', r.ordinal, 'due_at', r.due_at,
               'ended_at', r.ended_at, 'end_reason', r.end_reason, 'sent_at', m.claimed_at,
               'undelivered', coalesce(m.state IN ('undelivered', 'failed'), false)) ORDER BY r.ordinal)
    FROM pro.reminders AS r
    LEFT JOIN pro.messages AS m
      ON m.study_id = study AND m.participant_id = participant AND m.kind = 'reminder' AND m.id = r.message_id
    WHERE r.study_id = study AND r.participant_id = participant
    GROUP BY r.visit_id
$$;

-- A participant's visits that stand, each with what it asks and its nudges. JSON as text, for nothing looks into
-- it again.
CREATE FUNCTION pro.visits_of(study uuid, participant uuid, at timestamptz, wanted uuid[])
    RETURNS TABLE (visits json)
    LANGUAGE sql STABLE AS $$
    SELECT json_agg(json_build_object('id', v.id, 'definition', v.definition, 'occurrence', v.occurrence,
               'schedule_revision', v.schedule_revision, 'provisional', v.provisional, 'opens_at', v.opens_at,
               'target_on', v.target_on, 'closes_at', v.closes_at, 'attended_on', v.attended_on,
               'assessments', coalesce(asked.assessments, '[]'),
               'reminders', coalesce(nudged.reminders, '[]')) ORDER BY v.opens_at, v.id)
    FROM pro.visits AS v
    LEFT JOIN pro.asked_of(study, participant, at, wanted) AS asked ON asked.visit_id = v.id
    LEFT JOIN pro.nudges_of(study, participant) AS nudged ON nudged.visit_id = v.id
    WHERE v.study_id = study AND v.participant_id = participant AND v.superseded_at IS NULL
$$;

-- Visits of which a nudge is due, or of which a text went in the last three days.
CREATE FUNCTION pro.visits_stirred(study uuid, participant uuid, at timestamptz) RETURNS TABLE (visit_id uuid)
    LANGUAGE sql STABLE AS $$
    SELECT r.visit_id FROM pro.reminders AS r
    WHERE r.study_id = study AND r.participant_id = participant AND r.ended_at IS NULL AND r.due_at <= at
    UNION ALL
    SELECT r.visit_id FROM pro.messages AS m
    JOIN pro.reminders AS r ON r.study_id = study AND r.message_id = m.id
    WHERE m.study_id = study AND m.participant_id = participant AND m.kind = 'reminder'
      AND m.claimed_at > at - interval '3 days'
$$;

-- The same visits, each whole while it is in hand: it takes answers, took some up to three days ago, is stirred,
-- or asks something wanted. Of all others nothing is due; what they ask and their nudges are not read (null), but
-- whether they ask anything, and whether any of it is owed.
CREATE FUNCTION pro.visits_in_hand(study uuid, participant uuid, at timestamptz, wanted uuid[])
    RETURNS TABLE (visits json)
    LANGUAGE sql STABLE AS $$
    SELECT json_agg(json_build_object('id', v.id, 'definition', v.definition, 'occurrence', v.occurrence,
               'schedule_revision', v.schedule_revision, 'provisional', v.provisional, 'opens_at', v.opens_at,
               'target_on', v.target_on, 'closes_at', v.closes_at, 'attended_on', v.attended_on,
               'at_rest', CASE WHEN NOT h.in_hand THEN json_build_object(
                   'asks', asked.visit_id IS NOT NULL, 'owes', coalesce(asked.owes, false)) END,
               'assessments', CASE WHEN h.in_hand THEN coalesce((
                   SELECT q.assessments
                   FROM pro.asked_at_visit(study, v.id, v.closes_at, at, wanted) AS q), '[]') END,
               'reminders', CASE WHEN h.in_hand THEN coalesce((
                   SELECT json_agg(n ORDER BY n.ordinal)
                   FROM pro.nudges_with_fate(study, v.id) AS n), '[]') END) ORDER BY v.opens_at, v.id)
    FROM pro.visits AS v
    LEFT JOIN (
        SELECT a.visit_id, bool_or(a.submitted_at IS NULL AND a.declined_at IS NULL) AS owes,
               bool_or(a.id = ANY (wanted)) AS sought
        FROM pro.assessments AS a
        WHERE a.study_id = study AND a.participant_id = participant GROUP BY a.visit_id
    ) AS asked ON asked.visit_id = v.id
    CROSS JOIN LATERAL (
        SELECT v.closes_at IS NULL OR v.opens_at <= at AND v.closes_at > at - interval '3 days'
            OR coalesce(asked.sought, false)
            OR v.id IN (SELECT t.visit_id FROM pro.visits_stirred(study, participant, at) AS t) AS in_hand
        OFFSET 0
    ) AS h
    WHERE v.study_id = study AND v.participant_id = participant AND v.superseded_at IS NULL
$$;

-- Everything decisions about one participant read, as one JSON document, with the revision that guards the write.
-- `wanted` are assessments whose answers are read however long ago they were sent in; `lean`: of the visits in
-- hand alone. (Each statement says which, so the planner leaves the other out.) OFFSET 0 has it look up
-- participants by their keys, whether it is asked for one or for many.
CREATE FUNCTION pro.facts_of(study uuid, participant uuid, wanted uuid[], lean boolean)
    RETURNS TABLE (facts text)
    LANGUAGE sql STABLE AS $$
    SELECT json_build_object('study_id', s.study_id, 'id', s.id, 'code', s.code, 'revision', s.revision,
        'now', s.now, 'personal_code', s.personal_code, 'protocol_version_id', s.protocol_version_id,
        'language', s.language, 'zone', s.zone, 'channel', s.channel, 'nudge_at', s.nudge_at,
        'larger_text', s.larger_text, 'treated_knees', s.treated_knees,
        'site', (SELECT to_json(t) FROM pro.present_site(study, participant) AS t),
        'contacts', coalesce((SELECT json_agg(c) FROM pro.contacts_of(study, participant,
            date_trunc('day', s.now AT TIME ZONE s.zone) AT TIME ZONE s.zone) AS c), '[]'),
        'consent', (SELECT to_json(c) FROM pro.present_consent(study, participant) AS c),
        'statuses', coalesce((
            SELECT json_agg(json_build_object('status', x.status, 'effective_at', x.effective_at) ORDER BY x.id)
            FROM pro.statuses AS x WHERE x.study_id = study AND x.participant_id = participant), '[]'),
        'events', coalesce((SELECT json_agg(e ORDER BY e.id)
                            FROM pro.latest_events(study, participant) AS e), '[]'),
        'visits', coalesce(CASE WHEN lean
            THEN (SELECT t.visits FROM pro.visits_in_hand(study, participant, s.now, wanted) AS t)
            ELSE (SELECT t.visits FROM pro.visits_of(study, participant, s.now, wanted) AS t) END, '[]'),
        'data_key', (SELECT to_json(k) FROM pro.key_of_participant(study, participant) AS k),
        'last_reminder_text_at', (SELECT max(m.claimed_at) FROM pro.sent_reminder_texts AS m
                                  WHERE m.study_id = study AND m.participant_id = participant),
        'open_calls', coalesce(calls.open, '[]'), 'made_calls', coalesce(calls.made, '[]'),
        'closed_calls', coalesce(calls.closed, '[]'),
        'safety_ended_at', pro.safety_ended_at(study, participant),
        'alerts', coalesce((
            SELECT json_agg(x.assessment_id::text || ':' || x.rule) FROM pro.alerts AS x
            WHERE x.study_id = study AND x.participant_id = participant
              AND x.assessment_id IS NOT NULL), '[]'))::text
    FROM (SELECT p.*, rev.revision, pro.now() AS now FROM pro.present_participants AS p
          JOIN pro.participant_revisions AS rev ON rev.study_id = p.study_id AND rev.participant_id = p.id
          WHERE p.study_id = study AND p.id = participant OFFSET 0) AS s
    CROSS JOIN LATERAL pro.call_keys(study, participant) AS calls
$$;
