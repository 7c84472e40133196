-- name: write_handover(study_id, participant_id, revision, write)
-- Hand a tablet over to a participant, or take one back, in their turn: no answer of another moment comes between.
-- `write` is one JSON document: handovers, steps. Either list may be empty.
WITH turn AS (
    UPDATE pro.participant_revisions SET revision = revision + 1
    WHERE study_id = $1 AND participant_id = $2 AND revision = $3
    RETURNING revision
),
doc AS (SELECT $4::jsonb AS d FROM turn),
handed AS (
    INSERT INTO pro.tablet_handovers (study_id, id, participant_id, site_id, visit_id, assessment_ids, code_sha256,
        link_key, idle_minutes, actor)
    SELECT $1, h.id, $2, h.site_id, h.visit_id, h.assessment_ids::uuid[], decode(h.code_sha256, 'hex'), h.link_key,
           h.idle_minutes, h.actor
    FROM doc, jsonb_to_recordset(d -> 'handovers') AS h (id uuid, site_id uuid, visit_id uuid, assessment_ids text[],
        code_sha256 text, link_key text, idle_minutes integer, actor text)
),
stepped AS (
    INSERT INTO pro.tablet_steps (study_id, id, participant_id, handover_id, step, actor)
    SELECT $1, s.id, $2, s.handover_id, s.step, s.actor
    FROM doc, jsonb_to_recordset(d -> 'steps') AS s (id uuid, handover_id uuid, step text, actor text)
)
SELECT pro.demand_fresh((SELECT count(*) FROM turn) = 1) AS fresh;

-- name: list_handovers(study_id, participant_id, valid, most)
-- The tablets handed over to a participant and what became of each, newest first; and how long the code of one that
-- nobody has opened still works.
SELECT h.id, h.visit_id, h.link_key, h.recorded_at, h.actor, o.tablet, o.recorded_at AS opened_at,
       EXISTS (SELECT FROM pro.tablet_steps AS c WHERE c.study_id = h.study_id AND c.handover_id = h.id
               AND c.step IN ('confirmed', 'confirmed_by_year')) AS confirmed,
       e.step AS ended, e.recorded_at AS ended_at, e.actor AS ended_by,
       CASE WHEN o.id IS NULL AND e.id IS NULL AND h.handed_at + $3::interval > clock_timestamp()
            THEN h.handed_at + $3::interval - clock_timestamp() END AS valid_for
FROM pro.tablet_handovers AS h
LEFT JOIN pro.tablet_steps AS o ON o.study_id = h.study_id AND o.handover_id = h.id AND o.step = 'opened'
LEFT JOIN pro.tablet_steps AS e ON e.study_id = h.study_id AND e.handover_id = h.id
    AND e.step NOT IN ('opened', 'confirmed', 'confirmed_by_year')
WHERE h.study_id = $1 AND h.participant_id = $2
ORDER BY h.id DESC LIMIT $4;

-- name: find_handover_by_code(code_sha256, valid)
-- The hand-over a typed code opens: nobody has opened it or ended it, and it is not older than a code is valid.
SELECT h.study_id, h.id, h.participant_id, h.idle_minutes
FROM pro.tablet_handovers AS h
WHERE h.code_sha256 = $1 AND h.handed_at > clock_timestamp() - $2::interval
  AND NOT EXISTS (SELECT FROM pro.tablet_steps AS s WHERE s.study_id = h.study_id AND s.handover_id = h.id);

-- name: open_handover(study_id, handover_id, participant_id, session_sha256, idle_after, step_id, tablet, actor)
-- A browser opens a hand-over, once: a second one fails at the row of the first.
WITH stepped AS (
    INSERT INTO pro.tablet_steps (study_id, id, participant_id, handover_id, step, tablet, actor)
    VALUES ($1, $6, $3, $2, 'opened', $7, $8)
)
INSERT INTO pro.tablet_sessions (id_sha256, study_id, handover_id, idle_at)
VALUES ($4, $1, $2, clock_timestamp() + $5::interval);

-- name: find_tablet(session_sha256)
-- What the browser of a session may show: the hand-over that it opened, while it is not left untouched or ended. Once
-- sent in it stays until it is given back, for what must still be read. Looking is touching it.
WITH touched AS (
    UPDATE pro.tablet_sessions AS n SET idle_at = clock_timestamp() + make_interval(mins => h.idle_minutes)
    FROM pro.tablet_handovers AS h
    WHERE n.id_sha256 = $1 AND n.ended_at IS NULL AND n.idle_at > clock_timestamp()
      AND h.study_id = n.study_id AND h.id = n.handover_id
      AND NOT EXISTS (SELECT FROM pro.tablet_steps AS e WHERE e.study_id = h.study_id AND e.handover_id = h.id
                      AND e.step IN ('given_back', 'idle', 'taken_back', 'replaced'))
    RETURNING h.study_id, h.id, h.participant_id, h.visit_id, h.assessment_ids, h.link_key, h.actor
)
SELECT h.study_id, h.id, h.participant_id, h.visit_id, h.assessment_ids, h.link_key, h.actor AS handed_by,
       ARRAY(SELECT s.step FROM pro.tablet_steps AS s WHERE s.study_id = h.study_id AND s.handover_id = h.id) AS steps,
       ARRAY(SELECT t.id FROM pro.attempts AS t WHERE t.study_id = h.study_id AND t.handover_id = h.id) AS sittings
FROM touched AS h;

-- name: insert_tablet_step(study_id, id, participant_id, handover_id, step, actor)
-- Record what became of a hand-over; what was recorded before stays.
INSERT INTO pro.tablet_steps (study_id, id, participant_id, handover_id, step, actor)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT DO NOTHING;

-- name: end_tablet_session(session_sha256)
-- The browser opens nothing any more.
UPDATE pro.tablet_sessions SET ended_at = clock_timestamp() WHERE id_sha256 = $1 AND ended_at IS NULL;

-- name: list_idle_tablets(most)
-- Tablets that lie untouched for longer than they may, and nobody has noted it yet.
SELECT n.study_id, h.participant_id, n.handover_id
FROM pro.tablet_sessions AS n
JOIN pro.tablet_handovers AS h ON h.study_id = n.study_id AND h.id = n.handover_id
WHERE n.ended_at IS NULL AND n.idle_at <= clock_timestamp()
ORDER BY n.idle_at LIMIT $1;

-- name: end_idle_tablet(study_id, participant_id, handover_id, step_id, actor)
-- End a tablet that lies untouched; where it was ended otherwise before, only its browser's session.
WITH over AS (
    UPDATE pro.tablet_sessions SET ended_at = clock_timestamp()
    WHERE study_id = $1 AND handover_id = $3 AND ended_at IS NULL AND idle_at <= clock_timestamp()
    RETURNING handover_id
)
INSERT INTO pro.tablet_steps (study_id, id, participant_id, handover_id, step, actor)
SELECT $1, $4, $2, handover_id, 'idle', $5 FROM over
ON CONFLICT DO NOTHING;
