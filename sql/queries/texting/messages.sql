-- name: find_line(study_id, sender_id, their_indexes)
-- The line between one of our addresses, whatever it was before, and a number, under any index key.
SELECT l.id, l.focus_participant_id, l.focused_at, l.their_address_sealed, l.their_address_key
FROM pro.line_between($1, $2, $3) AS l;

-- name: list_lines(study_id, sender_ids, their_indexes)
-- The lines from some of our addresses to some numbers, under any index key, as `find_line` finds them.
SELECT w.sender_id, l.their_index, l.id, l.focus_participant_id, l.focused_at, l.their_address_sealed,
       l.their_address_key
FROM unnest($2::uuid[]) AS w (sender_id)
CROSS JOIN LATERAL pro.joined_senders($1, w.sender_id) AS j
JOIN pro.lines AS l ON l.study_id = $1 AND l.sender_id = j.id AND l.their_index = ANY ($3::bytea[])
ORDER BY CASE WHEN count(*) OVER (PARTITION BY w.sender_id, l.their_index) > 1
              THEN pro.line_written_at($1, l.id) END DESC NULLS LAST,
         l.sender_id = w.sender_id DESC, l.sender_id DESC, l.id;

-- name: mark_message(study_id, message_id, expected, state, provider_id, error_code, reason, retry_seconds)
-- Move a message from the state its deliverer left it in; nothing if somebody else moved it meanwhile.
UPDATE pro.messages
SET state = $4, provider_id = coalesce($5, provider_id), error_code = $6, state_reason = $7,
    accepted_at = coalesce(accepted_at,
        CASE WHEN $4 IN ('accepted', 'delivered') THEN clock_timestamp() END),
    retry_at = clock_timestamp() + $8::double precision * interval '1 second', lease_until = NULL
WHERE study_id = $1 AND id = $2 AND state = $3
RETURNING id;

-- name: mark_messages(study_id, expected, marks)
-- The same for many at once; `marks` is one JSON document. Those that somebody else moved meanwhile are left
-- as they are; the others come back.
UPDATE pro.messages AS m
SET state = k.state, provider_id = coalesce(k.provider_id, m.provider_id), error_code = k.error_code,
    state_reason = k.reason,
    accepted_at = coalesce(m.accepted_at, CASE WHEN k.state = 'accepted' THEN clock_timestamp() END),
    retry_at = clock_timestamp() + k.retry_seconds * interval '1 second', lease_until = NULL
FROM jsonb_to_recordset($3::jsonb) AS k (id uuid, state text, provider_id text, error_code text, reason text,
    retry_seconds double precision)
WHERE m.study_id = $1 AND m.id = k.id AND m.state = $2
RETURNING m.id;

-- name: list_retries(providers, limit)
-- Messages one of these providers definitely did not take, whose time to try again has come; none while sending
-- is held.
SELECT m.study_id, m.id, m.participant_id, m.kind FROM pro.messages AS m
WHERE m.state = 'queued' AND m.retry_at <= clock_timestamp() AND NOT (SELECT pro.sending_is_held())
  AND m.provider = ANY ($1::text[])
ORDER BY m.retry_at LIMIT $2;

-- name: reclaim_message(study_id, message_id, participant_id, revision, lease_seconds)
-- Claim a queued message again, if the participant's facts are those it was found wanted from and sending
-- is not held.
WITH turn AS (
    UPDATE pro.participant_revisions SET revision = revision + 1
    WHERE study_id = $1 AND participant_id = $3 AND revision = $4
    RETURNING revision
),
claimed AS (
    UPDATE pro.messages AS m SET state = 'sending', tries = tries + 1, claimed_at = pro.now(),
        lease_until = clock_timestamp() + $5::integer * interval '1 second'
    FROM turn
    WHERE m.study_id = $1 AND m.id = $2 AND m.state = 'queued' AND NOT pro.sending_is_held()
    RETURNING m.id
)
SELECT pro.demand_fresh((SELECT count(*) FROM turn) = 1) AS fresh, (SELECT count(*) FROM claimed) AS claimed;

-- name: list_messages(study_id, message_ids)
-- What is needed to send messages: their lines' two addresses, their sealed bodies, what they answer for.
SELECT m.study_id, m.id, m.participant_id, m.kind, m.template, m.state, m.tries, m.body_sealed, m.body_key,
       m.provider, m.provider_id, m.expires_at, m.expires_at - pro.now() AS lives_for,
       m.lease_until - clock_timestamp() AS lease_left, pro.now() AS now,
       l.id AS line_id, l.their_address_sealed, l.their_address_key, s.address AS our_address,
       t.code AS registered_code, t.signature AS registered_signature, m.parameters_sealed,
       (SELECT coalesce(array_agg(r.visit_id), '{}') FROM pro.reminders AS r
        WHERE r.study_id = m.study_id AND r.message_id = m.id) AS visit_ids
