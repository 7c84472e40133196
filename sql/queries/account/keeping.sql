-- name: list_staff_kept(study_id)
-- The staff of a study as whoever administers it sees them.
SELECT person_id, staff_id, login, name, language, stopped, ended, kept, resettable, last_sign_in, has_password,
       has_factor, link_kind, link_until, roles
FROM pro.staff_kept($1);

-- name: count_left_open(study_id, staff_id)
-- What somebody who leaves leaves open.
SELECT rotas, entries, corrections FROM pro.staff_leaves_open($1, $2);

-- name: end_kept_sessions(study_id, person_id, actor)
-- End the sessions of somebody whose account is kept here.
SELECT pro.end_kept_sessions($1, $2, $3) AS ended;

-- name: list_site_corrections(study_id)
-- What sites said of themselves before each correction, the newest first.
SELECT site_id, name, telephone, emergency_number, recorded_at, actor, reason FROM pro.site_corrections
WHERE study_id = $1 ORDER BY site_id, id DESC;

-- name: correct_site(study_id, id, code, name, telephone, emergency_number, actor, reason)
-- Correct a site; what it said before is kept. No row: there is none of this code, or it says all of that already.
WITH before AS (
    SELECT s.id, s.name, s.telephone, s.emergency_number FROM pro.sites AS s
    WHERE s.study_id = $1 AND s.code = $3 AND (s.name, s.telephone, s.emergency_number) IS DISTINCT FROM ($4, $5, $6)
    FOR UPDATE
), kept AS (
    INSERT INTO pro.site_corrections (study_id, id, site_id, name, telephone, emergency_number, actor, reason)
    SELECT $1, $2, b.id, b.name, b.telephone, b.emergency_number, $7, $8 FROM before AS b
)
UPDATE pro.sites AS s SET name = $4, telephone = $5, emergency_number = $6 FROM before AS b
WHERE s.study_id = $1 AND s.id = b.id RETURNING s.id;
