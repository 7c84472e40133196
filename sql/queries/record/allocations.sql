-- name: list_codes_to_allocate(study_id, codes)
-- Of these codes those that are participants' of the study, and whether an arm is kept for them already.
SELECT p.code, p.id AS participant_id,
       EXISTS (SELECT FROM pro.allocations AS a WHERE a.study_id = p.study_id AND a.participant_id = p.id) AS allocated
FROM pro.participants AS p
WHERE p.study_id = $1 AND p.code = ANY ($2::text[]);

-- name: is_holder(study_id, login)
-- Whether a member of staff holds the allocation now, at any site or in the whole study.
SELECT EXISTS (
    SELECT FROM pro.staff AS s
    JOIN pro.staff_assignments AS a ON a.study_id = s.study_id AND a.staff_id = s.id
    WHERE s.study_id = $1 AND s.login = $2 AND a.role = 'allocation_holder' AND a.valid_from <= pro.now()
      AND (a.valid_to IS NULL OR a.valid_to > pro.now())) AS holds;

-- name: insert_allocations(study_id, actor, reason, held_by, rows)
-- Keep the arms of a file, sealed: all or none, for one that is kept already is refused.
INSERT INTO pro.allocations (study_id, id, participant_id, arm_sealed, arm_key, held_by, actor, reason)
SELECT $1, r.id, r.participant_id, decode(r.arm_sealed, 'hex'), r.arm_key, $4, $2, $3
FROM jsonb_to_recordset($5::jsonb) AS r (id uuid, participant_id uuid, arm_sealed text, arm_key text);

-- name: record_unblinding(study_id, participant_id, revision, id, reason, actor)
-- Keep that a participant is unblinded, before anything is shown.
WITH turn AS (
    UPDATE pro.participant_revisions SET revision = revision + 1
    WHERE study_id = $1 AND participant_id = $2 AND revision = $3
    RETURNING participant_id
),
unblinded AS (
    INSERT INTO pro.unblindings (study_id, id, participant_id, reason, actor)
    SELECT $1, $4, t.participant_id, $5, $6 FROM turn AS t
)
SELECT pro.demand_fresh((SELECT count(*) FROM turn) = 1) AS fresh;

-- name: is_allocated(study_id, participant_id)
-- Whether an arm is kept for a participant: never which.
SELECT pro.is_allocated($1, $2) AS allocated;

-- name: get_arm_unblinded(study_id, unblinding_id)
-- The sealed arm, for whoever has just recorded this unblinding.
SELECT a.id, a.arm_sealed, a.arm_key FROM pro.arm_unblinded($1, $2) AS a;

-- name: show_allocations(study_id, showing_id)
-- The sealed arms for who holds the allocation; that they were shown is recorded.
SELECT a.id, a.code, a.arm_sealed, a.arm_key FROM pro.show_allocations($1, $2) AS a;

-- name: list_unblindings(study_id, participant_id)
-- That a participant was unblinded, when and by whom, the latest first.
SELECT u.recorded_at, u.actor, u.reason FROM pro.unblindings AS u
WHERE u.study_id = $1 AND u.participant_id = $2
ORDER BY u.id DESC;

-- name: list_latest_unblindings(study_id, within, most)
-- Who was unblinded lately, as seen from the desk, the latest first.
SELECT p.code, u.recorded_at, u.actor
FROM pro.unblindings AS u
JOIN pro.participants AS p ON p.study_id = u.study_id AND p.id = u.participant_id
WHERE u.study_id = $1 AND u.recorded_at > pro.now() - $2::interval
ORDER BY u.id DESC LIMIT $3;