FROM pro.messages AS m
JOIN pro.lines AS l ON l.study_id = m.study_id AND l.id = m.line_id
CROSS JOIN LATERAL pro.sender_of(m.study_id, l.sender_id, m.provider, m.id) AS s
LEFT JOIN pro.registered_templates AS t ON t.study_id = m.study_id AND t.id = m.registration_id
WHERE m.study_id = $1 AND m.id = ANY ($2::uuid[]);

-- name: mark_overdue_ambiguous()
-- A claim whose lease has run out was perhaps sent: it is never sent again.
UPDATE pro.messages SET state = 'ambiguous', state_reason = 'lease ran out'
WHERE state = 'sending' AND lease_until < clock_timestamp()
RETURNING study_id, id;

-- name: list_ambiguous(providers, older_than_seconds, limit)
-- Messages that may or may not have been taken, old enough to ask these providers' lists.
SELECT study_id, id FROM pro.messages
WHERE state = 'ambiguous' AND provider = ANY ($1::text[])
  AND claimed_at < pro.now() - $2::double precision * interval '1 second'
ORDER BY id LIMIT $3;

-- name: list_unheard_replies(providers, older_than_seconds, limit)
-- Replies said in a webhook's answer of which no receipt has come: nobody knows whether they were heard.
SELECT study_id, id FROM pro.messages
WHERE kind = 'reply' AND state = 'accepted' AND provider_id IS NULL AND provider = ANY ($1::text[])
  AND claimed_at < pro.now() - $2::double precision * interval '1 second'
ORDER BY claimed_at LIMIT $3;

-- name: mark_expired(providers)
-- A text whose window has closed dies in the queue; one of a provider that is not among these waited for it
-- in vain.
UPDATE pro.messages SET state = 'expired',
    state_reason = CASE WHEN provider = ANY ($1::text[]) THEN 'window closed' ELSE 'provider_gone' END
WHERE state = 'queued' AND expires_at <= pro.now()
RETURNING study_id, id;

-- name: get_carrier(study_id, message_id, came_at, heard)
-- How far the message that asked a question has come, and the texts heard just before.
SELECT c.state, c.accepted_for, c.staff_wrote, c.heard_texts FROM pro.carrier_of($1, $2, $3, $4) AS c;

-- name: find_letter(message_id)
-- The message that a letter's own address names, whichever provider took it and whether that is still in use.
SELECT m.study_id, m.id, m.state FROM pro.messages AS m
JOIN pro.lines AS l ON l.study_id = m.study_id AND l.id = m.line_id
JOIN pro.senders AS s ON s.study_id = l.study_id AND s.id = l.sender_id
WHERE m.id = $1 AND s.channel = 'email';

-- name: find_reported(message_id, provider, provider_id)
-- The message a receipt is about, which it names by our id, else (null) by the provider's own.
SELECT m.study_id, m.id, m.state FROM pro.messages AS m
WHERE m.provider = $2 AND m.id = coalesce($1, (SELECT x.id FROM pro.messages AS x
                                               WHERE x.provider = $2 AND x.provider_id = $3
                                               ORDER BY x.id DESC LIMIT 1));

-- name: record_receipt(id, message_id, provider, provider_id, provider_status, error_code, actor, before, after, copied)
-- Keep what a provider said of a message, which it names by our id, else (null) by its own, and move the message
-- on: `after` says what comes of each state in `before`. Of one in a state of `copied` nothing is kept.
-- What was said to have gone wrong with a text that has arrived stays in the receipts alone.
WITH named AS (
    SELECT coalesce($2, (SELECT x.id FROM pro.messages AS x WHERE x.provider = $3 AND x.provider_id = $4
                         ORDER BY x.id DESC LIMIT 1)) AS id
),
moved AS (
    -- Looked up by what stands in the row itself: so nothing is missed if somebody moved it meanwhile.
    UPDATE pro.messages AS m SET (state, provider_id, error_code, state_reason, accepted_at) = (
        SELECT t.state, coalesce(m.provider_id, $4),
               CASE WHEN t.state <> 'delivered' THEN coalesce($6, m.error_code) END,
               CASE WHEN t.state <> 'delivered' OR m.error_code IS NULL THEN m.state_reason END,
               coalesce(m.accepted_at,
                        CASE WHEN t.state IN ('accepted', 'sent', 'delivered') THEN clock_timestamp() END)
        FROM (SELECT ($9::text[])[array_position($8::text[], m.state)] AS state) AS t)
    FROM named AS n
    WHERE m.id = n.id AND m.provider = $3 AND m.state <> ALL ($10::text[])
    RETURNING m.study_id, m.id
),
kept AS (
    INSERT INTO pro.delivery_receipts (study_id, id, message_id, provider, provider_id, provider_status,
        error_code, actor)
    SELECT study_id, $1, id, $3, $4, $5, $6, $7 FROM moved
)
SELECT m.id
FROM named AS n JOIN pro.messages AS m ON m.id = n.id AND m.provider = $3;
