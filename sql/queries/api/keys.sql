-- name: use_api_key(key_sha256)
-- Whose a key is, with the present roles and the key's scopes; it counts as used.
SELECT key_id, person_id, person_login, study_id, study, study_name, staff_id, login, scopes, assignments, wait
FROM pro.use_api_key($1);

-- name: find_program(person_id)
-- Who answers for a program; nothing for a person who is none.
SELECT g.answers_id FROM pro.programs AS g WHERE g.id = $1;

-- name: insert_program(id, answers_id, actor)
-- Say that a person is a program, and who answers for it.
INSERT INTO pro.programs (id, answers_id, actor) VALUES ($1, $2, $3);

-- name: insert_api_key(study_id, id, staff_id, key_sha256, scopes, per_minute, days, actor, allowed_by, reason)
-- Keep a new key by its hash, with its counter; until when it holds.
WITH made AS (
    INSERT INTO pro.api_keys (study_id, id, staff_id, key_sha256, scopes, per_minute, expires_at, actor, allowed_by, reason)
    VALUES ($1, $2, $3, $4, $5, $6, clock_timestamp() + make_interval(days => $7), $8, $9, $10)
    RETURNING expires_at
),
counted AS (
    INSERT INTO pro.api_key_uses (study_id, key_id) VALUES ($1, $2)
)
SELECT m.expires_at FROM made AS m;

-- name: list_api_keys(study_id)
-- Every key of a study's programs: never the key itself.
SELECT k.id, s.login, o.login AS answers, k.scopes, k.per_minute, k.recorded_at, k.expires_at, u.last_used_at,
       e.recorded_at AS ended_at, e.reason AS end_reason, k.expires_at <= clock_timestamp() AS expired, k.allowed_by
FROM pro.api_keys AS k
JOIN pro.staff AS s ON s.study_id = k.study_id AND s.id = k.staff_id
JOIN pro.api_key_uses AS u ON u.study_id = k.study_id AND u.key_id = k.id
LEFT JOIN pro.programs AS g ON g.id = s.person_id
LEFT JOIN pro.people AS o ON o.id = g.answers_id
LEFT JOIN pro.api_key_ends AS e ON e.study_id = k.study_id AND e.key_id = k.id
WHERE k.study_id = $1
ORDER BY k.id;

-- name: end_api_key(study_id, key_id, id, reason, actor)
-- End a key that has not ended; nothing if there is none.
INSERT INTO pro.api_key_ends (study_id, id, key_id, reason, actor)
SELECT k.study_id, $3, k.id, $4, $5 FROM pro.api_keys AS k
WHERE k.study_id = $1 AND k.id = $2
  AND NOT EXISTS (SELECT FROM pro.api_key_ends AS e WHERE e.study_id = k.study_id AND e.key_id = k.id)
RETURNING id;
