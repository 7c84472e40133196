-- name: find_text_done(study_id, participant_id, inbound_id)
-- The last word on a text, where it was that nothing is needed: when and by whom, whether it was taken back, and
-- whether something followed from it.
SELECT s.id AS of_id, s.settled_at AS at, s.actor, s.kind <> 'nothing' AS followed, NULL::uuid AS again_id,
       EXISTS (SELECT FROM pro.undone AS u
               WHERE u.study_id = s.study_id AND u.of_id = s.id AND u.kind = 'text_nothing') AS undone
FROM pro.text_settlements AS s
WHERE s.study_id = $1 AND s.participant_id = $2 AND s.inbound_id = $3
ORDER BY s.id DESC LIMIT 1;

-- name: find_alert_done(study_id, participant_id, alert_id)
-- An alert that was marked as seen: when and by whom, whether that was taken back, and whether it has gone on since.
SELECT x.id AS of_id, coalesce(x.seen_at, u.undone_at) AS at, coalesce(x.seen_by, u.actor) AS actor,
       x.acted_at IS NOT NULL OR EXISTS (SELECT FROM pro.alert_assessments AS a
                                         WHERE a.study_id = x.study_id AND a.alert_id = x.id) AS followed,
       NULL::uuid AS again_id, x.seen_at IS NULL AS undone
FROM pro.alerts AS x
LEFT JOIN LATERAL (
    SELECT t.undone_at, t.actor FROM pro.undone AS t
    WHERE t.study_id = x.study_id AND t.participant_id = x.participant_id AND t.of_id = x.id AND t.kind = 'alert_seen'
    ORDER BY t.id DESC LIMIT 1) AS u ON true
WHERE x.study_id = $1 AND x.participant_id = $2 AND x.id = $3 AND (x.seen_at IS NOT NULL OR u.actor IS NOT NULL);

-- name: find_call_done(study_id, participant_id, call_id)
-- A call to which nobody came: when and by whom it was closed, whether that was taken back, the task it comes back as,
-- and whether anything became of that one, or another was made meanwhile.
SELECT k.id AS of_id, k.closed_at AS at, k.closed_by AS actor,
       EXISTS (SELECT FROM pro.call_tasks AS t
               WHERE t.study_id = k.study_id AND t.participant_id = k.participant_id AND t.reason = k.reason
                 AND t.visit_id IS NOT DISTINCT FROM k.visit_id AND t.id > k.id
                 AND (t.closed_at IS NOT NULL OR t.created_at <> k.created_at)) AS followed,
       (SELECT t.id FROM pro.call_tasks AS t
        WHERE t.study_id = k.study_id AND t.participant_id = k.participant_id AND t.reason = k.reason
          AND t.visit_id IS NOT DISTINCT FROM k.visit_id AND t.created_at = k.created_at AND t.closed_at IS NULL) AS again_id,
       EXISTS (SELECT FROM pro.undone AS u
               WHERE u.study_id = k.study_id AND u.of_id = k.id AND u.kind = 'call_no_answer') AS undone
FROM pro.call_tasks AS k
WHERE k.study_id = $1 AND k.participant_id = $2 AND k.id = $3 AND k.outcome LIKE 'no_answer:%';

-- name: undo(study_id, participant_id, revision, write)
-- Take back what was done by a slip: the entry that names it, and what waits again. `write` is one JSON document:
-- undone, texts, alerts, calls, reopened. Any list may be empty but the first.
WITH turn AS (
    UPDATE pro.participant_revisions SET revision = revision + 1
    WHERE study_id = $1 AND participant_id = $2 AND revision = $3
    RETURNING revision
),
doc AS (SELECT $4::jsonb AS d FROM turn),
taken_back AS (
    INSERT INTO pro.undone (study_id, id, participant_id, kind, of_id, undone_at, actor)
    SELECT $1, u.id, $2, u.kind, u.of_id, pro.now(), u.actor
    FROM doc, jsonb_to_recordset(d -> 'undone') AS u (id uuid, kind text, of_id uuid, actor text)
),
unread AS (
    UPDATE pro.inbounds AS i SET read_at = NULL, read_by = NULL
    FROM doc, jsonb_array_elements_text(d -> 'texts') AS x (id)
    WHERE i.study_id = $1 AND i.id = x.id::uuid
),
unseen AS (
    UPDATE pro.alerts AS a SET seen_at = NULL, seen_by = NULL
    FROM doc, jsonb_array_elements_text(d -> 'alerts') AS x (id)
    WHERE a.study_id = $1 AND a.participant_id = $2 AND a.id = x.id::uuid AND a.acted_at IS NULL
),
wanted AS (
    UPDATE pro.call_tasks AS k SET wanted_from = NULL
    FROM doc, jsonb_array_elements_text(d -> 'calls') AS x (id)
    WHERE k.study_id = $1 AND k.participant_id = $2 AND k.id = x.id::uuid AND k.closed_at IS NULL
),
-- The last try ended the task: it is to be made again, as long ago as it was.
reopened AS (
    INSERT INTO pro.call_tasks (study_id, id, participant_id, visit_id, reason, closes_at, created_at, actor)
    SELECT $1, r.id, $2, k.visit_id, k.reason, k.closes_at, k.created_at, r.actor
    FROM doc, jsonb_to_recordset(d -> 'reopened') AS r (id uuid, call_id uuid, actor text)
    JOIN pro.call_tasks AS k ON k.study_id = $1 AND k.participant_id = $2 AND k.id = r.call_id
)
SELECT pro.demand_fresh((SELECT count(*) FROM turn) = 1) AS fresh;
