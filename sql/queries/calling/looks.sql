-- name: list_call_looks()
-- A batch of participants who are to be looked at for calls, a row for each visit that may want one, or one row
-- that names none; and when their next visit opens. How many a batch has is said to the planner, too: whatever
-- it knows of them, it looks each up by its keys.
WITH due AS MATERIALIZED (
    (SELECT r.study_id, r.participant_id FROM pro.participant_revisions AS r
     WHERE r.calls_at <= (SELECT pro.now()) ORDER BY r.calls_at LIMIT 100)
    UNION
    (SELECT k.study_id, k.participant_id FROM pro.looks_asked AS k ORDER BY k.study_id, k.id LIMIT 100)
)
SELECT d.study_id, d.participant_id, r.revision, p.protocol_version_id, t.zone, t.country, (SELECT pro.now()) AS now,
       (SELECT coalesce(array_agg(k.id), '{}') FROM pro.looks_asked AS k
        WHERE k.study_id = d.study_id AND k.participant_id = d.participant_id) AS asked,
       (SELECT min(x.opens_at) FROM pro.visits AS x
        WHERE x.study_id = d.study_id AND x.participant_id = d.participant_id AND x.superseded_at IS NULL
          AND NOT x.provisional AND x.opens_at > (SELECT pro.now())) AS next_opens_at,
       v.definition, v.opens_at, v.closes_at, v.sent
FROM due AS d
CROSS JOIN LATERAL (SELECT x.revision FROM pro.participant_revisions AS x
                    WHERE x.study_id = d.study_id AND x.participant_id = d.participant_id OFFSET 0) AS r
CROSS JOIN LATERAL (SELECT x.protocol_version_id FROM pro.participants AS x
                    WHERE x.study_id = d.study_id AND x.id = d.participant_id OFFSET 0) AS p
CROSS JOIN LATERAL (SELECT x.site_id FROM pro.participant_sites AS x
                    WHERE x.study_id = d.study_id AND x.participant_id = d.participant_id
                      AND x.valid_to IS NULL OFFSET 0) AS s
JOIN pro.sites AS t ON t.study_id = d.study_id AND t.id = s.site_id
LEFT JOIN LATERAL (
    SELECT o.definition, o.opens_at, o.closes_at,
           (SELECT count(*) FROM pro.reminders AS n
            WHERE n.study_id = o.study_id AND n.visit_id = o.id AND n.message_id IS NOT NULL) AS sent
    FROM pro.visits AS o
    WHERE o.study_id = d.study_id AND o.participant_id = d.participant_id
      AND o.superseded_at IS NULL AND NOT o.provisional AND o.opens_at <= (SELECT pro.now())
      -- Longer than the days of a safety visit that nobody answered run on after its window (at most 8).
      AND (o.closes_at IS NULL OR o.closes_at > (SELECT pro.now()) - interval '10 days')
      AND EXISTS (SELECT FROM pro.assessments AS a
                  WHERE a.study_id = o.study_id AND a.visit_id = o.id
                    AND a.submitted_at IS NULL AND a.declined_at IS NULL)
      -- An open call is waited for. What has no end is not asked about for ever: whoever was reached was reached.
      AND NOT EXISTS (SELECT FROM pro.call_tasks AS k
                      WHERE k.study_id = o.study_id AND k.participant_id = o.participant_id AND k.visit_id = o.id
                        AND (k.closed_at IS NULL OR o.closes_at IS NULL AND k.outcome LIKE 'reached%'))
    OFFSET 0) AS v ON true
ORDER BY d.study_id, d.participant_id;

-- name: record_call_looks(study_ids, participant_ids, revisions, looks_at, asked)
-- Note when to look again at participants about whom nothing has been written since they were looked at; says at
-- how many. Nobody is left alone for longer than a day, and not everybody's day ends at once.
WITH looked AS (
    SELECT l.study_id, l.participant_id, l.look_at
    FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::timestamptz[])
        AS l (study_id, participant_id, revision, look_at)
    JOIN pro.participant_revisions AS r
      ON r.study_id = l.study_id AND r.participant_id = l.participant_id AND r.revision = l.revision
    -- Whoever is being written about is left for the next round: nobody waits.
    FOR NO KEY UPDATE OF r SKIP LOCKED
),
noted AS (
    UPDATE pro.participant_revisions AS r
    SET calls_at = least(l.look_at, pro.now() + (1 + random()) * interval '12 hours')
    FROM looked AS l WHERE r.study_id = l.study_id AND r.participant_id = l.participant_id
    RETURNING r.study_id, r.participant_id
),
answered AS (
    DELETE FROM pro.looks_asked AS k USING noted AS n
    WHERE k.study_id = n.study_id AND k.participant_id = n.participant_id AND k.id = ANY ($5::bigint[])
)
SELECT count(*) AS noted FROM noted;
