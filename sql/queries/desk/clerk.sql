-- name: find_place(study_id, code)
-- A participant seen from here, and the site they are at now if it is one of ours.
SELECT p.id AS participant_id, p.code, ps.site_id
FROM pro.participants AS p
LEFT JOIN pro.participant_sites AS ps
  ON ps.study_id = p.study_id AND ps.participant_id = p.id AND ps.valid_to IS NULL
WHERE p.study_id = $1 AND p.code = $2;

-- name: find_place_of_alert(study_id, alert_id)
-- Whose alert this is, if it is seen from here, and the site they are at now if it is one of ours.
SELECT p.id AS participant_id, p.code, ps.site_id
FROM pro.alerts AS x
JOIN pro.participants AS p ON p.study_id = x.study_id AND p.id = x.participant_id
LEFT JOIN pro.participant_sites AS ps
  ON ps.study_id = p.study_id AND ps.participant_id = p.id AND ps.valid_to IS NULL
WHERE x.study_id = $1 AND x.id = $2;

-- name: find_place_of_call(study_id, call_id)
-- Who is to be called, if the task is seen from here, and the site they are at now if it is one of ours.
SELECT p.id AS participant_id, p.code, ps.site_id
FROM pro.call_tasks AS k
JOIN pro.participants AS p ON p.study_id = k.study_id AND p.id = k.participant_id
LEFT JOIN pro.participant_sites AS ps
  ON ps.study_id = p.study_id AND ps.participant_id = p.id AND ps.valid_to IS NULL
WHERE k.study_id = $1 AND k.id = $2;

-- name: find_place_of_message(study_id, message_id)
-- To whom a text was to go, if it is seen from here, and the site they are at now if it is one of ours.
SELECT p.id AS participant_id, p.code, ps.site_id
FROM pro.messages AS m
JOIN pro.participants AS p ON p.study_id = m.study_id AND p.id = m.participant_id
LEFT JOIN pro.participant_sites AS ps
  ON ps.study_id = p.study_id AND ps.participant_id = p.id AND ps.valid_to IS NULL
WHERE m.study_id = $1 AND m.id = $2;

-- name: list_sites_of_text(study_id, inbound_id)
-- Which of our sites may read a text seen from here: where those it may be from are now, else the
-- site whose address it came to. No row: no such text here.
SELECT coalesce(ps.site_id,
                CASE WHEN i.participant_id IS NULL THEN pro.desk_stranger_site(i.study_id, i.line_id) END)
       AS site_id
FROM pro.inbounds AS i
LEFT JOIN pro.participant_sites AS ps
  ON ps.study_id = i.study_id AND ps.valid_to IS NULL
 AND (ps.participant_id = i.participant_id
      OR i.participant_id IS NULL
         AND ps.participant_id IN (SELECT pro.desk_line_users(i.study_id, i.line_id)))
WHERE i.study_id = $1 AND i.id = $2;

-- name: list_present_codes(study_id, codes)
-- Who of those listed is now at a site of ours: a former site reads its own period and acts no more.
SELECT p.code
FROM pro.participants AS p
JOIN pro.participant_sites AS ps
  ON ps.study_id = p.study_id AND ps.participant_id = p.id AND ps.valid_to IS NULL
WHERE p.study_id = $1 AND p.code = ANY ($2::text[]);

-- name: get_alert(study_id, participant_id, alert_id)
-- Whether an alert was seen and acted on.
SELECT seen_at IS NOT NULL AS seen, acted_at IS NOT NULL AS acted FROM pro.alerts
WHERE study_id = $1 AND participant_id = $2 AND id = $3;

-- name: find_open_call(study_id, participant_id, call_id)
-- Why a call that is still to be made is to be made; no row: it is not open.
SELECT reason, visit_id FROM pro.call_tasks
WHERE study_id = $1 AND participant_id = $2 AND id = $3 AND closed_at IS NULL;

-- name: see_alert(study_id, participant_id, revision, alert_id, actor)
-- Somebody has seen an alert; the first who did stays named.
WITH turn AS (
    UPDATE pro.participant_revisions SET revision = revision + 1
    WHERE study_id = $1 AND participant_id = $2 AND revision = $3
    RETURNING revision
),
seen AS (
    UPDATE pro.alerts AS x SET seen_at = pro.now(), seen_by = $5 FROM turn
    WHERE x.study_id = $1 AND x.participant_id = $2 AND x.id = $4 AND x.seen_at IS NULL
)
SELECT pro.demand_fresh((SELECT count(*) FROM turn) = 1) AS fresh;

