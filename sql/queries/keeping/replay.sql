-- name: is_line_known(study_id, line_id)
-- Whether the database has a line.
SELECT EXISTS (SELECT FROM pro.lines AS l WHERE l.study_id = $1 AND l.id = $2) AS known;

-- name: list_line_users(study_id, line_id)
-- Everybody whose present number a line leads to.
SELECT n.participant_id FROM pro.lines AS l
JOIN pro.contact_points AS n ON n.study_id = l.study_id AND n.blind_index = l.their_index
WHERE l.study_id = $1 AND l.id = $2 AND n.valid_to IS NULL
ORDER BY n.participant_id;

-- name: find_sent_message(study_id, message_id, dedupe_key)
-- The state of a text that was sent, by its id or by what it was sent for.
SELECT m.id, m.state FROM pro.messages AS m
WHERE m.study_id = $1
  AND m.id = coalesce((SELECT k.message_id FROM pro.message_keys AS k
                       WHERE k.study_id = $1 AND k.dedupe_key = $3), $2);

-- name: give_up_queued(study_id, message_id)
-- A text that waited for another try in the backup was tried since: it may have been sent.
UPDATE pro.messages SET state = 'unconfirmed', state_reason = 'sent after the backup'
WHERE study_id = $1 AND id = $2 AND state = 'queued'
RETURNING id;

-- name: record_lost_message(study_id, participant_id, revision, write)
-- Keep a text that the journal says was sent after the backup: it counts as sent and is never sent again.
-- `write` is one JSON document: sent_at, lines, messages, ended, planned.
WITH turn AS (
    UPDATE pro.participant_revisions SET revision = revision + 1
    WHERE study_id = $1 AND participant_id = $2 AND revision = $3
    RETURNING revision
),
doc AS (SELECT $4::jsonb AS d FROM turn),
lined AS (
    INSERT INTO pro.lines SELECT r.* FROM doc, pro.line_rows($1, d -> 'lines') AS r
),
-- When it was sent is said by study time, as of a claim.
kept AS (
    INSERT INTO pro.messages
    SELECT (jsonb_populate_record(r, jsonb_build_object('state_reason', 'sent after the backup', 'lease_until', NULL,
            'claimed_at', (d ->> 'sent_at')::timestamptz + (pro.now() - now())))).*
    FROM doc, pro.message_rows($1, $2, d -> 'messages') AS r
),
keyed AS (
    INSERT INTO pro.message_keys SELECT r.* FROM doc, pro.message_key_rows($1, d -> 'messages') AS r
),
ended AS (
    UPDATE pro.reminders AS r SET ended_at = pro.now(), end_reason = e.reason, message_id = e.message_id
    FROM doc, jsonb_to_recordset(d -> 'ended') AS e (id uuid, reason text, message_id uuid, visit_id uuid,
        schedule_revision integer, ordinal integer)
    WHERE r.study_id = $1 AND r.participant_id = $2 AND r.id = e.id AND r.ended_at IS NULL
),
planned AS (
    INSERT INTO pro.reminders SELECT r.* FROM doc, pro.reminder_rows($1, $2, d -> 'planned') AS r
)
SELECT pro.demand_fresh((SELECT count(*) FROM turn) = 1) AS fresh;
