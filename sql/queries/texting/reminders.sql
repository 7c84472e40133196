-- name: list_due(limit)
-- Participants who have a nudge due, longest due first; nobody while sending is held. Few have more than two due: so many
-- are looked at, whatever else is due in an evening, and a list that is shorter for it is asked for again.
SELECT r.study_id, r.participant_id
FROM (SELECT x.study_id, x.participant_id, x.due_at FROM pro.reminders AS x
      WHERE x.ended_at IS NULL AND x.due_at <= pro.now() AND NOT (SELECT pro.sending_is_held())
      ORDER BY x.due_at LIMIT 2 * $1::integer) AS r
GROUP BY r.study_id, r.participant_id
ORDER BY min(r.due_at), r.participant_id
LIMIT $1;

-- name: next_due()
-- The instant of the next open nudge; none falls due while sending is held.
SELECT min(due_at) AS at FROM pro.reminders WHERE ended_at IS NULL AND NOT (SELECT pro.sending_is_held());

-- name: claim_reminders(study_id, participant_id, revision, write)
-- End what is due, as one message already claimed for sending or for a reason, and plan what comes next.
-- `write` is one JSON document: ended, postponed, planned, lines, invitations, messages,
-- conversations, calls.
WITH turn AS (
    UPDATE pro.participant_revisions SET revision = revision + 1
    WHERE study_id = $1 AND participant_id = $2 AND revision = $3
    RETURNING revision
),
doc AS (SELECT $4::jsonb AS d FROM turn),
lined AS (
    INSERT INTO pro.lines SELECT r.* FROM doc, pro.line_rows($1, d -> 'lines') AS r
),
invited AS (
    INSERT INTO pro.invitations SELECT r.* FROM doc, pro.invitation_rows($1, $2, d -> 'invitations') AS r
),
-- The dedupe key first: one reason to write gives one message.
keyed AS (
    INSERT INTO pro.message_keys SELECT r.* FROM doc, pro.message_key_rows($1, d -> 'messages') AS r
),
claimed AS (
    INSERT INTO pro.messages SELECT r.* FROM doc, pro.message_rows($1, $2, d -> 'messages') AS r
),
ended AS (
    UPDATE pro.reminders AS r SET ended_at = pro.now(), end_reason = e.reason, message_id = e.message_id
    -- Which nudge of which visit it is, is said for the journal alone.
    FROM doc, jsonb_to_recordset(d -> 'ended') AS e (id uuid, reason text, message_id uuid, visit_id uuid,
        schedule_revision integer, ordinal integer)
    WHERE r.study_id = $1 AND r.participant_id = $2 AND r.id = e.id AND r.ended_at IS NULL
),
postponed AS (
    UPDATE pro.reminders AS r SET due_at = p.due_at
    FROM doc, jsonb_to_recordset(d -> 'postponed') AS p (id uuid, due_at timestamptz)
    WHERE r.study_id = $1 AND r.participant_id = $2 AND r.id = p.id AND r.ended_at IS NULL
),
planned AS (
    INSERT INTO pro.reminders SELECT r.* FROM doc, pro.reminder_rows($1, $2, d -> 'planned') AS r
),
asked AS (
    INSERT INTO pro.conversations
    SELECT r.* FROM doc, pro.conversation_rows($1, $2, d -> 'conversations') AS r
    ON CONFLICT (study_id, line_id, participant_id) DO UPDATE
        SET dialogue = excluded.dialogue, revision = conversations.revision + 1, closed_at = NULL
),
called AS (
    INSERT INTO pro.call_tasks SELECT r.* FROM doc, pro.call_task_rows($1, $2, d -> 'calls') AS r
)
SELECT pro.demand_fresh((SELECT count(*) FROM turn) = 1) AS fresh,
       pro.demand_sending((SELECT jsonb_array_length(d -> 'messages') FROM doc)) AS free;

