-- name: is_finished()
-- Whether a run found nothing left to move.
SELECT EXISTS (SELECT FROM pro.word_moves) AS finished;

-- name: hold_the_move()
-- One program moves at a time; the others wait, and find nothing left.
SELECT pg_advisory_lock(7072041) AS held;

-- name: let_the_move_go()
-- The next may look.
SELECT pg_advisory_unlock(7072041) AS free;

-- name: list_words_in_rows()
-- Staff's words as they stand in rows, oldest rows first.
SELECT w.study_id, w.participant_id, w.table_name, w.column_name, w.id, w.said, w.recorded_at, w.actor
FROM pro.words_in_rows() AS w
ORDER BY w.recorded_at, w.id;

-- name: list_words_in_entries()
-- Staff's words as they stand in audit entries about participants.
SELECT w.study_id, w.participant_id, w.entry_id, w.at, w.path, w.said, w.actor
FROM pro.words_in_entries() AS w
WHERE w.participant_id IS NOT NULL
ORDER BY w.entry_id;

-- name: list_participant_keys(study_id, participant_ids)
-- The wrapped keys of participants.
SELECT k.participant_id, k.id, k.wrapped, k.wrapping_key FROM pro.data_keys AS k
WHERE k.study_id = $1 AND k.participant_id = ANY ($2::uuid[]);

-- name: be_patient()
-- Give up soon where a table is in use, and try again: nobody who writes shall wait for us.
SELECT set_config('lock_timeout', '500ms', true) AS patience;

-- name: insert_moved_notes(study_id, notes)
-- Notes of words that were moved: of the time of the row they stood in, by whoever wrote it.
INSERT INTO pro.notes (study_id, id, participant_id, words_sealed, words_key, recorded_at, actor)
SELECT $1, n.id, n.participant_id, decode(n.words_sealed, 'hex'), n.words_key, n.recorded_at, n.actor
FROM jsonb_to_recordset($2::jsonb) AS n (id uuid, participant_id uuid, words_sealed text, words_key text,
    recorded_at timestamptz, actor text);

-- name: move_words(table_name, column_name, study_id, ids, said)
-- Put references in the place of words.
SELECT pro.move_words($1, $2, $3, $4::uuid[], $5::text[]) AS moved;

-- name: move_words_of_entries(moves)
-- The same in audit entries.
SELECT pro.move_words_of_entries($1::jsonb) AS moved;

-- name: finish_the_move(rows_moved, entries_moved)
-- Nothing is left.
INSERT INTO pro.word_moves (rows_moved, entries_moved) VALUES ($1, $2);

-- name: list_moved_entries()
-- Entries whose words were moved, with the hash they had and the notes they refer to now.
SELECT m.study_id, m.entry_id, m.entry_at, m.before_sha256,
       ARRAY(SELECT r[1]::uuid FROM regexp_matches(
                 concat_ws(' ', e.reason, e.changes::text),
                 'note:([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})', 'g') AS r) AS notes
FROM pro.audit_moved AS m
JOIN pro.audit_entries AS e ON e.at = m.entry_at AND e.id = m.entry_id
ORDER BY m.entry_id;

-- name: list_notes(study_id, ids)
-- Notes with the keys that open them.
SELECT n.id, n.words_sealed, n.words_key, k.id AS key_id, k.wrapped, k.wrapping_key
FROM pro.notes AS n
LEFT JOIN pro.data_keys AS k ON k.study_id = n.study_id AND k.participant_id = n.participant_id
WHERE n.study_id = $1 AND n.id = ANY ($2::uuid[]);

-- name: rebuild_hash(entry_id, at, words)
-- The hash an entry has with these words in the place of its references.
SELECT pro.rebuilt_sha256($1, $2, $3::jsonb) AS sha256;
