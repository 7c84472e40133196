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

-- name: silence_contact(study_id, participant_id, revision, contact_id, their_indexes, ends)
-- An address is the participant's no more (`ends`), or never was: the conversations on its lines and what
-- still waits to be sent to it end with it, and the links if it was ever written to.
WITH turn AS (
    UPDATE pro.participant_revisions SET revision = revision + 1
    WHERE study_id = $1 AND participant_id = $2 AND revision = $3
    RETURNING participant_id
),
silenced AS (
    UPDATE pro.contact_points AS n
    SET valid_to = CASE WHEN $6 THEN pro.now() END,
        wrong_at = CASE WHEN $6 THEN n.wrong_at ELSE coalesce(n.wrong_at, pro.now()) END
    FROM turn
    WHERE n.study_id = $1 AND n.participant_id = turn.participant_id AND n.id = $4 AND n.valid_to IS NULL
),
its_lines AS (
    SELECT l.id, turn.participant_id FROM turn JOIN pro.lines AS l ON l.study_id = $1
                                                                  AND l.their_index = ANY ($5::bytea[])
),
closed AS (
    UPDATE pro.conversations AS c SET closed_at = pro.now(), revision = c.revision + 1
    FROM its_lines AS l
    WHERE c.study_id = $1 AND c.participant_id = l.participant_id AND c.line_id = l.id
      AND c.closed_at IS NULL
),
unfocused AS (
    UPDATE pro.lines AS u SET focus_participant_id = NULL, focused_at = NULL
    FROM its_lines AS l
    WHERE u.study_id = $1 AND u.id = l.id AND u.focus_participant_id = l.participant_id
),
unlinked AS (
    UPDATE pro.invitations AS i SET ended_at = pro.now(), end_reason = 'number changed'
    FROM turn
    WHERE i.study_id = $1 AND i.participant_id = turn.participant_id AND i.ended_at IS NULL
      AND EXISTS (SELECT FROM its_lines AS l JOIN pro.messages AS m ON m.study_id = $1 AND m.line_id = l.id
                  WHERE m.participant_id = i.participant_id)
),
held AS (
    UPDATE pro.messages AS m SET state = 'suppressed', state_reason = 'number changed'
    FROM its_lines AS l
    WHERE m.study_id = $1 AND m.participant_id = l.participant_id AND m.line_id = l.id
      AND m.state = 'queued'
)
SELECT pro.demand_fresh((SELECT count(*) FROM turn) = 1) AS fresh;

-- name: list_contacts_at(study_id, their_indexes)
-- Everybody who uses, or is to use, one of these numbers: each contact with whose it is.
SELECT n.id, n.participant_id FROM pro.contact_points AS n
WHERE n.study_id = $1 AND n.blind_index = ANY ($2::bytea[]) AND n.valid_to IS NULL AND n.wrong_at IS NULL
ORDER BY n.participant_id, n.id;

-- name: is_known_wrong(study_id, their_indexes)
-- Whether a number was taken for somebody's until it turned out to be another's.
SELECT EXISTS (SELECT FROM pro.contact_points AS n
               WHERE n.study_id = $1 AND n.blind_index = ANY ($2::bytea[])
                 AND n.wrong_at IS NOT NULL) AS wrong;

