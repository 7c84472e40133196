-- name: list_measurements(study_id, as_of, participant_id)
-- The values of measures that stood at an instant, of one participant, or of all that are seen without one.
SELECT m.id, m.thing_id, m.revision, m.participant_id, v.definition, v.occurrence, m.visit_id, m.measure,
       m.measure_version, m.definition_sha256, m.target, m.measured_on, m.region, m.layer, m.value, m.gap, m.reader,
       m.read_number, m.scanner, m.field_strength, m.study_uid, m.import_id, m.source_row, m.recorded_at, m.actor
FROM pro.standing_measurements($1, $3, $2) AS m
LEFT JOIN pro.visits AS v ON v.study_id = m.study_id AND v.id = m.visit_id
ORDER BY m.participant_id, m.measured_on, m.measure, m.target, m.region, m.layer, m.reader, m.read_number, m.thing_id;
