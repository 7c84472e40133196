-- name: list_begun(study_id, most)
-- Visits in whose open window something was answered and not sent, soonest to close first, the first of each kind and
-- how many there are; with what tells whether all of it is answered and whether they may still be asked.
SELECT b.code, b.protocol_version_id, b.site_id, b.zone, b.visit_id, b.definition, b.occurrence, b.provisional,
       b.opens_at, b.closes_at, b.owed, b.last_answer_at, b.statuses, b.died_at, b.now, b.kind, b.total
FROM pro.desk_begun($1, $2) AS b;

-- name: list_tried(study_id, visit_ids)
-- What was tried at these visits: texts that went out and the last of them, calls that were closed and what came of
-- the last.
SELECT w.visit_id, n.texts, n.last_text_at, k.calls, k.last_call_at, k.last_outcome
FROM unnest($2::uuid[]) AS w (visit_id)
CROSS JOIN LATERAL (
    SELECT count(m.id) AS texts, max(m.claimed_at) AS last_text_at
    FROM pro.reminders AS r
    JOIN pro.messages AS m ON m.study_id = r.study_id AND m.id = r.message_id AND m.claimed_at IS NOT NULL
    WHERE r.study_id = $1 AND r.visit_id = w.visit_id
) AS n
CROSS JOIN LATERAL (
    SELECT count(*) AS calls, max(c.closed_at) AS last_call_at,
           (array_agg(split_part(c.outcome, ':', 1) ORDER BY c.closed_at DESC))[1] AS last_outcome
    FROM pro.call_tasks AS c
    WHERE c.study_id = $1 AND c.closed_by LIKE 'staff:%' AND c.visit_id = w.visit_id
      AND c.participant_id = (SELECT v.participant_id FROM pro.visits AS v WHERE v.study_id = $1 AND v.id = w.visit_id)
      AND NOT EXISTS (SELECT FROM pro.undone AS u WHERE u.study_id = c.study_id AND u.of_id = c.id)
) AS k
WHERE n.texts + k.calls > 0;

-- name: list_versions(study_id)
-- The versions of the study's protocol there are.
SELECT id FROM pro.protocol_versions WHERE study_id = $1 ORDER BY id;

-- name: list_week(study_id, until, longest, clinic, unasked, unseen, most)
-- Whose visits open, whose close with something owed, who comes to the clinic, and what is planned without a visit,
-- until an instant: the first of each kind, and how many there are.
SELECT w.kind, w.code, w.site_id, w.zone, w.protocol_version_id, w.definition, w.occurrence, w.opens_at,
       w.closes_at, w.target_on, w.owes, w.total
FROM pro.desk_week($1, $2, $3, $4, $5, $6, $7) AS w;

-- name: list_changes(study_id, session_sha256, unasked, most)
-- When whoever is in by this session was here before, and what changed since: the latest of each kind, and how many
-- there are. One row without a kind: nothing.
SELECT l.since, c.kind, c.code, c.site_id, c.protocol_version_id, c.definition, c.occurrence, c.at, c.total
FROM pro.last_here($1, $2) AS l (since)
LEFT JOIN LATERAL pro.desk_changes($1, l.since, $3, $4) AS c ON l.since IS NOT NULL;

-- name: list_owing_consent(study_id, asked, unseen, most)
-- Who owes a signature on a newer version of the consent form: the first of them, and how many there are.
SELECT o.code, o.site_id, o.protocol_version_id, o.version, o.treated, o.total
FROM pro.desk_owing_consent($1, $2, $3, $4) AS o;
