-- name: insert_exams(study_id, actor, ids, participants, visits, targets, days, scanners, strengths, study_uids)
-- Keep examinations whose images are to be read; one that is known already changes nothing. How many were new.
WITH brought AS (
    INSERT INTO pro.read_exams (study_id, actor, id, participant_id, visit_id, target, measured_on, scanner,
        field_strength, study_uid)
    SELECT $1, $2, n.*
    FROM unnest($3::uuid[], $4::uuid[], $5::uuid[], $6::text[], $7::date[], $8::text[], $9::numeric[],
        $10::text[]) AS n
    ON CONFLICT (study_id, participant_id, target, measured_on) DO NOTHING
    RETURNING id
)
SELECT count(*) AS new FROM brought;

-- name: list_exams_to_read(study_id, measure, reader)
-- The examinations that are on no list of a reader's for a measure yet, each with the protocol its participant is pinned to
-- and the visit it belongs to.
SELECT e.id, p.protocol_version_id, v.definition
FROM pro.read_exams AS e
JOIN pro.participants AS p ON p.study_id = e.study_id AND p.id = e.participant_id
JOIN pro.visits AS v ON v.study_id = e.study_id AND v.id = e.visit_id
WHERE e.study_id = $1 AND NOT EXISTS (
    SELECT FROM pro.read_items AS i
    JOIN pro.read_lists AS l ON l.study_id = i.study_id AND l.id = i.list_id
    WHERE i.study_id = $1 AND i.exam_id = e.id AND l.measure = $2 AND l.reader = $3);

-- name: list_given_reads(study_id, measure)
-- What readers gave for a measure, by exam and place; what adjudication asked for stands last.
SELECT i.exam_id, m.region, m.layer, l.reader, i.look, m.value, m.gap, l.purpose
FROM pro.reads AS r
JOIN pro.read_items AS i ON i.study_id = r.study_id AND i.id = r.item_id
JOIN pro.read_lists AS l ON l.study_id = r.study_id AND l.id = i.list_id
JOIN pro.measurements AS m ON m.study_id = r.study_id AND m.id = r.id
WHERE r.study_id = $1 AND l.measure = $2
ORDER BY l.purpose DESC, i.exam_id, m.region, m.layer, l.reader, i.look;

-- name: list_read_lists(study_id, measure)
-- The lists of a measure that were handed out, the first one first, with the exams each names.
SELECT l.id, l.measure, l.reader, l.purpose, l.readers_rule, l.differs_beyond,
       ARRAY(SELECT DISTINCT i.exam_id FROM pro.read_items AS i WHERE i.study_id = l.study_id AND i.list_id = l.id) AS exams
FROM pro.read_lists AS l
WHERE l.study_id = $1 AND l.measure = $2 ORDER BY l.id;

-- name: insert_read_list(study_id, id, measure, version, definition_sha256, reader, purpose, rule, beyond, seed, actor)
-- Keep that a list is handed out, to whom, and by which rule its reads will be settled; its items follow.
INSERT INTO pro.read_lists (study_id, id, measure, measure_version, definition_sha256, reader, purpose, readers_rule,
    differs_beyond, seed, actor)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11);

-- name: insert_read_items(study_id, list_id, actor, ids, sequences, pseudonyms, exams, looks)
-- Keep the items of a list: which pseudonym is which exam.
INSERT INTO pro.read_items (study_id, list_id, actor, id, sequence, pseudonym, exam_id, look)
SELECT $1, $2, $3, n.* FROM unnest($4::uuid[], $5::integer[], $6::text[], $7::uuid[], $8::smallint[]) AS n;

-- name: list_read_keys(study_id, list_id)
-- Which exam each pseudonym of a list is, for whoever gives the images their pseudonyms.
SELECT i.pseudonym, i.sequence, p.code, e.target, e.measured_on, e.study_uid
FROM pro.read_items AS i
JOIN pro.read_exams AS e ON e.study_id = i.study_id AND e.id = i.exam_id
JOIN pro.participants AS p ON p.study_id = e.study_id AND p.id = e.participant_id
WHERE i.study_id = $1 AND i.list_id = $2 ORDER BY i.sequence;

-- name: list_own_lists(study_id)
-- The lists of a reader who looks at the desk, with the number of their items, the newest first.
SELECT l.id, l.measure, l.recorded_at, count(i.sequence) AS items
FROM pro.read_lists AS l
JOIN pro.read_items AS i ON i.study_id = l.study_id AND i.list_id = l.id
WHERE l.study_id = $1 GROUP BY l.study_id, l.id ORDER BY l.id DESC;

-- name: list_own_items(study_id, list_id)
-- What a reader is given of a list: the pseudonyms and their order, and nothing else.
SELECT i.sequence, i.pseudonym FROM pro.read_items AS i
WHERE i.study_id = $1 AND i.list_id = $2 ORDER BY i.sequence;

-- name: list_known_reads(study_id, pseudonyms)
-- The items of pseudonyms on lists of whoever hands reads in, with what was handed in before.
SELECT k.pseudonym, k.sequence, k.measure, k.given, k.told FROM pro.known_reads($1, $2) AS k;

-- name: keep_reads(study_id, handed_in)
-- Keep reads as measurements and findings as alerts. `handed_in` is one JSON document: files, reads, findings.
SELECT k.kept, k.told FROM pro.keep_reads($1, $2) AS k;

-- name: get_reads_lock(study_id)
-- The last word on whether the reads are locked.
SELECT k.step, k.recorded_at, k.actor, k.reason, k.printed_name FROM pro.read_locks AS k
WHERE k.study_id = $1 ORDER BY k.id DESC LIMIT 1;

-- name: insert_reads_lock(study_id, id, step, printed_name, actor, reason)
-- Keep that the reads are locked or unlocked from now on.
INSERT INTO pro.read_locks (study_id, id, step, printed_name, actor, reason) VALUES ($1, $2, $3, $4, $5, $6);

-- name: list_roles_of_reader(study_id, login)
-- The roles somebody has in the study now, by their login.
SELECT DISTINCT r.role
FROM pro.present_staff AS s
JOIN pro.present_roles AS r ON r.study_id = s.study_id AND r.staff_id = s.staff_id
WHERE s.study_id = $1 AND s.login = $2;

-- name: list_readers(study_id)
-- Who reads images in the study and is nothing else in it, by login.
SELECT s.login
FROM pro.present_staff AS s
JOIN pro.present_roles AS r ON r.study_id = s.study_id AND r.staff_id = s.staff_id
WHERE s.study_id = $1 GROUP BY s.login HAVING bool_and(r.role = 'reader') ORDER BY s.login;

-- name: list_lists_handed_out(study_id)
-- Every list that was handed out, the newest first: to whom, by whom, how many images it names and how many of them
-- have been read.
SELECT l.id, l.measure, l.reader, l.purpose, l.recorded_at, l.actor, count(i.id) AS items,
       count(i.id) FILTER (WHERE EXISTS (
           SELECT FROM pro.reads AS r WHERE r.study_id = i.study_id AND r.item_id = i.id)) AS read_items
FROM pro.read_lists AS l
JOIN pro.read_items AS i ON i.study_id = l.study_id AND i.list_id = l.id
WHERE l.study_id = $1 GROUP BY l.study_id, l.id ORDER BY l.id DESC;

-- name: list_known_exams(study_id, participants)
-- The examinations of some participants that are known already.
SELECT e.participant_id, e.target, e.measured_on
FROM pro.read_exams AS e WHERE e.study_id = $1 AND e.participant_id = ANY ($2::uuid[]);
