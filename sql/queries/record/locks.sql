-- name: find_lock_place(study_id, site_code, participant_code, definition, occurrence)
-- What a lock is to be of: the site, the participant and the present visit of these names, where they are given and there
-- is such a one.
SELECT (SELECT y.id FROM pro.sites AS y WHERE y.study_id = $1 AND y.code = $2) AS site_id,
       p.id AS participant_id,
       (SELECT v.id FROM pro.visits AS v
        WHERE v.study_id = $1 AND v.participant_id = p.id AND v.definition = $4 AND v.occurrence = $5
          AND v.superseded_at IS NULL) AS visit_id
FROM (SELECT 1) AS one LEFT JOIN pro.participants AS p ON p.study_id = $1 AND p.code = $3;

-- name: preview_lock(study_id, site_id, participant_id, visit_id, most)
-- What a lock would hold: how many visits, of whom; how many that opened are not settled yet, and the first of these.
WITH found AS MATERIALIZED (SELECT f.* FROM pro.visits_to_lock($1, $2, $3, $4) AS f)
SELECT (SELECT count(*) FROM found AS f WHERE f.settled) AS visits,
       (SELECT coalesce(array_agg(DISTINCT f.participant_id ORDER BY f.participant_id), '{}') FROM found AS f
        WHERE f.settled) AS participants,
       (SELECT count(*) FROM found AS f WHERE NOT f.settled) AS open,
       (SELECT coalesce(jsonb_agg(jsonb_build_object('code', o.code, 'definition', o.definition,
                            'occurrence', o.occurrence) ORDER BY o.code, o.visit_id), '[]')
        FROM (SELECT f.* FROM found AS f WHERE NOT f.settled ORDER BY f.code, f.visit_id LIMIT $5) AS o) AS first_open;

-- name: list_visits_to_lock(study_id, site_id, participant_id, visit_id, participants)
-- The visits of some participants that a lock would hold.
SELECT f.participant_id, f.visit_id FROM pro.visits_to_lock($1, $2, $3, $4) AS f
WHERE f.settled AND f.participant_id = ANY ($5::uuid[]) ORDER BY f.participant_id, f.visit_id;

-- name: insert_lock(study_id, id, scope, site_id, participant_id, visit_id, actor, reason)
-- Keep that something is locked; which visits it holds follows.
INSERT INTO pro.locks (study_id, id, scope, site_id, participant_id, visit_id, actor, reason)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8);

-- name: take_turns(study_id, participants)
-- Take the turns of participants at once, in one order: what was decided about them before is decided anew.
WITH mine AS (
    SELECT r.participant_id FROM pro.participant_revisions AS r
    WHERE r.study_id = $1 AND r.participant_id = ANY ($2::uuid[])
    ORDER BY r.participant_id FOR NO KEY UPDATE
)
UPDATE pro.participant_revisions AS r SET revision = r.revision + 1
FROM mine WHERE r.study_id = $1 AND r.participant_id = mine.participant_id;

-- name: hold_visits(study_id, lock_id, ids, participants, visits, actor)
-- Let a lock hold visits, each of a participant, from now on.
INSERT INTO pro.locked_visits (study_id, id, lock_id, participant_id, visit_id, actor)
SELECT $1, n.id, $2, n.participant_id, n.visit_id, $6
FROM unnest($3::uuid[], $4::uuid[], $5::uuid[]) AS n (id, participant_id, visit_id);

-- name: list_locks(study_id)
-- The locks of a study that are seen from here, the newest first: what each holds, and how far its lifting has come.
SELECT k.id, k.scope, k.site_id, k.participant_id, y.code AS site, p.code AS participant, v.definition, v.occurrence,
       k.recorded_at, k.actor, k.reason, pro.now() AS now,
       (SELECT count(*) FROM pro.locked_visits AS h WHERE h.study_id = k.study_id AND h.lock_id = k.id) AS visits,
       a.actor AS asked_by, a.recorded_at AS asked_at, a.printed_name AS asked_name, a.reason AS asked_reason,
       l.actor AS lifted_by, l.recorded_at AS lifted_at, l.printed_name AS lifted_name, l.reason AS lifted_reason
FROM pro.locks AS k
LEFT JOIN pro.sites AS y ON y.study_id = k.study_id AND y.id = k.site_id
LEFT JOIN pro.participants AS p ON p.study_id = k.study_id AND p.id = k.participant_id
LEFT JOIN pro.visits AS v ON v.study_id = k.study_id AND v.id = k.visit_id
LEFT JOIN LATERAL (SELECT x.* FROM pro.lock_lifts AS x
                   WHERE x.study_id = k.study_id AND x.lock_id = k.id AND x.step = 'asked'
                   ORDER BY x.id DESC LIMIT 1) AS a ON true
LEFT JOIN pro.lock_lifts AS l ON l.study_id = k.study_id AND l.lock_id = k.id AND l.step = 'lifted'
WHERE k.study_id = $1 ORDER BY k.id DESC;

-- name: list_arrived(study_id, most)
-- What came for visits that are locked now, each since it was locked: how many answers and sittings, and the last of them;
-- the latest first. Never what was answered.
SELECT a.lock_id, a.code, a.definition, a.occurrence, a.answers, a.sittings, a.last_at, a.total
FROM pro.desk_arrived_while_locked($1, $2) AS a;

-- name: list_held_participants(study_id, lock_id)
-- Whose visits a lock holds.
SELECT DISTINCT h.participant_id FROM pro.locked_visits AS h WHERE h.study_id = $1 AND h.lock_id = $2;

-- name: insert_lift(study_id, id, lock_id, step, printed_name, actor, reason)
-- Keep a step of lifting a lock: asked for, or lifted. What was lifted before is refused.
INSERT INTO pro.lock_lifts (study_id, id, lock_id, step, printed_name, actor, reason)
VALUES ($1, $2, $3, $4, $5, $6, $7);

-- name: is_visit_locked(study_id, participant_id, assessment_id)
-- Whether the visit that asked is locked now.
SELECT EXISTS (SELECT FROM pro.assessments AS a
               JOIN pro.lock_spans AS k ON k.study_id = a.study_id AND k.visit_id = a.visit_id
               WHERE a.study_id = $1 AND a.id = $3 AND k.participant_id = $2 AND k.lifted_at IS NULL) AS locked;

-- name: list_locked_visits(study_id, participant_id)
-- The visits of a participant that are locked now, each since when, in the order in which they opened.
SELECT v.id AS visit_id, v.definition, v.occurrence, min(k.locked_at) AS locked_at
FROM pro.lock_spans AS k JOIN pro.visits AS v ON v.study_id = k.study_id AND v.id = k.visit_id
WHERE k.study_id = $1 AND k.participant_id = $2 AND k.lifted_at IS NULL
GROUP BY v.id, v.definition, v.occurrence, v.opens_at ORDER BY v.opens_at, v.id;
