-- name: keep_overtaken_answers(study_id, participant_id, write)
-- Keep answers given on a page after others had been stored for the same items; what stands stays.
-- `write` is one JSON document: web_key, responses. It needs no turn: nothing that decides is changed.
WITH doc AS (SELECT $3::jsonb AS d),
keyed AS (
    INSERT INTO pro.web_writes (study_id, idempotency_key, participant_id)
    SELECT $1, d ->> 'web_key', $2 FROM doc
)
INSERT INTO pro.responses (study_id, id, participant_id, assessment_id, attempt_id, item, value, gap,
    lowest, highest, raw_sealed, raw_key, answered_at, received_at, replaces, actor, reason)
SELECT $1, r.id, $2, r.assessment_id, r.attempt_id, r.item, r.value, r.gap, r.lowest, r.highest,
       decode(r.raw_sealed, 'hex'), r.raw_key, coalesce(r.answered_at, pro.now()), pro.now(),
       -- The page names what it replaces; a name that is none of this item's answers is dropped.
       (SELECT o.id FROM pro.responses AS o WHERE o.study_id = $1 AND o.id = r.replaces
           AND o.assessment_id = r.assessment_id AND o.item = r.item),
       r.actor, 'overtaken'
FROM doc, jsonb_to_recordset(d -> 'responses') AS r (id uuid, assessment_id uuid, attempt_id uuid,
    item text, value numeric, gap text, lowest integer, highest integer, raw_sealed text, raw_key text,
    answered_at timestamptz, replaces uuid, actor text);

-- name: record_choice(study_id, participant_id, revision, write)
-- Keep what a participant chose, or a pause that staff begin or end, and let the next nudges follow it at once.
-- `write` is one JSON document: web_key, preferences, statuses, moved. Any list may be empty.
WITH turn AS (
    UPDATE pro.participant_revisions SET revision = revision + 1
    WHERE study_id = $1 AND participant_id = $2 AND revision = $3
    RETURNING revision
),
doc AS (SELECT $4::jsonb AS d FROM turn),
keyed AS (
    INSERT INTO pro.web_writes (study_id, idempotency_key, participant_id)
    SELECT $1, d ->> 'web_key', $2 FROM doc
),
wished AS (
    INSERT INTO pro.preferences (study_id, id, participant_id, language, channel, nudge_at, larger_text,
        actor, reason)
    SELECT $1, w.id, $2, w.language, w.channel, w.nudge_at, w.larger_text, w.actor, w.reason
    FROM doc, jsonb_to_recordset(d -> 'preferences') AS w (id uuid, language text, channel text,
        nudge_at time, larger_text boolean, actor text, reason text)
),
stood AS (
    INSERT INTO pro.statuses SELECT r.* FROM doc, pro.status_rows($1, $2, d -> 'statuses') AS r
),
moved AS (
    UPDATE pro.reminders AS r SET due_at = m.due_at
    FROM doc, jsonb_to_recordset(d -> 'moved') AS m (id uuid, due_at timestamptz)
    WHERE r.study_id = $1 AND r.participant_id = $2 AND r.id = m.id AND r.ended_at IS NULL
)
SELECT pro.demand_fresh((SELECT count(*) FROM turn) = 1) AS fresh;
