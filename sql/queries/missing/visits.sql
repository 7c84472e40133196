-- name: list_closed_visits(study_id, site_id)
-- How many visits that were expected have closed with each set of facts: site by site, visit by visit, month by month.
SELECT site_id, definition, month, states, in_window, helped, status, begun, called, texts, arrived, held_back,
       mode, texts_before, called_since, visits
FROM pro.desk_closed_visits($1, $2);

-- name: list_deviations(study_id, site_id, days, before, before_id, before_kind, most)
-- What went otherwise than the protocol has it, the latest first, from before one of them on.
SELECT kind, id, code, site_id, protocol_version_id, definition, occurrence, instrument, target, at, said
FROM pro.desk_deviations($1, $2, $3, $4, $5, $6, $7);
