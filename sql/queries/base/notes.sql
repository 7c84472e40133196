-- name: give_note(study_id, participant_id, id, words_sealed, words_key)
-- Keep what staff wrote about a participant, sealed; it is the reason of the transaction under way.
INSERT INTO pro.notes (study_id, id, participant_id, words_sealed, words_key, actor)
SELECT $1, $3, $2, $4, $5, current_setting('pro.actor')
WHERE set_config('pro.reason', 'note:' || $3::uuid, true) <> '';

-- name: find_participant_key(study_id, participant_id)
-- The wrapped key of a participant, under which words about them are sealed.
SELECT id, wrapped, wrapping_key FROM pro.data_keys WHERE study_id = $1 AND participant_id = $2;
