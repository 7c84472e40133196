-- name: insert_data_out(study_id, id, what, narrowed_by, row_count, tables, as_of, content_sha256, formats)
-- Keep that a file of study data is taken out: which, narrowed by what, how many rows, and of an export its tables,
-- instant, hash and formats; by whoever the transaction is of.
INSERT INTO pro.data_out (study_id, id, what, narrowed_by, row_count, tables, as_of, content_sha256, formats, actor)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, current_setting('pro.actor'));
