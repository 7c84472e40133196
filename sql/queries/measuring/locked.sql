-- name: are_reads_locked(study_id, as_of)
-- Whether the reads of a study were locked at an instant.
SELECT pro.reads_locked($1, $2) AS locked;
