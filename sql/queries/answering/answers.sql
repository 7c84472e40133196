-- name: record_answers(study_id, participant_id, revision, write)
-- Store what was answered, with all that follows from it, if the facts are still those it was decided from.
-- `write` is one JSON document: web_key, attempts, responses, scores, submitted, attempts_submitted,
-- declined, alerts, queries, visits_done, sent_late, sent_at, door. Any list may be empty; `sent_at` is when what is
-- submitted was sent in, as claimed, where staff enter it; `door` what is still to be looked at of facts in hand.
WITH turn AS (
    UPDATE pro.participant_revisions SET revision = revision + 1 FROM (SELECT $4::jsonb AS d) AS w
    WHERE study_id = $1 AND participant_id = $2 AND revision = $3 AND pro.is_let_in($1, $2, d -> 'door')
    RETURNING revision
),
-- Study time once, not once a row and column: an answer has three instants.
doc AS (
    SELECT w.d, w.now, coalesce((w.d ->> 'sent_at')::timestamptz, w.now) AS sent_at,
           CASE WHEN w.d ->> 'sent_at' IS NOT NULL THEN w.now END AS entered_at
    FROM (SELECT $4::jsonb AS d, pro.now() AS now FROM turn) AS w
),
-- with: web_key
-- The idempotency key: a second copy of the same request fails here and undoes everything.
keyed AS (
    INSERT INTO pro.web_writes (study_id, idempotency_key, participant_id)
    SELECT $1, d ->> 'web_key', $2 FROM doc WHERE d ->> 'web_key' IS NOT NULL
),
-- with: attempts
sat AS (
    INSERT INTO pro.attempts (study_id, id, participant_id, assessment_id, ordinal, mode, respondent,
        respondent_relation, authentication, language, device_class, release, instrument_sha256,
        wording_sha256, started_at, submitted_at, actor, card_shown_at, interviewer, original, apart,
        apart_reason, sending_entered_at, replaces, moved_from, handover_id)
    SELECT $1, a.id, $2, a.assessment_id, a.ordinal, a.mode, a.respondent,
           a.respondent_relation, a.authentication, a.language, a.device_class, a.release,
           a.instrument_sha256, a.wording_sha256, coalesce(a.told_at, doc.now),
           CASE WHEN d -> 'attempts_submitted' ? a.id::text THEN doc.sent_at END, a.actor,
           CASE WHEN a.source_sha256 IS NOT NULL THEN
               pro.card_shown_here($1, $2, decode(a.source_sha256, 'hex'))
           ELSE (SELECT o.card_shown_at FROM pro.attempts AS o WHERE o.study_id = $1 AND o.id = a.replaces) END,
           a.interviewer, a.original, a.apart, a.apart_reason,
           CASE WHEN d -> 'attempts_submitted' ? a.id::text THEN doc.entered_at END,
           a.replaces, a.moved_from, a.handover_id
    FROM doc, jsonb_to_recordset(d -> 'attempts') AS a (id uuid, assessment_id uuid, ordinal integer,
        mode text, respondent text, respondent_relation text, authentication text, language text,
        device_class text, release text, instrument_sha256 text, wording_sha256 text, actor text,
        source_sha256 text, told_at timestamptz, interviewer text, original text, apart text, apart_reason text,
        replaces uuid, moved_from uuid, handover_id uuid)
    RETURNING id, assessment_id
),
-- with: responses
answered AS (
    INSERT INTO pro.responses (study_id, id, participant_id, assessment_id, attempt_id, item, value, gap,
        lowest, highest, raw_sealed, raw_key, answered_at, answered_offset_minutes, received_at,
        entered_at, entered_by, replaces, inbound_id, recorded_at, actor, reason)
    SELECT $1, r.id, $2, r.assessment_id, r.attempt_id, r.item, r.value, r.gap, r.lowest, r.highest,
           decode(r.raw_sealed, 'hex'), r.raw_key, coalesce(r.answered_at, doc.now),
           r.answered_offset_minutes, doc.now, r.entered_at, r.entered_by, r.replaces, r.inbound_id,
           doc.now, r.actor, r.reason
    FROM doc, jsonb_to_recordset(d -> 'responses') AS r (id uuid, assessment_id uuid, attempt_id uuid,
        item text, value numeric, gap text, lowest integer, highest integer, raw_sealed text, raw_key text,
        answered_at timestamptz, answered_offset_minutes integer, entered_at timestamptz, entered_by text,
        replaces uuid, inbound_id uuid, actor text, reason text)
    RETURNING id, attempt_id, item
),
-- with: responses
-- What stands in a sitting stands there by itself: what other sittings hold is not touched.
pointed AS (
    INSERT INTO pro.sitting_responses (study_id, attempt_id, item, response_id)
    SELECT $1, attempt_id, item, id FROM answered
    ON CONFLICT (study_id, attempt_id, item) DO UPDATE SET response_id = excluded.response_id
),
-- with: scores
scored AS (
    INSERT INTO pro.scores SELECT r.* FROM doc, pro.score_rows($1, $2, d -> 'scores') AS r
),
-- with: submitted
submitted AS (
    UPDATE pro.assessments AS a SET submitted_at = doc.sent_at
    FROM doc, jsonb_array_elements_text(d -> 'submitted') AS s (id)
    WHERE a.study_id = $1 AND a.id = s.id::uuid AND a.submitted_at IS NULL
),
-- with: attempts_submitted
-- A sitting begun in this very write is not seen here; it is inserted as ended above.
sitting_ended AS (
    UPDATE pro.attempts AS t SET submitted_at = doc.sent_at, sending_entered_at = doc.entered_at
    FROM doc, jsonb_array_elements_text(d -> 'attempts_submitted') AS s (id)
    WHERE t.study_id = $1 AND t.id = s.id::uuid AND t.submitted_at IS NULL
),
-- with: declined
declined AS (
    UPDATE pro.assessments AS a SET declined_at = pro.now()
    FROM doc, jsonb_array_elements_text(d -> 'declined') AS s (id)
    WHERE a.study_id = $1 AND a.id = s.id::uuid AND a.submitted_at IS NULL AND a.declined_at IS NULL
),
-- with: alerts
alarmed AS (
    INSERT INTO pro.alerts (study_id, id, participant_id, assessment_id, inbound_id, rule, severity,
        raised_at, actor, answered_at)
    SELECT $1, x.id, $2, x.assessment_id, x.inbound_id, x.rule, x.severity, pro.now(), x.actor, x.answered_at
    FROM doc, jsonb_to_recordset(d -> 'alerts') AS x (id uuid, assessment_id uuid, inbound_id uuid,
        rule text, severity text, actor text, answered_at timestamptz)
    ON CONFLICT (study_id, assessment_id, rule) WHERE assessment_id IS NOT NULL DO NOTHING
),
-- with: queries
queried AS (
    INSERT INTO pro.data_queries SELECT r.* FROM doc, pro.data_query_rows($1, $2, d -> 'queries') AS r
    ON CONFLICT (study_id, assessment_id, rule) DO NOTHING
),
-- with: sent_late
-- Something was sent in after a visit had closed: whether it stands is to be looked at again.
to_choose AS (
    UPDATE pro.visits AS v SET chosen_for = NULL
    FROM doc, jsonb_array_elements_text(d -> 'sent_late') AS s (id)
    WHERE v.study_id = $1 AND v.id = s.id::uuid
),
-- with: visits_done
-- Answering ends the nudges and the calls of a visit in the same write.
nudges_ended AS (
    UPDATE pro.reminders AS r SET ended_at = pro.now(), end_reason = v.reason
    FROM doc, jsonb_to_recordset(d -> 'visits_done') AS v (visit_id uuid, reason text)
    WHERE r.study_id = $1 AND r.participant_id = $2 AND r.visit_id = v.visit_id AND r.ended_at IS NULL
),
-- with: visits_done
calls_ended AS (
    UPDATE pro.call_tasks AS k SET closed_at = pro.now(), closed_by = 'service', outcome = v.reason
    FROM doc, jsonb_to_recordset(d -> 'visits_done') AS v (visit_id uuid, reason text)
    WHERE k.study_id = $1 AND k.participant_id = $2 AND k.visit_id = v.visit_id AND k.closed_at IS NULL
)
SELECT pro.demand_fresh((SELECT count(*) FROM turn) = 1) AS fresh, (SELECT now FROM doc) AS stored_at;

