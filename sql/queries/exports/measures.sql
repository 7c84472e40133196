-- name: list_exported_measurements(study_id, participant_ids, as_of)
-- The values of measures of these participants that stood at an instant, every reader's and every read's.
SELECT p.id AS participant_id, x.*
FROM unnest($2::uuid[]) WITH ORDINALITY AS p (id, place)
CROSS JOIN LATERAL (
    SELECT m.thing_id, m.revision, v.definition, v.occurrence, m.measure, m.measure_version, m.definition_sha256,
           m.target, m.measured_on, m.region, m.layer, m.value, m.gap, m.reader, m.read_number, m.scanner,
           m.field_strength, m.study_uid, f.file_name, m.source_row, m.recorded_at, m.actor
    FROM pro.standing_measurements($1, p.id, $3) AS m
    LEFT JOIN pro.visits AS v ON v.study_id = m.study_id AND v.id = m.visit_id
    LEFT JOIN pro.measure_imports AS f ON f.study_id = m.study_id AND f.id = m.import_id
    ORDER BY m.measured_on, m.measure, m.target, m.region, m.layer, m.reader, m.read_number, m.thing_id
) AS x
ORDER BY p.place;