-- name: rest_number(study_id, participant_id, revision, their_indexes, write)
-- A number is somebody else's: it rests for everybody thought to use it, with its conversations, its links
-- and what waits to be sent there; others' turns are taken too. `write` is one JSON document: contacts,
-- calls.
WITH turn AS (
    UPDATE pro.participant_revisions SET revision = revision + 1
    WHERE study_id = $1 AND participant_id = $2 AND revision = $3
    RETURNING participant_id
),
doc AS (SELECT $5::jsonb AS d FROM turn),
wrong AS (
    UPDATE pro.contact_points AS n SET wrong_at = pro.now()
    FROM doc, jsonb_array_elements_text(d -> 'contacts') AS x (id)
    WHERE n.study_id = $1 AND n.id = x.id::uuid AND n.valid_to IS NULL AND n.wrong_at IS NULL
    RETURNING n.id, n.participant_id
),
others_turn AS (
    UPDATE pro.participant_revisions AS r SET revision = revision + 1
    WHERE r.study_id = $1 AND r.participant_id IN (SELECT participant_id FROM wrong)
      AND r.participant_id <> $2
),
its_lines AS (
    SELECT l.id, w.participant_id FROM wrong AS w
    JOIN pro.lines AS l ON l.study_id = $1 AND l.their_index = ANY ($4::bytea[])
),
closed AS (
    UPDATE pro.conversations AS c SET closed_at = pro.now(), revision = c.revision + 1
    FROM its_lines AS l
    WHERE c.study_id = $1 AND c.participant_id = l.participant_id AND c.line_id = l.id
      AND c.closed_at IS NULL
),
unfocused AS (
    UPDATE pro.lines AS u SET focus_participant_id = NULL, focused_at = NULL
    FROM its_lines AS l
    WHERE u.study_id = $1 AND u.id = l.id AND u.focus_participant_id = l.participant_id
),
unlinked AS (
    UPDATE pro.invitations AS i SET ended_at = pro.now(), end_reason = 'number changed'
    WHERE i.study_id = $1 AND i.participant_id IN (SELECT participant_id FROM wrong) AND i.ended_at IS NULL
      AND EXISTS (SELECT FROM its_lines AS l JOIN pro.messages AS m ON m.study_id = $1 AND m.line_id = l.id
                  WHERE m.participant_id = i.participant_id)
),
held AS (
    UPDATE pro.messages AS m SET state = 'suppressed', state_reason = 'number changed'
    FROM its_lines AS l
    WHERE m.study_id = $1 AND m.participant_id = l.participant_id AND m.line_id = l.id
      AND m.state = 'queued'
),
-- There is nothing to be confirmed any more, unless another number waits.
confirmation_over AS (
    UPDATE pro.call_tasks AS k
    SET closed_at = pro.now(), closed_by = d -> 'calls' -> 0 ->> 'actor', outcome = 'wrong number'
    FROM doc, (SELECT DISTINCT participant_id FROM wrong) AS w
    WHERE k.study_id = $1 AND k.participant_id = w.participant_id AND k.reason = 'confirm_number'
      AND k.closed_at IS NULL
      AND NOT EXISTS (SELECT FROM pro.contact_points AS o
                      WHERE o.study_id = $1 AND o.participant_id = w.participant_id AND o.valid_to IS NULL
                        AND o.must_confirm AND o.verified_at IS NULL AND o.wrong_at IS NULL
                        AND o.id NOT IN (SELECT id FROM wrong))
),
called AS (
    INSERT INTO pro.call_tasks
    SELECT r.* FROM doc, pro.call_task_rows($1, NULL, d -> 'calls') AS r
    WHERE r.participant_id IN (SELECT participant_id FROM wrong)
    ON CONFLICT (study_id, participant_id, visit_id, reason) WHERE closed_at IS NULL DO NOTHING
)
SELECT pro.demand_fresh((SELECT count(*) FROM turn) = 1) AS fresh;

-- name: insert_contact(study_id, participant_id, revision, write)
-- A participant's further contact, or somebody's next address: it gets nothing before somebody has confirmed
-- it, and staff are asked to see to that. `write` is one JSON document: contacts, consents, calls.
WITH turn AS (
    UPDATE pro.participant_revisions SET revision = revision + 1
    WHERE study_id = $1 AND participant_id = $2 AND revision = $3
    RETURNING revision
),
doc AS (SELECT $4::jsonb AS d FROM turn),
given AS (
    INSERT INTO pro.contact_points (study_id, id, participant_id, kind, whose, address_sealed, address_key,
        blind_index, index_key, valid_from, must_confirm, ordinal, may_be_texted, may_be_told, agreed_on,
        actor, reason, tail_index)
    SELECT $1, c.id, $2, c.kind, c.whose, decode(c.address_sealed, 'hex'), c.address_key,
           decode(c.blind_index, 'hex'), c.index_key, pro.now(), true, c.ordinal, c.may_be_texted,
           c.may_be_told, c.agreed_on, c.actor, c.reason, decode(c.tail_index, 'hex')
    FROM doc, jsonb_to_recordset(d -> 'contacts') AS c (id uuid, kind text, whose text, address_sealed text,
        address_key text, blind_index text, index_key text, ordinal integer, may_be_texted boolean,
        may_be_told boolean, agreed_on date, actor text, reason text, tail_index text)
),
agreed AS (
    INSERT INTO pro.consents SELECT r.* FROM doc, pro.consent_rows($1, $2, d -> 'consents') AS r
),
called AS (
    INSERT INTO pro.call_tasks SELECT r.* FROM doc, pro.call_task_rows($1, $2, d -> 'calls') AS r
    ON CONFLICT (study_id, participant_id, visit_id, reason) WHERE closed_at IS NULL DO NOTHING
),
-- The number that was looked for is found, once none is left that is somebody else's.
found AS (
    UPDATE pro.call_tasks AS k SET closed_at = pro.now(), closed_by = d -> 'contacts' -> 0 ->> 'actor',
        outcome = 'another number given'
    FROM doc
    WHERE k.study_id = $1 AND k.participant_id = $2 AND k.reason = 'find_number' AND k.closed_at IS NULL
      AND NOT EXISTS (SELECT FROM pro.contact_points AS w
                      WHERE w.study_id = $1 AND w.participant_id = $2 AND w.valid_to IS NULL
                        AND w.wrong_at IS NOT NULL)
)
SELECT pro.demand_fresh((SELECT count(*) FROM turn) = 1) AS fresh;