-- name: claim_wave(study_id, write)
-- What `claim_reminders` does, for many participants at once; `write` is one JSON document: claims, each with
-- its participant, the revision it was decided from, and such a document of its own. Whoever's facts moved on,
-- or are being written this moment, is left out; the participants whose claim was written come back.
WITH given AS MATERIALIZED (
    SELECT c.* FROM (SELECT $2::jsonb AS d) AS w, jsonb_to_recordset(d -> 'claims')
        AS c (participant_id uuid, revision integer, claim jsonb)
),
-- Nobody is waited for: while this waited it would hold up everybody else's answers.
free AS MATERIALIZED (
    SELECT p.participant_id FROM pro.participant_revisions AS p
    WHERE p.study_id = $1 AND p.participant_id = ANY (ARRAY(SELECT participant_id FROM given))
    FOR UPDATE SKIP LOCKED
),
turn AS (
    UPDATE pro.participant_revisions AS p SET revision = p.revision + 1 FROM given AS g
    WHERE p.study_id = $1 AND p.participant_id = ANY (ARRAY(SELECT participant_id FROM free))
      AND g.participant_id = p.participant_id AND g.revision = p.revision
    RETURNING p.participant_id, g.claim
),
doc AS MATERIALIZED (SELECT participant_id AS who, claim AS d FROM turn),
lined AS (
    INSERT INTO pro.lines SELECT r.* FROM doc, pro.line_rows($1, d -> 'lines') AS r
),
invited AS (
    INSERT INTO pro.invitations SELECT r.* FROM doc, pro.invitation_rows($1, who, d -> 'invitations') AS r
),
-- The dedupe key first: one reason to write gives one message.
keyed AS (
    INSERT INTO pro.message_keys SELECT r.* FROM doc, pro.message_key_rows($1, d -> 'messages') AS r
),
claimed AS (
    INSERT INTO pro.messages SELECT r.* FROM doc, pro.message_rows($1, who, d -> 'messages') AS r
),
ended AS (
    UPDATE pro.reminders AS r SET ended_at = pro.now(), end_reason = e.reason, message_id = e.message_id
    -- Which nudge of which visit it is, is said for the journal alone.
    FROM doc, jsonb_to_recordset(d -> 'ended') AS e (id uuid, reason text, message_id uuid, visit_id uuid,
        schedule_revision integer, ordinal integer)
    WHERE r.study_id = $1 AND r.participant_id = who AND r.id = e.id AND r.ended_at IS NULL
),
postponed AS (
    UPDATE pro.reminders AS r SET due_at = p.due_at
    FROM doc, jsonb_to_recordset(d -> 'postponed') AS p (id uuid, due_at timestamptz)
    WHERE r.study_id = $1 AND r.participant_id = who AND r.id = p.id AND r.ended_at IS NULL
),
planned AS (
    INSERT INTO pro.reminders SELECT r.* FROM doc, pro.reminder_rows($1, who, d -> 'planned') AS r
),
asked AS (
    INSERT INTO pro.conversations
    SELECT r.* FROM doc, pro.conversation_rows($1, who, d -> 'conversations') AS r
    ON CONFLICT (study_id, line_id, participant_id) DO UPDATE
        SET dialogue = excluded.dialogue, revision = conversations.revision + 1, closed_at = NULL
),
called AS (
    INSERT INTO pro.call_tasks SELECT r.* FROM doc, pro.call_task_rows($1, who, d -> 'calls') AS r
)
SELECT (SELECT coalesce(array_agg(who), '{}') FROM doc) AS done,
       pro.demand_sending((SELECT sum(jsonb_array_length(d -> 'messages'))::integer FROM doc)) AS free;

-- name: ask_later(study_id, participant_id, revision, write)
-- Move a nudge, or plan one more, for somebody who asked to be asked later; `write` is one JSON document:
-- moved, planned. Either list may be empty.
WITH turn AS (
    UPDATE pro.participant_revisions SET revision = revision + 1
    WHERE study_id = $1 AND participant_id = $2 AND revision = $3
    RETURNING revision
),
doc AS (SELECT $4::jsonb AS d FROM turn),
moved AS (
    UPDATE pro.reminders AS r SET due_at = m.due_at
    FROM doc, jsonb_to_recordset(d -> 'moved') AS m (id uuid, due_at timestamptz)
    WHERE r.study_id = $1 AND r.participant_id = $2 AND r.id = m.id AND r.ended_at IS NULL
),
planned AS (
    INSERT INTO pro.reminders SELECT r.* FROM doc, pro.reminder_rows($1, $2, d -> 'planned') AS r
)
SELECT pro.demand_fresh((SELECT count(*) FROM turn) = 1) AS fresh;

-- name: close_calls_over()
-- A call about a window that closed a day ago helps nobody: it leaves the list, and says so.
UPDATE pro.call_tasks SET closed_at = pro.now(), closed_by = 'service', outcome = 'window closed'
WHERE closed_at IS NULL AND closes_at <= (SELECT pro.now()) - interval '1 day'
RETURNING id;

-- name: list_invitations(study_id, participant_id)
-- The links a participant has been given, by visit.
SELECT id, visit_id, link_key, expires_at FROM pro.invitations
WHERE study_id = $1 AND participant_id = $2 AND ended_at IS NULL;

-- name: list_invitations_of(study_id, visit_ids)
-- The links that have been given to some visits.
SELECT participant_id, id, visit_id, link_key, expires_at FROM pro.invitations
WHERE study_id = $1 AND visit_id = ANY ($2::uuid[]) AND ended_at IS NULL;

-- name: find_invitation(token_sha256)
-- Whose link this is. Nothing about a link that has ended or expired.
SELECT i.study_id, i.id, i.participant_id, i.visit_id, i.expires_at
FROM pro.invitations AS i
WHERE i.token_sha256 = $1 AND i.ended_at IS NULL
  AND (i.expires_at IS NULL OR i.expires_at > pro.now());
