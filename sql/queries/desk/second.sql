-- name: record_second_entry(study_id, participant_id, revision, write)
-- Keep what was typed a second time, or how a difference was settled. `write` is one JSON document: entries, answers,
-- settlements. Any list may be empty.
WITH turn AS (
    UPDATE pro.participant_revisions SET revision = revision + 1
    WHERE study_id = $1 AND participant_id = $2 AND revision = $3
    RETURNING revision
),
doc AS (SELECT $4::jsonb AS d FROM turn),
typed AS (
    INSERT INTO pro.second_entries (study_id, id, participant_id, attempt_id, actor)
    SELECT $1, e.id, $2, e.attempt_id, e.actor
    FROM doc, jsonb_to_recordset(d -> 'entries') AS e (id uuid, attempt_id uuid, actor text)
    RETURNING id
),
answered AS (
    INSERT INTO pro.second_answers (study_id, id, participant_id, second_entry_id, item, value, gap, response_id,
        differs, actor)
    SELECT $1, s.id, $2, s.second_entry_id, s.item, s.value, s.gap, s.response_id, s.differs, s.actor
    FROM doc, jsonb_to_recordset(d -> 'answers') AS s (id uuid, second_entry_id uuid, item text, value numeric,
        gap text, response_id uuid, differs boolean, actor text)
),
settled AS (
    INSERT INTO pro.entry_settlements (study_id, id, participant_id, second_answer_id, value, gap, actor, reason)
    SELECT $1, x.id, $2, x.second_answer_id, x.value, x.gap, x.actor, x.reason
    FROM doc, jsonb_to_recordset(d -> 'settlements') AS x (id uuid, second_answer_id uuid, value numeric, gap text,
        actor text, reason text)
)
SELECT pro.demand_fresh((SELECT count(*) FROM turn) = 1) AS fresh;

-- name: find_paper(study_id, participant_id, attempt_id)
-- A paper that was typed in and sent: by whom (of one that was recorded anew where it belongs, by whom before), its
-- sitting, and whether it was typed a second time.
SELECT t.id, t.assessment_id, t.mode, t.respondent, t.respondent_relation, t.language, t.started_at AS told_at,
       coalesce(o.actor, t.actor) AS actor, true AS sent, t.apart, t.ordinal, t.submitted_at,
       EXISTS (SELECT FROM pro.second_entries AS e WHERE e.study_id = t.study_id AND e.attempt_id = t.id) AS typed_again
FROM pro.attempts AS t
LEFT JOIN pro.attempts AS o ON o.study_id = t.study_id AND o.id = coalesce(t.moved_from, t.replaces)
WHERE t.study_id = $1 AND t.participant_id = $2 AND t.id = $3 AND t.mode = 'paper' AND t.submitted_at IS NOT NULL;

-- name: list_paper_answers(study_id, participant_id, attempt_id)
-- What stands answered in a sitting, by item.
SELECT r.item, r.value, r.gap, r.response_id, r.received_at FROM pro.attempts AS t
CROSS JOIN LATERAL pro.sitting_answers(t.study_id, t.id) AS r
WHERE t.study_id = $1 AND t.participant_id = $2 AND t.id = $3
ORDER BY r.item;

-- name: list_typed_answers(study_id, participant_id, attempt_id)
-- What was read on a paper when it was typed first, by item: not what it was corrected or settled to since.
SELECT DISTINCT ON (r.item) r.item, r.value, r.gap, r.id AS response_id, r.received_at
FROM pro.responses AS r
WHERE r.study_id = $1 AND r.participant_id = $2 AND r.attempt_id = $3
  AND coalesce(r.reason, '') NOT IN ('corrected', 'settled', 'overtaken')
ORDER BY r.item, r.id DESC;

-- name: is_verified(study_id, attempt_id)
-- Whether a paper was typed a second time and nothing waits to be settled.
SELECT coalesce(pro.paper_state($1, $2) = 'verified', false) AS verified;

-- name: get_difference(study_id, participant_id, second_answer_id)
-- What two entries say differently, as it is settled: the sitting, the item, the answer compared with, and whether it
-- was settled before.
SELECT s.id, e.attempt_id, s.item, s.response_id, x.id IS NOT NULL AS settled,
       x.actor AS settled_by
FROM pro.second_answers AS s
JOIN pro.second_entries AS e ON e.study_id = s.study_id AND e.id = s.second_entry_id
LEFT JOIN pro.entry_settlements AS x ON x.study_id = s.study_id AND x.second_answer_id = s.id
WHERE s.study_id = $1 AND s.participant_id = $2 AND s.id = $3 AND s.differs;

-- name: list_papers(study_id, participant_id, most)
-- Paper to type a second time and paper with differences to settle, the longest waiting first; of one participant, or
-- of everybody seen from here.
SELECT * FROM pro.desk_papers($1, $2, $3);

-- name: list_differences(study_id, participant_id)
-- What two entries of a participant's paper say differently, as far as it is seen from here.
SELECT * FROM pro.desk_entry_differences($1, $2);
