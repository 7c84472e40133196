-- name: list_first_texts(study_id, participant_id, site_id)
-- A participant's telephones, each with how it was proven and its first text; and the name of their site.
SELECT f.contact_id, f.verified_at, f.verified_by, f.texts, f.sent_at, f.state, f.asked, f.heard,
       y.name AS site_name
FROM pro.first_texts_of($1, $2) AS f JOIN pro.sites AS y ON y.study_id = $1 AND y.id = $3;

-- name: read_proof_letters(study_id, participant_id, their_indexes, site_id)
-- How many letters went to a participant's e-mail address to prove it, where the last stands, and the site's name.
SELECT count(m.id)::integer AS letters, (array_agg(m.state ORDER BY m.id DESC))[1] AS state,
       (SELECT y.name FROM pro.sites AS y WHERE y.study_id = $1 AND y.id = $4) AS site_name
FROM pro.messages AS m
JOIN pro.lines AS l ON l.study_id = m.study_id AND l.id = m.line_id
WHERE m.study_id = $1 AND m.participant_id = $2 AND m.kind = 'first' AND l.their_index = ANY ($3::bytea[]);

-- name: queue_first_text(study_id, participant_id, revision, write)
-- Hand a participant's first text to the queue; a second one is refused by its key. `write` is one JSON document:
-- lines, messages.
WITH turn AS (
    UPDATE pro.participant_revisions SET revision = revision + 1
    WHERE study_id = $1 AND participant_id = $2 AND revision = $3
    RETURNING revision
),
doc AS (SELECT $4::jsonb AS d FROM turn),
lined AS (
    INSERT INTO pro.lines SELECT r.* FROM doc, pro.line_rows($1, d -> 'lines') AS r
),
message_keyed AS (
    INSERT INTO pro.message_keys SELECT r.* FROM doc, pro.message_key_rows($1, d -> 'messages') AS r
),
queued AS (
    INSERT INTO pro.messages SELECT r.* FROM doc, pro.message_rows($1, $2, d -> 'messages') AS r
)
SELECT pro.demand_fresh((SELECT count(*) FROM turn) = 1) AS fresh;
