-- name: list_measured_people(study_id, codes)
-- The participants of some codes that are seen from here, and the site each is at now if it is one of ours.
SELECT p.id AS participant_id, p.code, ps.site_id, pro.is_restricted(p.study_id, p.id) AS restricted
FROM pro.participants AS p
LEFT JOIN pro.participant_sites AS ps
  ON ps.study_id = p.study_id AND ps.participant_id = p.id AND ps.valid_to IS NULL
WHERE p.study_id = $1 AND p.code = ANY ($2::text[]);

-- name: list_locked_for_measures(study_id, participants)
-- The visits of some participants that are locked now.
SELECT DISTINCT k.visit_id FROM pro.lock_spans AS k
WHERE k.study_id = $1 AND k.participant_id = ANY ($2::uuid[]) AND k.lifted_at IS NULL;

-- name: take_turns_as_read(study_id, participants, revisions)
-- Take the turns of participants at once, in one order, each only at the revision it was read at; how many were taken.
WITH mine AS (
    SELECT r.participant_id, r.revision FROM pro.participant_revisions AS r
    JOIN unnest($2::uuid[], $3::bigint[]) AS n (participant_id, revision)
      ON n.participant_id = r.participant_id AND n.revision = r.revision
    WHERE r.study_id = $1 ORDER BY r.participant_id FOR NO KEY UPDATE OF r
),
taken AS (
    UPDATE pro.participant_revisions AS r SET revision = r.revision + 1
    FROM mine WHERE r.study_id = $1 AND r.participant_id = mine.participant_id AND r.revision = mine.revision
    RETURNING r.participant_id
)
SELECT count(*) AS taken FROM taken;

-- name: insert_measure_import(study_id, id, file_name, file_sha256, row_count, reason, actor)
-- Keep that a file of values was brought in, by whom and why.
INSERT INTO pro.measure_imports (study_id, id, file_name, file_sha256, row_count, reason, actor)
VALUES ($1, $2, $3, $4, $5, $6, $7);

-- name: insert_measure_notes(study_id, ids, participants, words_sealed, words_keys, actor)
-- Keep why single values are as they are, sealed, each under the key of whom it is about.
INSERT INTO pro.notes (study_id, id, participant_id, words_sealed, words_key, actor)
SELECT $1, n.id, n.participant_id, n.words_sealed, n.words_key, $6
FROM unnest($2::uuid[], $3::uuid[], $4::bytea[], $5::text[]) AS n (id, participant_id, words_sealed, words_key);

-- name: insert_measurements(study_id, actor, import_id, ids, things, revisions, participants, visits, measures, versions, hashes, targets, days, regions, layers, values, gaps, readers, read_numbers, scanners, strengths, study_uids, source_rows, struck, reasons)
-- Keep values, or further revisions of them; the turns of whom they are about are taken already.
INSERT INTO pro.measurements (study_id, actor, import_id, id, thing_id, revision, participant_id, visit_id, measure,
    measure_version, definition_sha256, target, measured_on, region, layer, value, gap, reader, read_number, scanner,
    field_strength, study_uid, source_row, struck, reason)
SELECT $1, $2, $3, n.*
FROM unnest($4::uuid[], $5::uuid[], $6::integer[], $7::uuid[], $8::uuid[], $9::text[], $10::text[], $11::text[],
    $12::text[], $13::date[], $14::text[], $15::text[], $16::numeric[], $17::text[], $18::text[], $19::smallint[],
    $20::text[], $21::numeric[], $22::text[], $23::integer[], $24::boolean[], $25::text[]) AS n;
