-- name: find_study_of_provider(provider)
-- Under whose key a provider's pushes are sealed: the study that had the first sender of it.
SELECT study_id FROM pro.senders WHERE provider = $1 ORDER BY id LIMIT 1;

-- name: insert_push(study_id, id, provider, kind, body_sealed, body_key)
-- Keep a push as it came.
INSERT INTO pro.provider_pushes (study_id, id, provider, kind, body_sealed, body_key) VALUES ($1, $2, $3, $4, $5, $6);

-- name: claim_push(providers, lease_seconds, most_tries)
-- Lease the oldest push of these providers that is not worked off.
UPDATE pro.provider_pushes AS p
SET lease_until = clock_timestamp() + $2::double precision * interval '1 second', tries = p.tries + 1
FROM (SELECT n.study_id, n.id FROM pro.provider_pushes AS n
      WHERE n.worked_at IS NULL AND n.provider = ANY ($1::text[]) AND n.tries < $3
        AND (n.lease_until IS NULL OR n.lease_until < clock_timestamp())
      ORDER BY n.id LIMIT 1 FOR UPDATE SKIP LOCKED) AS next
WHERE p.study_id = next.study_id AND p.id = next.id
RETURNING p.study_id, p.id, p.provider, p.kind, p.body_sealed, p.body_key, p.tries;

-- name: mark_push_worked(study_id, id, taken, broken, unknown, keep)
-- All of a push has its own rows, so that it is emptied; or it is kept for somebody to look at.
UPDATE pro.provider_pushes
SET worked_at = clock_timestamp(), lease_until = NULL, taken = $3, broken = $4, unknown = $5,
    body_sealed = CASE WHEN $6 THEN body_sealed END, body_key = CASE WHEN $6 THEN body_key END
WHERE study_id = $1 AND id = $2 AND worked_at IS NULL;

-- name: list_pushes_to_look_at(study_id, most_tries, limit)
-- Pushes that hold what nobody could read, or what was tried in vain, oldest first.
SELECT id, provider, kind, came_at, taken, broken, unknown, worked_at IS NOT NULL AS worked FROM pro.provider_pushes
WHERE study_id = $1 AND body_sealed IS NOT NULL AND (worked_at IS NOT NULL OR tries >= $2)
ORDER BY id LIMIT $3;

-- name: get_push(study_id, id)
-- A push that is kept.
SELECT body_sealed, body_key FROM pro.provider_pushes WHERE study_id = $1 AND id = $2 AND body_sealed IS NOT NULL;

-- name: close_push(study_id, id, actor)
-- Somebody has looked at it: nothing of it is kept any longer.
UPDATE pro.provider_pushes SET closed_at = clock_timestamp(), closed_by = $3, body_sealed = NULL, body_key = NULL
WHERE study_id = $1 AND id = $2 AND body_sealed IS NOT NULL
RETURNING id;
