-- name: list_first_texts(study_id, participant_id, site_id)
-- A participant's telephones, each with how it was proven and its first text; and the name of their site.
SELECT f.contact_id, f.verified_at, f.verified_by, f.texts, f.sent_at, f.state, f.asked, f.heard,
       y.name AS site_name
FROM pro.first_texts_of($1, $2) AS f JOIN pro.sites AS y ON y.study_id = $1 AND y.id = $3;

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
