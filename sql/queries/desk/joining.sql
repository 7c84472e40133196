-- name: list_not_joined(study_id, most)
-- Who agreed to texts and has not joined yet, the newest first: no number proven, and no answer by one.
SELECT code, site_id, enrolled_at, sent_at, state, total FROM pro.desk_not_joined($1, $2);

-- name: list_telephones(study_id, participant_id)
-- A participant's telephones as far as the first text is concerned; no number is in it.
SELECT contact_id, verified_at, verified_by, texts, sent_at, state, asked, heard
FROM pro.desk_telephones($1, $2);
