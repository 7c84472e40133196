-- How the release at 216a353 stores answers; it may do so while replicas are replaced one by one.
WITH turn AS (
    UPDATE pro.participant_revisions SET revision = revision + 1
    WHERE study_id = $1 AND participant_id = $2 AND revision = $3
    RETURNING revision
),
-- Study time once, not once a row and column: an answer has three instants.
doc AS (SELECT $4::jsonb AS d, pro.now() AS now FROM turn),
-- The idempotency key: a second copy of the same request fails here and undoes everything.
keyed AS (
    INSERT INTO pro.web_writes (study_id, idempotency_key, participant_id)
    SELECT $1, d ->> 'web_key', $2 FROM doc WHERE d ->> 'web_key' IS NOT NULL
),
sat AS (
    INSERT INTO pro.attempts (study_id, id, participant_id, assessment_id, ordinal, mode, respondent,
        respondent_relation, authentication, language, device_class, release, instrument_sha256,
        wording_sha256, started_at, submitted_at, actor)
    SELECT $1, a.id, $2, a.assessment_id, a.ordinal, a.mode, a.respondent,
           a.respondent_relation, a.authentication, a.language, a.device_class, a.release,
           a.instrument_sha256, a.wording_sha256, pro.now(),
           CASE WHEN d -> 'attempts_submitted' ? a.id::text THEN pro.now() END, a.actor
    FROM doc, jsonb_to_recordset(d -> 'attempts') AS a (id uuid, assessment_id uuid, ordinal integer,
        mode text, respondent text, respondent_relation text, authentication text, language text,
        device_class text, release text, instrument_sha256 text, wording_sha256 text, actor text)
    RETURNING id, assessment_id
),
answered AS (
    INSERT INTO pro.responses (study_id, id, participant_id, assessment_id, attempt_id, item, value, gap,
        lowest, highest, raw_sealed, raw_key, answered_at, answered_offset_minutes, received_at,
        entered_at, entered_by, replaces, inbound_id, recorded_at, actor, reason)
    SELECT $1, r.id, $2, r.assessment_id, r.attempt_id, r.item, r.value, r.gap, r.lowest, r.highest,
           decode(r.raw_sealed, 'hex'), r.raw_key, coalesce(r.answered_at, doc.now),
           r.answered_offset_minutes, doc.now, r.entered_at, r.entered_by, r.replaces, r.inbound_id,
           doc.now, r.actor, r.reason
    FROM doc, jsonb_to_recordset(d -> 'responses') AS r (id uuid, assessment_id uuid, attempt_id uuid,
        item text, value integer, gap text, lowest integer, highest integer, raw_sealed text, raw_key text,
        answered_at timestamptz, answered_offset_minutes integer, entered_at timestamptz, entered_by text,
        replaces uuid, inbound_id uuid, actor text, reason text)
    RETURNING id, assessment_id, attempt_id, item
),
-- A fresh sitting starts with nothing standing; what it answers at once is pointed at below.
cleared AS (
    DELETE FROM pro.current_responses AS c USING sat
    WHERE c.study_id = $1 AND c.assessment_id = sat.assessment_id
      AND NOT EXISTS (SELECT FROM answered AS n
                      WHERE n.assessment_id = c.assessment_id AND n.item = c.item)
),
pointed AS (
    INSERT INTO pro.current_responses (study_id, assessment_id, item, attempt_id, response_id)
    SELECT $1, assessment_id, item, attempt_id, id FROM answered
    ON CONFLICT (study_id, assessment_id, item)
        DO UPDATE SET attempt_id = excluded.attempt_id, response_id = excluded.response_id
),
scored AS (
    INSERT INTO pro.scores SELECT r.* FROM doc, pro.score_rows($1, $2, d -> 'scores') AS r
),
submitted AS (
    UPDATE pro.assessments AS a SET submitted_at = pro.now()
    FROM doc, jsonb_array_elements_text(d -> 'submitted') AS s (id)
    WHERE a.study_id = $1 AND a.id = s.id::uuid AND a.submitted_at IS NULL
),
-- A sitting begun in this very write is not seen here; it is inserted as ended above.
sitting_ended AS (
    UPDATE pro.attempts AS t SET submitted_at = pro.now()
    FROM doc, jsonb_array_elements_text(d -> 'attempts_submitted') AS s (id)
    WHERE t.study_id = $1 AND t.id = s.id::uuid AND t.submitted_at IS NULL
),
declined AS (
    UPDATE pro.assessments AS a SET declined_at = pro.now()
    FROM doc, jsonb_array_elements_text(d -> 'declined') AS s (id)
    WHERE a.study_id = $1 AND a.id = s.id::uuid AND a.submitted_at IS NULL AND a.declined_at IS NULL
),
alarmed AS (
    INSERT INTO pro.alerts (study_id, id, participant_id, assessment_id, inbound_id, rule, severity,
        raised_at, actor)
    SELECT $1, x.id, $2, x.assessment_id, x.inbound_id, x.rule, x.severity, pro.now(), x.actor
    FROM doc, jsonb_to_recordset(d -> 'alerts') AS x (id uuid, assessment_id uuid, inbound_id uuid,
        rule text, severity text, actor text)
    ON CONFLICT (study_id, assessment_id, rule) WHERE assessment_id IS NOT NULL DO NOTHING
),
queried AS (
    INSERT INTO pro.data_queries SELECT r.* FROM doc, pro.data_query_rows($1, $2, d -> 'queries') AS r
    ON CONFLICT (study_id, assessment_id, rule) DO NOTHING
),
-- Answering ends the nudges and the calls of a visit in the same write.
nudges_ended AS (
    UPDATE pro.reminders AS r SET ended_at = pro.now(), end_reason = v.reason
    FROM doc, jsonb_to_recordset(d -> 'visits_done') AS v (visit_id uuid, reason text)
    WHERE r.study_id = $1 AND r.participant_id = $2 AND r.visit_id = v.visit_id AND r.ended_at IS NULL
),
calls_ended AS (
    UPDATE pro.call_tasks AS k SET closed_at = pro.now(), closed_by = 'service', outcome = v.reason
    FROM doc, jsonb_to_recordset(d -> 'visits_done') AS v (visit_id uuid, reason text)
    WHERE k.study_id = $1 AND k.participant_id = $2 AND k.visit_id = v.visit_id
      AND k.closed_at IS NULL
)
SELECT pro.demand_fresh((SELECT count(*) FROM turn) = 1) AS fresh;
