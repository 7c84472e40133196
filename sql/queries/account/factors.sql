-- name: find_factor(person_id)
-- The second factor in force of a person, with the key that opens it.
SELECT id, secret_sealed, secret_key, key_id, wrapped, wrapping_key, recovery_sha256, last_step, now
FROM pro.find_factor($1);

-- name: find_person_key(person_id)
-- The key a person's secret is sealed under.
SELECT study_id, id, wrapped, wrapping_key, now FROM pro.find_person_key($1);

-- name: set_factor(session_sha256, id, study_id, secret_sealed, secret_key, recovery_sha256, step)
-- A second factor of whoever is in, in place of the one before.
SELECT pro.set_factor($1, $2, $3, $4, $5, $6, $7) AS done;

-- name: use_code(session_sha256, factor_id, kind, which)
-- Use a code up; false where it was used before.
SELECT pro.use_code($1, $2, $3, $4) AS used;

-- name: pass_factor(session_sha256, fresh_sha256, address)
-- Go on under a new session id once the second factor was given.
SELECT pro.pass_factor($1, $2, $3) AS passed;

-- name: end_factor(person_id, id, actor, reason)
-- A person's second factor is reset; no row: they have none.
INSERT INTO pro.person_factor_ends (id, factor_id, why, actor, reason)
SELECT $2, f.id, 'reset', $3, $4 FROM pro.person_factors AS f
WHERE f.person_id = $1
  AND NOT EXISTS (SELECT FROM pro.person_factor_ends AS e WHERE e.factor_id = f.id)
RETURNING id;
