-- name: list_phone_texts(study_id, their_address, after_id)
-- The texts of one phone, both ways, oldest first, with the study time at which each went. What the provider
-- could not deliver never came.
SELECT t.id, t.direction = 'from_phone' AS sent, t.body,
       coalesce(m.claimed_at, m.recorded_at, i.received_at, t.accepted_at + (pro.now() - now())) AS at
FROM simulator.texts AS t
LEFT JOIN pro.messages AS m ON m.study_id = $1 AND m.id = t.reference
LEFT JOIN pro.inbounds AS i ON i.study_id = $1 AND i.provider_id = t.id::text
WHERE t.their_address = $2 AND ($3::uuid IS NULL OR t.id > $3)
  AND (m.state IN ('undelivered', 'failed')) IS NOT TRUE
ORDER BY t.id;

-- name: find_next_event(study_id)
-- What falls due next in study time: a nudge unless sending is held, or the closing of a visit somebody has
-- not answered.
WITH nudges AS (
    SELECT r.due_at AS at, 'reminder' AS kind, p.code, v.definition
    FROM pro.reminders AS r
    JOIN pro.participants AS p ON p.study_id = r.study_id AND p.id = r.participant_id
    JOIN pro.visits AS v ON v.study_id = r.study_id AND v.id = r.visit_id
    WHERE r.study_id = $1 AND r.ended_at IS NULL AND NOT (SELECT pro.sending_is_held())
    ORDER BY r.due_at, p.code LIMIT 1
),
closings AS (
    SELECT v.closes_at AS at, 'closing' AS kind, p.code, v.definition
    FROM pro.visits AS v
    JOIN pro.participants AS p ON p.study_id = v.study_id AND p.id = v.participant_id
    WHERE v.study_id = $1 AND v.superseded_at IS NULL AND NOT v.provisional
      AND v.closes_at > pro.now()
      AND EXISTS (SELECT FROM pro.assessments AS a
                  WHERE a.study_id = v.study_id AND a.visit_id = v.id
                    AND a.submitted_at IS NULL AND a.declined_at IS NULL)
      AND NOT EXISTS (SELECT FROM pro.events AS e
                      WHERE e.study_id = v.study_id AND e.participant_id = v.participant_id
                        AND e.kind = 'death' AND e.occurred_at IS NOT NULL)
    ORDER BY v.closes_at, p.code LIMIT 1
)
SELECT at, kind, code, definition FROM nudges
UNION ALL
SELECT at, kind, code, definition FROM closings
ORDER BY at LIMIT 1;

-- name: list_happenings(study_id, since, limit)
-- What has happened after an instant of study time, latest first; `total` counts all of its kind.
WITH happened AS (
    SELECT m.claimed_at AS at, 'text' AS kind, m.participant_id, m.template AS what
    FROM pro.messages AS m
    WHERE m.study_id = $1 AND m.claimed_at > $2 AND m.kind = 'reminder'
    UNION ALL
    SELECT i.received_at, 'reply', i.participant_id, i.disposition
    FROM pro.inbounds AS i WHERE i.study_id = $1 AND i.received_at > $2
    UNION ALL
    SELECT a.raised_at, 'alert', a.participant_id, a.rule
    FROM pro.alerts AS a WHERE a.study_id = $1 AND a.raised_at > $2
    UNION ALL
    SELECT k.created_at, 'call', k.participant_id, k.reason
    FROM pro.call_tasks AS k WHERE k.study_id = $1 AND k.created_at > $2
    UNION ALL
    SELECT max(s.submitted_at), 'answered', s.participant_id, v.definition
    FROM pro.assessments AS s
    JOIN pro.visits AS v ON v.study_id = s.study_id AND v.id = s.visit_id
    WHERE s.study_id = $1 AND s.submitted_at > $2
    GROUP BY s.participant_id, v.id, v.definition
    UNION ALL
    SELECT v.closes_at, 'closing', v.participant_id, v.definition
    FROM pro.visits AS v
    WHERE v.study_id = $1 AND v.closes_at > $2 AND v.closes_at <= pro.now()
      AND v.superseded_at IS NULL AND NOT v.provisional
      AND EXISTS (SELECT FROM pro.assessments AS a
                  WHERE a.study_id = v.study_id AND a.visit_id = v.id)
      AND NOT EXISTS (SELECT FROM pro.events AS e
                      WHERE e.study_id = v.study_id AND e.participant_id = v.participant_id
                        AND e.kind = 'death' AND e.occurred_at IS NOT NULL)
)
SELECT h.at, h.kind, coalesce(p.code, '') AS code, h.what,
       count(*) OVER (PARTITION BY h.kind) AS total
FROM happened AS h
LEFT JOIN pro.participants AS p ON p.study_id = $1 AND p.id = h.participant_id
ORDER BY h.at DESC, h.kind, p.code LIMIT $3;
