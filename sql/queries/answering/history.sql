-- name: list_past_people(study_id, codes)
-- The participants of some codes, with the day of their own calendar on which they were entered here.
SELECT p.id AS participant_id, p.code, p.protocol_version_id, (p.recorded_at AT TIME ZONE p.zone)::date AS entered_on, r.revision,
       pro.is_restricted(p.study_id, p.id) AS restricted,
       EXISTS (SELECT FROM pro.statuses AS s WHERE s.study_id = p.study_id AND s.participant_id = p.id
               AND s.status = 'withdrew_data_use') AS withdrew
FROM pro.participants AS p
JOIN pro.participant_revisions AS r ON r.study_id = p.study_id AND r.participant_id = p.id
WHERE p.study_id = $1 AND p.code = ANY ($2::text[]);

-- name: list_history(study_id, participants)
-- The sittings of an earlier study that stand now, of some participants.
SELECT h.thing_id, h.revision, h.number, h.participant_id, h.instrument, h.target, h.answered_on, h.respondent,
       h.respondent_relation, h.answers
FROM unnest($2::uuid[]) AS p (id)
CROSS JOIN LATERAL pro.standing_history($1, p.id, pro.now()) AS h;

-- name: insert_history_import(study_id, id, file_name, file_sha256, row_count, reason, actor)
-- Keep that a file of an earlier study was brought in.
INSERT INTO pro.history_imports (study_id, id, file_name, file_sha256, row_count, reason, actor)
VALUES ($1, $2, $3, $4, $5, $6, $7);

-- name: insert_history_sittings(study_id, actor, import_id, rows)
-- Keep sittings of an earlier study; `rows` is a JSON list of records.
INSERT INTO pro.history_sittings (study_id, id, thing_id, revision, number, participant_id, instrument, instrument_version,
    instrument_sha256, target, answered_on, respondent, respondent_relation, answers, import_id, source_row, actor)
SELECT $1, x.id, x.thing_id, x.revision, x.number, x.participant_id, x.instrument, x.instrument_version, x.instrument_sha256,
       x.target, x.answered_on, x.respondent, x.respondent_relation, x.answers, $3, x.source_row, $2
FROM jsonb_to_recordset($4::jsonb) AS x (id uuid, thing_id uuid, revision integer, number integer, participant_id uuid,
    instrument text, instrument_version text, instrument_sha256 text, target text, answered_on date, respondent text,
    respondent_relation text, answers jsonb, source_row integer);

-- name: insert_history_scores(study_id, actor, rows)
-- Keep the scores of sittings of an earlier study; `rows` is a JSON list of records.
INSERT INTO pro.history_scores (study_id, id, participant_id, sitting_id, scale, scoring_version, raw, normalised, lowest,
    highest, answered, substituted, absent_reason, actor)
SELECT $1, x.id, x.participant_id, x.sitting_id, x.scale, x.scoring_version, x.raw, x.normalised, x.lowest, x.highest,
       x.answered, x.substituted, x.absent_reason, $2
FROM jsonb_to_recordset($3::jsonb) AS x (id uuid, participant_id uuid, sitting_id uuid, scale text, scoring_version text,
    raw numeric, normalised numeric, lowest integer, highest integer, answered integer, substituted integer,
    absent_reason text);

-- name: list_history_seen(study_id, participant_id)
-- What of an earlier study is seen from here of a participant: each sitting with its scores, and where it came from.
SELECT h.instrument, h.target, h.answered_on, f.file_name, h.source_row,
       (SELECT jsonb_agg(jsonb_build_object('scale', c.scale, 'raw', c.raw::text, 'normalised', c.normalised::text)
                         ORDER BY c.id)
        FROM pro.history_scores AS c WHERE c.study_id = h.study_id AND c.sitting_id = h.id) AS scores
FROM pro.standing_history($1, $2, pro.now()) AS h
JOIN pro.history_imports AS f ON f.study_id = h.study_id AND f.id = h.import_id
ORDER BY h.answered_on, h.number;
