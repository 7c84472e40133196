-- name: insert_export_job(study_id, id, tables, formats, as_of, cut, asked_key)
-- Keep what whoever the transaction is of asks for as a file; nothing where they did under this key.
INSERT INTO pro.export_jobs (study_id, id, tables, formats, as_of, cut, asked_key, actor)
VALUES ($1, $2, $3, $4, $5, $6, $7, current_setting('pro.actor'))
ON CONFLICT (study_id, actor, asked_key) WHERE asked_key IS NOT NULL DO NOTHING
RETURNING id;

-- name: find_asked_export(study_id, asked_key)
-- What whoever the transaction is of asked for under a key.
SELECT j.id, j.tables, j.formats, j.as_of, j.cut FROM pro.export_jobs AS j WHERE j.study_id = $1 AND j.asked_key = $2;

-- name: insert_export_making(study_id, id)
-- Let a worker make it: once it is asked for.
INSERT INTO pro.export_makings (study_id, id) VALUES ($1, $2);

-- name: list_own_exports(study_id, kept, most, only_id)
-- The last files that whoever the transaction is of asked for, the newest first, or one of them: how far each has come.
SELECT j.id, j.tables, j.formats, j.as_of, j.cut, j.recorded_at, m.done, m.total, m.ended_at IS NOT NULL AS ended, m.failed,
       m.file_bytes, m.content_sha256, m.failed IS NULL AND m.ended_at > clock_timestamp() - $2::interval AS kept
FROM pro.export_jobs AS j
JOIN pro.export_makings AS m ON m.study_id = j.study_id AND m.id = j.id
WHERE j.study_id = $1 AND ($4::uuid IS NULL OR j.id = $4)
ORDER BY j.id DESC LIMIT $3;

-- name: find_own_file(study_id, id, kept)
-- A file that is still kept, of whoever the transaction is of; and whether somebody they see was restricted since it was
-- asked for, and still is.
SELECT m.file_name, m.file_bytes, m.content_sha256, m.sites, j.tables, j.formats,
       EXISTS (SELECT FROM pro.restrictions AS r
               WHERE r.study_id = j.study_id AND r.id > j.id AND pro.is_restricted(r.study_id, r.participant_id))
           AS restricted_since
FROM pro.export_jobs AS j
JOIN pro.export_makings AS m ON m.study_id = j.study_id AND m.id = j.id
WHERE j.study_id = $1 AND j.id = $2 AND m.file_name IS NOT NULL AND m.ended_at > clock_timestamp() - $3::interval;

-- name: get_export_part(study_id, job_id, part)
-- One part of a file, from 0 on; none after the last.
SELECT content FROM pro.export_parts WHERE study_id = $1 AND job_id = $2 AND part = $3;

-- name: claim_export(lease, most_tries)
-- Lease the file that was asked for first and is not made, if nobody is at it.
UPDATE pro.export_makings AS m
SET lease_until = clock_timestamp() + $1::interval, tries = m.tries + 1, done = 0
FROM (SELECT n.study_id, n.id FROM pro.export_makings AS n
      WHERE n.ended_at IS NULL AND n.tries < $2 AND (n.lease_until IS NULL OR n.lease_until < clock_timestamp())
      ORDER BY n.id LIMIT 1 FOR UPDATE SKIP LOCKED) AS next
JOIN pro.export_jobs AS j ON j.study_id = next.study_id AND j.id = next.id
WHERE m.study_id = next.study_id AND m.id = next.id
RETURNING j.study_id, j.id, j.tables, j.formats, j.as_of, j.cut, j.actor;

-- name: is_program(study_id, staff_id)
-- Whether a member of the study is a program.
SELECT EXISTS (SELECT FROM pro.staff AS s JOIN pro.programs AS g ON g.id = s.person_id WHERE s.study_id = $1 AND s.id = $2);

-- name: report_export(study_id, id, done, total, lease)
-- Say how far a file has come, and that somebody is still at it.
UPDATE pro.export_makings SET done = $3, total = $4, lease_until = clock_timestamp() + $5::interval
WHERE study_id = $1 AND id = $2 AND ended_at IS NULL;

-- name: release_export(study_id, id)
-- Leave a file to whoever takes it next: the process stops.
UPDATE pro.export_makings SET lease_until = NULL, tries = tries - 1 WHERE study_id = $1 AND id = $2 AND ended_at IS NULL;

-- name: fail_export(study_id, id, failed)
-- A file is not made, and why.
UPDATE pro.export_makings SET ended_at = clock_timestamp(), failed = $3 WHERE study_id = $1 AND id = $2 AND ended_at IS NULL;

-- name: end_lost_exports(most_tries, failed)
-- Nobody tries again what ended so many processes.
UPDATE pro.export_makings SET ended_at = clock_timestamp(), failed = $2
WHERE ended_at IS NULL AND tries >= $1 AND lease_until < clock_timestamp();

-- name: insert_export_part(study_id, job_id, part, content)
-- Keep a part of a file.
INSERT INTO pro.export_parts (study_id, job_id, part, content) VALUES ($1, $2, $3, $4);

-- name: finish_export(study_id, id, file_name, file_bytes, content_sha256, sites)
-- A file is made: all its parts are there. None where somebody else made it.
UPDATE pro.export_makings
SET ended_at = clock_timestamp(), file_name = $3, file_bytes = $4, content_sha256 = $5, sites = $6, done = coalesce(total, done)
WHERE study_id = $1 AND id = $2 AND ended_at IS NULL
RETURNING id;

-- name: delete_old_parts(kept)
-- Files are kept so long, and no longer.
DELETE FROM pro.export_parts AS p USING pro.export_makings AS m
WHERE m.study_id = p.study_id AND m.id = p.job_id AND m.ended_at <= clock_timestamp() - $1::interval;