-- name: act_on_alert(study_id, participant_id, revision, alert_id, actor, action)
-- Say what was done about an alert; what was said before stays.
WITH turn AS (
    UPDATE pro.participant_revisions SET revision = revision + 1
    WHERE study_id = $1 AND participant_id = $2 AND revision = $3
    RETURNING revision
),
acted AS (
    UPDATE pro.alerts AS x
    SET acted_at = pro.now(), acted_by = $5, action = $6, seen_at = coalesce(x.seen_at, pro.now()),
        seen_by = coalesce(x.seen_by, $5)
    FROM turn
    WHERE x.study_id = $1 AND x.participant_id = $2 AND x.id = $4 AND x.acted_at IS NULL
    RETURNING x.id
),
-- The call that nobody has seen it is over, unless another urgent one is still unseen.
called AS (
    UPDATE pro.call_tasks AS k SET closed_at = pro.now(), closed_by = $5, outcome = 'alert acted on'
    FROM acted AS x
    WHERE k.study_id = $1 AND k.participant_id = $2 AND k.reason = 'alert_unseen' AND k.closed_at IS NULL
      AND NOT EXISTS (SELECT FROM pro.alerts AS o
                      WHERE o.study_id = $1 AND o.participant_id = $2 AND o.id <> x.id
                        AND o.severity = 'urgent' AND o.seen_at IS NULL AND o.acted_at IS NULL)
)
SELECT pro.demand_fresh((SELECT count(*) FROM turn) = 1) AS fresh;

-- name: close_call(study_id, participant_id, revision, call_id, actor, outcome, again_id, alert_id, alert_rule)
-- Close a call task with what came of it; one that was closed stays as it is. What is still to be done stays
-- as a task of its own (`again_id`), wanted since as long; what was heard may raise an urgent alert.
WITH turn AS (
    UPDATE pro.participant_revisions SET revision = revision + 1
    WHERE study_id = $1 AND participant_id = $2 AND revision = $3
    RETURNING revision
),
closed AS (
    UPDATE pro.call_tasks AS k SET closed_at = pro.now(), closed_by = $5, outcome = $6 FROM turn
    WHERE k.study_id = $1 AND k.participant_id = $2 AND k.id = $4 AND k.closed_at IS NULL
    RETURNING k.visit_id, k.reason, k.closes_at, k.created_at
),
again AS (
    INSERT INTO pro.call_tasks (study_id, id, participant_id, visit_id, reason, closes_at, created_at, actor)
    SELECT $1, $7::uuid, $2, c.visit_id, c.reason, c.closes_at, c.created_at, $5 FROM closed AS c
    WHERE $7::uuid IS NOT NULL
),
raised AS (
    INSERT INTO pro.alerts (study_id, id, participant_id, rule, severity, raised_at, actor)
    SELECT $1, $8::uuid, $2, $9::text, 'urgent', pro.now(), $5 FROM closed
    WHERE $8::uuid IS NOT NULL
)
SELECT pro.demand_fresh((SELECT count(*) FROM turn) = 1) AS fresh;

-- name: keep_form_key(study_id, participant_id, idempotency_key)
-- Keep the key of a form in the transaction of what it writes: a second copy of the form is refused.
INSERT INTO pro.web_writes (study_id, idempotency_key, participant_id) VALUES ($1, $3, $2);

-- name: insert_remark(study_id, participant_id, revision, id, said, actor)
-- Keep that a note about a participant stands for itself.
WITH turn AS (
    UPDATE pro.participant_revisions SET revision = revision + 1
    WHERE study_id = $1 AND participant_id = $2 AND revision = $3
    RETURNING participant_id
),
said AS (
    INSERT INTO pro.remarks (study_id, id, participant_id, said, actor)
    SELECT $1, $4, t.participant_id, $5, $6 FROM turn AS t
)
SELECT pro.demand_fresh((SELECT count(*) FROM turn) = 1) AS fresh;