-- name: find_web_write(study_id, idempotency_key)
-- When a request with this key was stored. Whoever finds one acknowledges it without writing: so it is as safe by then as if
-- it were stored now (`mark_settled`).
SELECT recorded_at, pg_logical_emit_message(true, 'pro', '') AS settled
FROM pro.web_writes WHERE study_id = $1 AND idempotency_key = $2;

-- name: record_closing(study_id, participant_id, revision, write)
-- Write down, once, which sittings of closed visits are the record and why, and score what was not sent.
-- `write` is one JSON document: scores, partial, chosen, visits, queries. Any list may be empty.
WITH turn AS (
    UPDATE pro.participant_revisions SET revision = revision + 1
    WHERE study_id = $1 AND participant_id = $2 AND revision = $3
    RETURNING revision
),
doc AS (SELECT $4::jsonb AS d FROM turn),
scored AS (
    INSERT INTO pro.scores SELECT r.* FROM doc, pro.score_rows($1, $2, d -> 'scores') AS r
),
marked AS (
    UPDATE pro.assessments AS a SET partial_scored_at = pro.now()
    FROM doc, jsonb_array_elements_text(d -> 'partial') AS s (id)
    WHERE a.study_id = $1 AND a.id = s.id::uuid AND a.partial_scored_at IS NULL
),
chosen AS (
    INSERT INTO pro.standing_sittings (study_id, id, participant_id, assessment_id, attempt_id, reason,
        closes_at, actor)
    SELECT $1, c.id, $2, c.assessment_id, c.attempt_id, c.reason, c.closes_at, c.actor
    FROM doc, jsonb_to_recordset(d -> 'chosen') AS c (id uuid, assessment_id uuid, attempt_id uuid,
        reason text, closes_at timestamptz, actor text)
),
-- The turn was taken, so the closing is the one it was chosen for.
settled AS (
    UPDATE pro.visits AS v SET chosen_for = v.closes_at
    FROM doc, jsonb_array_elements_text(d -> 'visits') AS s (id)
    WHERE v.study_id = $1 AND v.id = s.id::uuid AND v.chosen_for IS DISTINCT FROM v.closes_at
),
queried AS (
    INSERT INTO pro.data_queries SELECT r.* FROM doc, pro.data_query_rows($1, $2, d -> 'queries') AS r
    ON CONFLICT (study_id, assessment_id, rule) DO NOTHING
)
SELECT pro.demand_fresh((SELECT count(*) FROM turn) = 1) AS fresh;

