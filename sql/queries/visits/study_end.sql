-- name: list_open_matters(study_id)
-- What hinders a study's closing beside safety follow-up: whose alert is not closed, whose text nobody has read.
SELECT code, what FROM pro.what_is_open($1);

-- name: list_people_by_site(study_id)
-- Everybody who was enrolled, at the site where they are now.
SELECT p.id, p.code, y.code AS site
FROM pro.participants AS p
JOIN pro.participant_sites AS ps ON ps.study_id = p.study_id AND ps.participant_id = p.id AND ps.valid_to IS NULL
JOIN pro.sites AS y ON y.study_id = ps.study_id AND y.id = ps.site_id
WHERE p.study_id = $1
ORDER BY y.code, p.code;

-- name: list_logins_of_role(study_id, role)
-- Who holds a role now at each site, or in the whole study, and can sign in.
SELECT y.code AS site, m.login
FROM pro.sites AS y
JOIN pro.present_roles AS r ON r.study_id = y.study_id AND coalesce(r.site_id, y.id) = y.id AND r.role = $2
JOIN pro.present_staff AS m ON m.study_id = r.study_id AND m.staff_id = r.staff_id
JOIN pro.people AS p ON p.id = m.person_id AND p.disabled_at IS NULL
WHERE y.study_id = $1
ORDER BY y.code, m.login;

-- name: find_closing(study_id)
-- When and by whom a study was closed.
SELECT c.recorded_at, c.actor, c.sums_sha256 FROM pro.study_closings AS c WHERE c.study_id = $1;

-- name: insert_closing(study_id, id, sums_sha256, participants, actor, reason)
-- Keep that a study is closed, and the hash of what was handed over.
INSERT INTO pro.study_closings (study_id, id, sums_sha256, participants, actor, reason)
VALUES ($1, $2, $3, $4, $5, $6);
