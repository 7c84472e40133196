-- name: list_registered(study_id, sender_id)
-- The registrations texts from one of our addresses may go out with now.
SELECT id, key, language, code, signature, words, variables FROM pro.registered_in_force
WHERE study_id = $1 AND sender_id = $2;

-- name: list_templates(study_id)
-- Every template stored last of its sender, key and language, in force or not.
SELECT s.provider, s.address, r.key, r.language, r.code, r.signature, r.words, r.variables, r.approved_on,
       r.retired_on, f.id IS NOT NULL AS in_force, r.sender_id
FROM pro.registered_templates AS r
JOIN pro.senders AS s ON s.study_id = r.study_id AND s.id = r.sender_id
LEFT JOIN pro.registered_in_force AS f ON f.study_id = r.study_id AND f.id = r.id
WHERE r.study_id = $1
  AND NOT EXISTS (SELECT FROM pro.registered_templates AS later
                  WHERE later.study_id = r.study_id AND later.sender_id = r.sender_id AND later.key = r.key
                    AND later.language = r.language AND later.id > r.id)
ORDER BY s.provider, s.address, r.key, r.language;

-- name: insert_templates(study_id, sender_id, actor, templates)
-- Store templates that were approved; `templates` is one JSON document, a list.
INSERT INTO pro.registered_templates (study_id, id, sender_id, key, language, code, signature, words, variables,
    approved_on, retired_on, actor)
SELECT $1, t.id, $2, t.key, t.language, t.code, t.signature, t.words, t.variables, t.approved_on, t.retired_on, $3
FROM jsonb_to_recordset($4::jsonb) AS t (id uuid, key text, language text, code text, signature text, words text,
    variables text[], approved_on date, retired_on date)
RETURNING id;

-- name: record_gap(study_id, id, sender_id, key, language, actor)
-- Something was to be said and has no registration: noted once, however many it concerns.
INSERT INTO pro.registration_gaps (study_id, id, sender_id, key, language, actor)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (study_id, sender_id, key, language) DO NOTHING;

-- name: list_gaps()
-- What was to be said and has no registration yet, in every study.
SELECT t.code AS study, s.provider, s.address, g.key, g.language, g.recorded_at
FROM pro.registration_gaps AS g
JOIN pro.studies AS t ON t.id = g.study_id
JOIN pro.senders_in_use AS s ON s.study_id = g.study_id AND s.id = g.sender_id
WHERE NOT EXISTS (SELECT FROM pro.registered_in_force AS r
                  WHERE r.study_id = g.study_id AND r.sender_id = g.sender_id AND r.key = g.key
                    AND r.language = g.language)
ORDER BY t.code, s.provider, s.address, g.key, g.language;