-- name: look_at_closings()
-- Look at a batch of participants who are due for it: whether a visit has closed whose sittings are still to be chosen or
-- scored. Who has none is due when the next visit closes, who has one in a minute, unless it is settled first;
-- nobody is left alone for longer than a day.
WITH due AS MATERIALIZED (
    SELECT r.study_id, r.participant_id, r.revision, (SELECT pro.now()) AS now FROM pro.participant_revisions AS r
    WHERE r.closings_at <= (SELECT pro.now()) ORDER BY r.closings_at LIMIT 100
),
looked AS MATERIALIZED (
    SELECT d.*,
           EXISTS (SELECT FROM pro.visits AS v
                   WHERE v.study_id = d.study_id AND v.participant_id = d.participant_id
                     AND v.superseded_at IS NULL AND NOT v.provisional
                     AND v.chosen_for IS DISTINCT FROM v.closes_at AND v.closes_at <= d.now)
           -- An assessment is submitted in one write with its sitting, so an unsubmitted one has none that is.
           OR EXISTS (SELECT FROM pro.attempts AS t
                      JOIN pro.assessments AS a ON a.study_id = t.study_id AND a.id = t.assessment_id
                      JOIN pro.visits AS v ON v.study_id = a.study_id AND v.id = a.visit_id
                      WHERE t.study_id = d.study_id AND t.participant_id = d.participant_id
                        AND t.submitted_at IS NULL AND a.submitted_at IS NULL AND a.declined_at IS NULL
                        AND a.partial_scored_at IS NULL AND v.superseded_at IS NULL AND v.closes_at <= d.now)
           AS owing,
           (SELECT min(v.closes_at) FROM pro.visits AS v
            WHERE v.study_id = d.study_id AND v.participant_id = d.participant_id
              AND v.superseded_at IS NULL AND v.closes_at > d.now) AS closes_at
    FROM due AS d
),
mine AS (
    SELECT l.study_id, l.participant_id, l.owing, l.closes_at, l.now FROM looked AS l
    -- Whoever is being written about is left for the next round: nobody waits.
    CROSS JOIN LATERAL (SELECT FROM pro.participant_revisions AS x
                        WHERE x.study_id = l.study_id AND x.participant_id = l.participant_id
                          AND x.revision = l.revision FOR NO KEY UPDATE SKIP LOCKED) AS locked
)
UPDATE pro.participant_revisions AS r
SET closings_at = CASE WHEN m.owing THEN m.now + interval '1 minute'
                       ELSE least(m.closes_at, m.now + (1 + random()) * interval '12 hours') END
