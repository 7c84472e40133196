-- name: find_people(study_id, sought, sorted, first, most)
-- A page of the participants seen from here, narrowed and sorted as is wanted, and how many there are.
SELECT participant_id, code, site_id, total, unknown FROM pro.desk_find($1, $2, $3, $4, $5);

-- name: list_visits_seen(study_id, participant_ids, items)
-- Where these participants stand, and how each of their visits stands now: never what was answered.
SELECT participant_id, protocol_version_id, status, visits FROM pro.desk_rows($1, $2, $3);

-- name: count_figures(study_id, site_id, items)
-- What the two figures are made of, visit by visit and site by site; a row without a visit says how many are enrolled.
SELECT definition, site_id, completed_in_window, helped, expected_and_closed, unsent, scorable, enrolled, unknown
FROM pro.desk_figures($1, $2, $3);

-- name: list_protocol_versions(study_id)
-- Every version of the protocol there is, the newest first: their visits are what one may ask for.
SELECT id FROM pro.protocol_versions WHERE study_id = $1 ORDER BY id DESC;

-- name: find_numbered(study_id, indexes, tails)
-- Codes of those seen from here who have a telephone number that is one of these, or ends as one of these.
SELECT code FROM pro.desk_numbered($1, $2, $3) ORDER BY code;

-- name: list_countries(study_id)
-- The countries of the sites seen from here: a number may be said without its country's code.
SELECT DISTINCT country FROM pro.sites WHERE study_id = $1 ORDER BY country;
