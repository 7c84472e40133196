-- name: list_exported_history(study_id, participant_ids, as_of)
-- The sittings of an earlier study that stood at an instant, of these participants in this order, each with its scores
-- and the file that brought it.
SELECT p.id AS participant_id, x.*
FROM unnest($2::uuid[]) WITH ORDINALITY AS p (id, place)
CROSS JOIN LATERAL (
    SELECT h.id, h.revision, h.number, h.instrument, h.instrument_version, h.instrument_sha256, h.target, h.answered_on,
           h.respondent, h.respondent_relation, h.answers, f.file_sha256, h.source_row, h.recorded_at, h.actor,
           coalesce((SELECT jsonb_agg(jsonb_build_object('scale', c.scale, 'scoring_version', c.scoring_version,
                         'raw', c.raw::text, 'normalised', c.normalised::text, 'lowest', c.lowest, 'highest', c.highest,
                         'answered', c.answered, 'substituted', c.substituted, 'absent_reason', c.absent_reason)
                         ORDER BY c.id)
                     FROM pro.history_scores AS c WHERE c.study_id = h.study_id AND c.sitting_id = h.id), '[]') AS scores
    FROM pro.standing_history($1, p.id, $3) AS h
    JOIN pro.history_imports AS f ON f.study_id = h.study_id AND f.id = h.import_id
    ORDER BY h.number
) AS x
ORDER BY p.place;
