-- name: list_without_tail(after_study_id, after_id, limit)
-- Telephone numbers whose ending cannot be found by yet, with the keys that open them.
SELECT c.study_id, c.id, c.address_sealed, c.address_key, c.index_key, k.id AS data_key_id, k.wrapped, k.wrapping_key
FROM pro.contact_points AS c
JOIN pro.data_keys AS k ON k.study_id = c.study_id AND k.participant_id = c.participant_id
WHERE c.kind = 'phone' AND c.tail_index IS NULL AND (c.study_id, c.id) > ($1, $2)
ORDER BY c.study_id, c.id LIMIT $3;

-- name: record_tails(study_ids, contact_ids, tails)
-- Fill in what endings are found by; what was filled meanwhile stays.
WITH reasoned AS MATERIALIZED (SELECT set_config('pro.reason', 'index of endings', true) AS reason)
UPDATE pro.contact_points AS c SET tail_index = t.tail
FROM reasoned AS r, unnest($1::uuid[], $2::uuid[], $3::bytea[]) AS t (study_id, id, tail)
WHERE c.study_id = t.study_id AND c.id = t.id AND c.tail_index IS NULL AND r.reason <> ''
RETURNING c.id;