FROM mine AS m WHERE r.study_id = m.study_id AND r.participant_id = m.participant_id
RETURNING r.study_id, r.participant_id, m.owing;

-- name: list_visits_to_settle(study_id, participant_id)
-- The closed visits of a participant whose sittings are still to be chosen from.
SELECT v.id FROM pro.visits AS v
WHERE v.study_id = $1 AND v.participant_id = $2 AND v.superseded_at IS NULL AND NOT v.provisional
  AND v.chosen_for IS DISTINCT FROM v.closes_at AND v.closes_at <= pro.now();

-- name: list_closed_sittings(study_id, participant_id, every)
-- Sittings at visits of a participant that have closed, of which something may be written: all at visits that are
-- still to be settled, and those without scores that were never sent; or `every` one. What they hold, whether
-- they have their scores, and which is written down as standing.
SELECT a.visit_id, t.assessment_id, t.id, t.ordinal, t.started_at, t.submitted_at,
       h.last_answer_at, h.answers,
       EXISTS (SELECT FROM pro.scores AS s
               WHERE s.study_id = t.study_id AND s.assessment_id = t.assessment_id
                 AND s.attempt_id = t.id) AS scored,
       c.attempt_id IS NOT NULL AS settled, coalesce(c.attempt_id = t.id, false) AS stands,
       t.mode = 'paper' AND t.submitted_at IS NOT NULL AND NOT pro.is_paper_verified(t.study_id, t.id) AS unverified
FROM pro.visits AS v
JOIN pro.assessments AS a ON a.study_id = v.study_id AND a.visit_id = v.id
JOIN pro.attempts AS t ON t.study_id = a.study_id AND t.assessment_id = a.id
CROSS JOIN LATERAL pro.sitting_held(t.study_id, t.id) AS h
LEFT JOIN pro.standing_sittings AS c
  ON c.study_id = a.study_id AND c.assessment_id = a.id AND c.closes_at = v.closes_at
WHERE v.study_id = $1 AND v.participant_id = $2 AND v.superseded_at IS NULL AND v.closes_at <= pro.now()
  AND ($3 OR NOT v.provisional AND v.chosen_for IS DISTINCT FROM v.closes_at
       OR t.submitted_at IS NULL AND a.declined_at IS NULL
          AND NOT EXISTS (SELECT FROM pro.scores AS s
                          WHERE s.study_id = t.study_id AND s.assessment_id = t.assessment_id AND s.attempt_id = t.id))
ORDER BY t.assessment_id, t.ordinal;
