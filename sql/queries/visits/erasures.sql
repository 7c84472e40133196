-- name: get_erasure(study_id, participant_id)
-- How far the erasure of a participant has come: the last asking, and what was done; and how much there is of each kind.
SELECT pro.now() AS now, pro.is_restricted($1, $2) AS restricted, a.actor AS asked_by, a.recorded_at AS asked_at,
       a.ground AS asked_ground, a.printed_name AS asked_name, a.reason AS asked_reason, e.actor AS erased_by,
       e.recorded_at AS erased_at, e.ground AS erased_ground, e.printed_name AS erased_name,
       e.reason AS erased_reason, e.certificate, e.certificate_sha256, pro.erasure_counts($1, $2) AS counts
FROM (SELECT 1) AS one
LEFT JOIN LATERAL (SELECT x.* FROM pro.erasures AS x
                   WHERE x.study_id = $1 AND x.participant_id = $2 AND x.step = 'asked'
                   ORDER BY x.id DESC LIMIT 1) AS a ON true
LEFT JOIN pro.erasures AS e ON e.study_id = $1 AND e.participant_id = $2 AND e.step <> 'asked';

-- name: list_words_to_keep(study_id, participant_id)
-- What is sealed under a participant's key and outlives it.
SELECT id, source, words_sealed, words_key FROM pro.words_to_keep($1, $2);

-- name: list_kept_words(study_id, participant_id)
-- What outlived a participant's key, sealed under the study's, with when it was written and by whom.
SELECT w.id, w.source, w.words_sealed, w.words_key, coalesce(n.recorded_at, i.received_at) AS at, n.actor
FROM pro.kept_words AS w
LEFT JOIN pro.notes AS n ON w.source = 'note' AND n.study_id = w.study_id AND n.id = w.id
LEFT JOIN pro.inbounds AS i ON w.source = 'inbound' AND i.study_id = w.study_id AND i.id = w.id
WHERE w.study_id = $1 AND w.participant_id = $2
ORDER BY w.id;

-- name: list_backups_kept(today)
-- The backups that are not past the day on which they are thrown away, or of which nobody said it; the newest first.
SELECT b.file_name, b.made_at, b.kept_until FROM pro.backups AS b
WHERE b.kept_until IS NULL OR b.kept_until >= $1
ORDER BY b.made_at DESC LIMIT 200;

-- name: count_others_who(study_id, site_id, roles, but)
-- How many others hold one of these roles now at a site; of no site: at every site of the study.
SELECT pro.others_who($1, $2, $3, $4) AS others;

-- name: record_erasure(study_id, participant_id, revision, write)
-- A step of erasing a participant, and the words that outlive the key. `write` is one JSON document: erasures, kept_words.
WITH turn AS (
    UPDATE pro.participant_revisions SET revision = revision + 1
    WHERE study_id = $1 AND participant_id = $2 AND revision = $3
    RETURNING revision
),
doc AS (SELECT $4::jsonb AS d FROM turn),
said AS (
    INSERT INTO pro.erasures (study_id, id, participant_id, step, ground, printed_name, certificate,
        certificate_sha256, actor, reason)
    SELECT $1, e.id, $2, e.step, e.ground, e.printed_name, e.certificate, e.certificate_sha256, e.actor, e.reason
    FROM doc, jsonb_to_recordset(d -> 'erasures') AS e (id uuid, step text, ground text, printed_name text,
        certificate text, certificate_sha256 text, actor text, reason text)
),
kept AS (
    INSERT INTO pro.kept_words (study_id, id, participant_id, source, words_sealed, words_key, actor)
    SELECT $1, w.id, $2, w.source, decode(w.words_sealed, 'hex'), w.words_key, w.actor
    FROM doc, jsonb_to_recordset(d -> 'kept_words') AS w (id uuid, source text, words_sealed text, words_key text,
        actor text)
)
SELECT pro.demand_fresh((SELECT count(*) FROM turn) = 1) AS fresh;

-- name: destroy_key(study_id, participant_id)
-- Destroy a participant's key in the transaction that says so.
SELECT pro.destroy_key($1, $2) AS key_id;

-- name: record_backup(id, file_name, made_at, kept_until, of_studies)
-- Keep that a backup was made, and until when it is kept. `of_studies` is empty where it is of all.
INSERT INTO pro.backups (id, file_name, made_at, kept_until, of_studies, actor)
VALUES ($1, $2, $3, $4, $5, current_setting('pro.actor'));
