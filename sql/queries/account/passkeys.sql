-- name: list_passkeys(person_id)
-- The passkeys in force of a person who has a second factor, the oldest first; how far each has counted.
SELECT id, credential_id, public_key, name, recorded_at, sign_count, used_at FROM pro.list_passkeys($1);

-- name: add_passkey(session_sha256, id, credential_id, public_key, sign_count, name, challenge_sha256)
-- A passkey of whoever is in; false where they have no second factor, or the challenge was used.
SELECT pro.add_passkey($1, $2, $3, $4, $5, $6, $7) AS added;

-- name: use_passkey(session_sha256, passkey_id, challenge_sha256, sign_count)
-- Use a challenge up; false where it was used before, or the key has counted no further.
SELECT pro.use_passkey($1, $2, $3, $4) AS used;

-- name: end_passkey(session_sha256, passkey_id)
-- A passkey of whoever is in opens nothing any more; false: they have no such key.
SELECT pro.end_passkey($1, $2) AS ended;
