-- name: list_group_scores(study_id, instrument, scale, as_of)
-- One scale of every sitting there was at an instant, of the participants whose scores are seen from the seat.
SELECT participant_id, assessment_id, target, treated, site, definition, occurrence, sittings, chosen, apart, mode,
       respondent, basis, raw, normalised
FROM pro.group_scores($1, $2, $3, $4);
