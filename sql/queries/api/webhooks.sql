-- name: insert_webhook(study_id, id, staff_id, url, private, kinds, secret_sealed, secret_key, actor)
-- Keep a webhook; what is written from now on is told.
WITH made AS (
    INSERT INTO pro.webhooks (study_id, id, staff_id, url, private, kinds, secret_sealed, secret_key, actor)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
)
SELECT 1 AS made;

-- name: begin_webhook(study_id, webhook_id)
-- Begin a webhook's cursor, in the transaction in which it was made.
SELECT pro.begin_webhook($1, $2) AS begun;

-- name: end_webhook(study_id, webhook_id, id, reason, actor)
-- End a webhook that has not ended; nothing if there is none.
INSERT INTO pro.webhook_ends (study_id, id, webhook_id, reason, actor)
SELECT w.study_id, $3, w.id, $4, $5 FROM pro.webhooks AS w
WHERE w.study_id = $1 AND w.id = $2
  AND NOT EXISTS (SELECT FROM pro.webhook_ends AS e WHERE e.study_id = w.study_id AND e.webhook_id = w.id)
RETURNING id;

-- name: list_webhooks(study_id)
-- Every webhook of a study with what waits, was told lately and is dead; never its secret.
SELECT w.id, s.login, w.url, w.private, w.kinds, w.recorded_at, e.recorded_at AS ended_at, e.reason AS end_reason,
       d.waiting, d.delivered, d.dead
FROM pro.webhooks AS w
JOIN pro.staff AS s ON s.study_id = w.study_id AND s.id = w.staff_id
LEFT JOIN pro.webhook_ends AS e ON e.study_id = w.study_id AND e.webhook_id = w.id
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE x.delivered_at IS NULL AND x.dead_at IS NULL) AS waiting,
           count(*) FILTER (WHERE x.delivered_at IS NOT NULL) AS delivered,
           count(*) FILTER (WHERE x.dead_at IS NOT NULL) AS dead
    FROM pro.webhook_deliveries AS x WHERE x.study_id = w.study_id AND x.webhook_id = w.id) AS d
WHERE w.study_id = $1
ORDER BY w.id;

-- name: list_dead_webhooks(study_id, most)
-- What was tried as often as it is tried and never taken, oldest first.
SELECT d.webhook_id, d.kind, d.participant_id, d.tries, d.dead_at, d.fault
FROM pro.webhook_deliveries AS d
WHERE d.study_id = $1 AND d.dead_at IS NOT NULL
ORDER BY d.dead_at, d.webhook_id, d.entry_id LIMIT $2;

-- name: retry_webhooks(study_id, webhook_id)
-- Let what is dead be tried once more: of one webhook, or of all.
SELECT pro.retry_webhooks($1, $2) AS tried;

-- name: feed_webhooks(kinds, within, safety, roles, most)
-- Note what has happened since for each webhook, and forget what was told long ago; how many entries were looked at.
SELECT pro.feed_webhooks($1, $2, $3, $4, $5) AS looked;

-- name: claim_webhooks(lease, most)
-- Claim what is due to be told.
SELECT study_id, webhook_id, entry_id, participant_id, kind, tries, url, private, secret_sealed, secret_key,
       now
FROM pro.claim_webhooks($1, $2);

-- name: settle_webhook(study_id, webhook_id, entry_id, participant_id, fault, again)
-- Say what came of telling one.
SELECT pro.settle_webhook($1, $2, $3, $4, $5, $6) AS settled;
