-- name: list_participants_after(actor, site_ids, site_roles, study_id, after, just, site, most)
-- The participants seen from a seat by code, after one or just one, each as the API writes them: where each is, and the
-- status that stands.
SELECT x.code AS place, row_to_json(x)::text AS item
FROM (
    SELECT p.id, p.code, p.site, p.present, p.restricted, p.status, pro.in_milliseconds(p.enrolled_at) AS enrolled_at,
           p.language, p.channel, p.zone, p.treated_knees, p.protocol
    FROM pro.desk_participants_listed(pro.seated($1, $2, $3, $4), $5, $6, $7, $8) AS p
) AS x;

-- name: find_code(study_id, participant_id)
-- The code of a participant seen from here.
SELECT p.code FROM pro.participants AS p WHERE p.study_id = $1 AND p.id = $2;

-- name: list_alerts_after(actor, site_ids, site_roles, study_id, after, most)
-- Alerts seen from a seat, in the order in which they were raised and after one, each as the API writes it.
SELECT x.id::text AS place, row_to_json(x)::text AS item
FROM (
    SELECT a.id, a.participant, a.rule, a.severity, pro.in_milliseconds(a.raised_at) AS raised_at,
           pro.in_milliseconds(a.seen_at) AS seen_at, pro.in_milliseconds(a.assessed_at) AS assessed_at, a.verdict,
           pro.in_milliseconds(a.closed_at) AS closed_at, a.assessment_id AS assessment
    FROM pro.desk_alerts_after(pro.seated($1, $2, $3, $4), $5, $6) AS a
) AS x;

-- name: list_calls_after(actor, site_ids, site_roles, study_id, after, most)
-- Calls seen from a seat, in the order in which they were wanted and after one, each as the API writes it.
SELECT x.id::text AS place, row_to_json(x)::text AS item
FROM (
    SELECT c.id, c.participant, c.reason, pro.in_milliseconds(c.created_at) AS created_at,
           pro.in_milliseconds(c.closes_at) AS closes_at, pro.in_milliseconds(c.closed_at) AS closed_at,
           nullif(split_part(c.outcome, ':', 1), 'note') AS outcome
    FROM pro.desk_calls_after(pro.seated($1, $2, $3, $4), $5, $6) AS c
) AS x;
