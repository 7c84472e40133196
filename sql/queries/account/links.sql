-- name: insert_account_link(id, person_id, kind, token_sha256, valid, actor, reason)
-- A link that sets a password, in place of those open before.
WITH renewed AS (
    INSERT INTO pro.account_link_ends (id, link_id, why, actor)
    SELECT gen_random_uuid(), l.id, 'renewed', $6 FROM pro.open_links AS l WHERE l.person_id = $2
)
INSERT INTO pro.account_links (id, person_id, kind, token_sha256, expires_at, actor, reason)
VALUES ($1, $2, $3, $4, clock_timestamp() + $5::interval, $6, $7) RETURNING expires_at;

-- name: find_account_link(token_sha256)
-- Whose an open link is.
SELECT login, language, kind FROM pro.find_account_link($1);

-- name: use_account_link(token_sha256, id, end_id, password_hash, address)
-- A password by a link, which is used up by that.
SELECT pro.use_account_link($1, $2, $3, $4, $5) AS used;
