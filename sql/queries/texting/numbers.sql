-- name: end_opt_out(study_id, participant_id, revision, line_ids, actor, reason)
-- Let texts go to a number again on the word of staff: every opt-out on its lines ends. Nothing if none
-- stood.
WITH turn AS (
    UPDATE pro.participant_revisions SET revision = revision + 1
    WHERE study_id = $1 AND participant_id = $2 AND revision = $3
    RETURNING revision
),
ended AS (
    UPDATE pro.opt_outs AS o SET ended_at = pro.now(), ended_by = $5, end_reason = $6
    FROM turn
    WHERE o.study_id = $1 AND o.line_id = ANY ($4::uuid[]) AND o.ended_at IS NULL
    RETURNING o.id
)
SELECT pro.demand_fresh((SELECT count(*) FROM turn) = 1) AS fresh, (SELECT count(*) FROM ended) AS ended;

-- name: list_lines_of_number(study_id, their_indexes)
-- The lines between any of our addresses and a number.
SELECT id FROM pro.lines WHERE study_id = $1 AND their_index = ANY ($2::bytea[]);

-- name: give_reason(reason)
-- Why the transaction under way changes what may not be changed without a reason.
SELECT set_config('pro.reason', $1, true) AS reason;

-- name: end_number(study_id, participant_id, revision)
-- A participant's number is theirs no more: the conversations on its lines, the links it was sent and what
-- still waits to be sent to it end with it.
WITH turn AS (
    UPDATE pro.participant_revisions SET revision = revision + 1
    WHERE study_id = $1 AND participant_id = $2 AND revision = $3
    RETURNING participant_id
),
ended AS (
    UPDATE pro.contact_points AS n SET valid_to = pro.now()
    FROM turn WHERE n.study_id = $1 AND n.participant_id = turn.participant_id AND n.valid_to IS NULL
),
silenced AS (
    UPDATE pro.conversations AS c SET closed_at = pro.now(), revision = c.revision + 1
    FROM turn
    WHERE c.study_id = $1 AND c.participant_id = turn.participant_id AND c.closed_at IS NULL
),
unfocused AS (
    UPDATE pro.lines AS l SET focus_participant_id = NULL, focused_at = NULL
    FROM turn WHERE l.study_id = $1 AND l.focus_participant_id = turn.participant_id
),
unlinked AS (
    UPDATE pro.invitations AS i SET ended_at = pro.now(), end_reason = 'number changed'
    FROM turn
    WHERE i.study_id = $1 AND i.participant_id = turn.participant_id AND i.ended_at IS NULL
),
held AS (
    UPDATE pro.messages AS m SET state = 'suppressed', state_reason = 'number changed'
    FROM turn
    WHERE m.study_id = $1 AND m.participant_id = turn.participant_id AND m.state = 'queued'
)
SELECT pro.demand_fresh((SELECT count(*) FROM turn) = 1) AS fresh;

-- name: insert_number(study_id, participant_id, id, address_sealed, address_key, blind_index, index_key, call_id, actor, reason)
-- A participant's next number, which gets nothing before somebody has confirmed it; staff are asked to see
-- to that. A statement of its own: the one before it frees the participant's place for one number.
WITH given AS (
    INSERT INTO pro.contact_points (study_id, id, participant_id, kind, address_sealed, address_key,
        blind_index, index_key, valid_from, must_confirm, actor, reason)
    VALUES ($1, $3, $2, 'phone', $4, $5, $6, $7, pro.now(), true, $9, $10)
)
INSERT INTO pro.call_tasks (study_id, id, participant_id, reason, created_at, actor)
VALUES ($1, $8, $2, 'confirm_number', pro.now(), $9)
ON CONFLICT (study_id, participant_id, visit_id, reason) WHERE closed_at IS NULL DO NOTHING;

-- name: confirm_number(study_id, participant_id, revision, actor, outcome)
-- Staff say that the new number is the participant's; texts may go there from now on.
WITH turn AS (
    UPDATE pro.participant_revisions SET revision = revision + 1
    WHERE study_id = $1 AND participant_id = $2 AND revision = $3
    RETURNING participant_id
),
confirmed AS (
    UPDATE pro.contact_points AS n SET verified_at = pro.now(), verified_by = $4
    FROM turn
    WHERE n.study_id = $1 AND n.participant_id = turn.participant_id AND n.valid_to IS NULL
      AND n.must_confirm AND n.verified_at IS NULL
    RETURNING n.participant_id
),
called AS (
    UPDATE pro.call_tasks AS k SET closed_at = pro.now(), closed_by = $4, outcome = $5
    FROM confirmed AS c
    WHERE k.study_id = $1 AND k.participant_id = c.participant_id AND k.reason = 'confirm_number'
      AND k.closed_at IS NULL
)
SELECT pro.demand_fresh((SELECT count(*) FROM turn) = 1) AS fresh,
       (SELECT count(*) FROM confirmed) AS confirmed;

-- name: list_present_numbers(study_id)
-- The sealed numbers in use or waiting to be, with the keys that open them.
SELECT n.id, n.address_sealed, n.address_key, k.id AS key_id, k.wrapped, k.wrapping_key
FROM pro.contact_points AS n
JOIN pro.data_keys AS k ON k.study_id = n.study_id AND k.participant_id = n.participant_id
WHERE n.study_id = $1 AND n.valid_to IS NULL;

-- name: list_codes_of_number(study_id, their_indexes)
-- The codes of everybody who uses a number.
SELECT p.personal_code FROM pro.contact_points AS n
JOIN pro.participants AS p ON p.study_id = n.study_id AND p.id = n.participant_id
WHERE n.study_id = $1 AND n.blind_index = ANY ($2::bytea[]) AND n.valid_to IS NULL;
