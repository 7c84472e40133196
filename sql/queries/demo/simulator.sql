-- name: insert_text_to_phone(id, our_address, their_address, body, reference, status_callback, webhook_ids, statuses, error_codes)
-- Accept a text for a phone and queue the status webhooks it will cause, in one write.
WITH accepted_text AS (
    INSERT INTO simulator.texts
        (id, direction, our_address, their_address, body, reference, status_callback)
    VALUES ($1, 'to_phone', $2, $3, $4, $5, $6)
    RETURNING id
)
INSERT INTO simulator.webhooks (id, text_id, kind, status, error_code)
SELECT queued.id, accepted_text.id, 'status', queued.status, queued.error_code
FROM accepted_text,
     unnest($7::uuid[], $8::text[], $9::text[]) AS queued (id, status, error_code);

-- name: insert_text_from_phone(id, our_address, their_address, body, media_count, webhook_id, lease)
-- Keep a text a phone sent and its webhook, leased to the caller who posts it at once.
WITH phone_text AS (
    INSERT INTO simulator.texts
        (id, direction, our_address, their_address, body, media_count)
    VALUES ($1, 'from_phone', $2, $3, $4, $5)
    RETURNING id
)
INSERT INTO simulator.webhooks (id, text_id, kind, tries, leased_until)
SELECT $6, phone_text.id, 'inbound', 1, clock_timestamp() + $7::interval
FROM phone_text;

-- name: claim_webhooks(pass, due_only, lease, most)
-- Take open webhooks that nobody holds and this pass has not tried, oldest first.
WITH candidates AS (
    SELECT id
    FROM simulator.webhooks
    WHERE answered_at IS NULL
      AND given_up_at IS NULL
      AND (leased_until IS NULL OR leased_until < clock_timestamp())
      AND last_pass IS DISTINCT FROM $1
      AND (NOT $2::boolean OR next_try_at <= clock_timestamp())
    ORDER BY id
    LIMIT $4
    FOR UPDATE SKIP LOCKED
), claimed AS (
    UPDATE simulator.webhooks AS webhook
    SET leased_until = clock_timestamp() + $3::interval,
        last_pass = $1,
        tries = webhook.tries + 1
    FROM candidates
    WHERE webhook.id = candidates.id
    RETURNING webhook.id, webhook.text_id, webhook.kind, webhook.status, webhook.error_code,
              webhook.tries
)
SELECT claimed.id, claimed.text_id, claimed.kind, claimed.status, claimed.error_code,
       claimed.tries, text.our_address, text.their_address, text.body, text.media_count,
       text.status_callback
FROM claimed
JOIN simulator.texts AS text ON text.id = claimed.text_id
ORDER BY claimed.id;

-- name: mark_webhooks_answered(ids)
-- Close webhooks that were answered with 2xx.
UPDATE simulator.webhooks
SET answered_at = clock_timestamp(), leased_until = NULL
WHERE id = ANY ($1::uuid[])
  AND answered_at IS NULL;

-- name: mark_inbound_answered(webhook_id, reply_id, body, reference, status_callback, webhook_ids, statuses, error_codes)
-- Close an inbound webhook and accept the reply its answer carried; a later copy adds nothing.
WITH closed AS (
    UPDATE simulator.webhooks
    SET answered_at = clock_timestamp(), leased_until = NULL
    WHERE id = $1
      AND answered_at IS NULL
    RETURNING text_id
), reply AS (
    INSERT INTO simulator.texts
        (id, direction, our_address, their_address, body, reference, status_callback)
    SELECT $2, 'to_phone', asked.our_address, asked.their_address, $3, $4, $5
    FROM closed
    JOIN simulator.texts AS asked ON asked.id = closed.text_id
    RETURNING id
), queued AS (
    INSERT INTO simulator.webhooks (id, text_id, kind, status, error_code)
    SELECT wanted.id, reply.id, 'status', wanted.status, wanted.error_code
    FROM reply,
         unnest($6::uuid[], $7::text[], $8::text[]) AS wanted (id, status, error_code)
)
SELECT id
FROM reply;

-- name: mark_webhooks_failed(ids, most_tries, first_pause, longest_pause)
-- Give webhooks back after a failed try: again after a growing pause, or given up.
UPDATE simulator.webhooks
SET leased_until = NULL,
    given_up_at = CASE WHEN tries >= $2 THEN clock_timestamp() END,
    next_try_at = clock_timestamp()
        + least($3::interval * power(2, least(tries - 1, 20)), $4::interval)
WHERE id = ANY ($1::uuid[])
  AND answered_at IS NULL;

-- name: list_texts_to_phone(their_address, after_id)
-- Every text a phone has received, oldest first, from after an id on.
SELECT id, our_address, their_address, body, reference, status_callback
FROM simulator.texts
WHERE their_address = $1
  AND direction = 'to_phone'
  AND ($2::uuid IS NULL OR id > $2)
ORDER BY id;

-- name: list_texts_by_reference(their_address, reference)
-- The texts accepted for one phone under one message id of the service.
SELECT id, our_address, their_address, body, reference, status_callback
FROM simulator.texts
WHERE reference = $2
  AND their_address = $1
ORDER BY id;

-- name: count_open_webhooks()
-- How many webhooks are neither answered nor given up.
SELECT count(*)
FROM simulator.webhooks
WHERE answered_at IS NULL
  AND given_up_at IS NULL;

-- name: count_given_up_webhooks()
-- How many webhooks were given up unanswered.
SELECT count(*)
FROM simulator.webhooks
WHERE given_up_at IS NOT NULL;

-- name: count_doubles()
-- How many texts were accepted beyond the first under one message id of the service.
SELECT coalesce(sum(copies - 1), 0)::bigint
FROM (
    SELECT count(*) AS copies
    FROM simulator.texts
    WHERE reference IS NOT NULL
    GROUP BY reference
) AS counted;
