-- name: insert_data_out(study_id, id, what, narrowed_by, row_count)
-- Keep that a file of study data is taken out: which, narrowed by what, and how many rows; by whoever the
-- transaction is of.
INSERT INTO pro.data_out (study_id, id, what, narrowed_by, row_count, actor) 
VALUES ($1, $2, $3, $4, $5, current_setting('pro.actor'));