-- name: confirm_contact(study_id, participant_id, revision, contact_id, actor, outcome)
-- Staff say that a new address is the contact's; texts may go there from now on. The call about it closes
-- unless another still waits.
WITH turn AS (
    UPDATE pro.participant_revisions SET revision = revision + 1
    WHERE study_id = $1 AND participant_id = $2 AND revision = $3
    RETURNING participant_id
),
confirmed AS (
    UPDATE pro.contact_points AS n SET verified_at = pro.now(), verified_by = $5
    FROM turn
    WHERE n.study_id = $1 AND n.participant_id = turn.participant_id AND n.id = $4 AND n.valid_to IS NULL
      AND n.must_confirm AND n.verified_at IS NULL
    RETURNING n.participant_id
),
called AS (
    UPDATE pro.call_tasks AS k SET closed_at = pro.now(), closed_by = $5, outcome = $6
    FROM confirmed AS c
    WHERE k.study_id = $1 AND k.participant_id = c.participant_id AND k.reason = 'confirm_number'
      AND k.closed_at IS NULL
      AND NOT EXISTS (SELECT FROM pro.contact_points AS w
                      WHERE w.study_id = $1 AND w.participant_id = $2 AND w.id <> $4
                        AND w.valid_to IS NULL AND w.must_confirm AND w.verified_at IS NULL)
)
SELECT pro.demand_fresh((SELECT count(*) FROM turn) = 1) AS fresh,
       (SELECT count(*) FROM confirmed) AS confirmed;

-- name: order_contacts(study_id, participant_id, revision, contact_ids)
-- Put a participant's contacts in this order.
WITH turn AS (
    UPDATE pro.participant_revisions SET revision = revision + 1
    WHERE study_id = $1 AND participant_id = $2 AND revision = $3
    RETURNING participant_id
),
placed AS (
    UPDATE pro.contact_points AS n SET ordinal = o.place
    FROM turn, unnest($4::uuid[]) WITH ORDINALITY AS o (id, place)
    WHERE n.study_id = $1 AND n.participant_id = turn.participant_id AND n.id = o.id AND n.valid_to IS NULL
)
SELECT pro.demand_fresh((SELECT count(*) FROM turn) = 1) AS fresh;

-- name: agree_for_contact(study_id, participant_id, revision, contact_id, may_be_texted, may_be_told, agreed_on)
-- What the person behind a contact agreed to, as signed on a day. What waits for them is judged anew before it
-- goes.
WITH turn AS (
    UPDATE pro.participant_revisions SET revision = revision + 1
    WHERE study_id = $1 AND participant_id = $2 AND revision = $3
    RETURNING participant_id
),
agreed AS (
    UPDATE pro.contact_points AS n SET may_be_texted = $5, may_be_told = $6, agreed_on = $7
    FROM turn
    WHERE n.study_id = $1 AND n.participant_id = turn.participant_id AND n.id = $4 AND n.valid_to IS NULL
      AND n.whose <> 'self'
)
SELECT pro.demand_fresh((SELECT count(*) FROM turn) = 1) AS fresh;

-- name: mark_bad_number(study_id, participant_id, their_indexes, call_id, actor)
-- A provider says that nothing reaches a number: it rests while the call about it is open. The participant's
-- turn is taken, so that whoever decides next sees it.
WITH turn AS (
    UPDATE pro.participant_revisions SET revision = revision + 1
    WHERE study_id = $1 AND participant_id = $2
),
marked AS (
    UPDATE pro.contact_points AS n SET bad_at = pro.now()
    WHERE n.study_id = $1 AND n.participant_id = $2 AND n.blind_index = ANY ($3::bytea[])
      AND n.valid_to IS NULL
)
INSERT INTO pro.call_tasks (study_id, id, participant_id, reason, created_at, actor)
VALUES ($1, $4, $2, 'bad_number', pro.now(), $5)
ON CONFLICT (study_id, participant_id, visit_id, reason) WHERE closed_at IS NULL DO NOTHING;

-- name: list_present_numbers(study_id)
-- The sealed numbers in use or waiting to be, with the keys that open them.
SELECT n.id, n.address_sealed, n.address_key, k.id AS key_id, k.wrapped, k.wrapping_key
FROM pro.contact_points AS n
JOIN pro.data_keys AS k ON k.study_id = n.study_id AND k.participant_id = n.participant_id
WHERE n.study_id = $1 AND n.kind = 'phone' AND n.valid_to IS NULL;

-- name: list_users_of_numbers(study_id, their_indexes)
-- Everybody who uses one of these numbers, by its keyed hash.
SELECT n.blind_index, p.code, p.personal_code, pro.is_restricted(p.study_id, p.id) AS restricted FROM pro.contact_points AS n
JOIN pro.participants AS p ON p.study_id = n.study_id AND p.id = n.participant_id
WHERE n.study_id = $1 AND n.blind_index = ANY ($2::bytea[]) AND n.valid_to IS NULL AND n.wrong_at IS NULL
ORDER BY p.code;
