-- name: list_deaths_reported(study_id, most)
-- Whose death was reported and has no day yet, the longest waiting first.
SELECT code, site_id, reported_at, total FROM pro.desk_deaths_reported($1, $2);
