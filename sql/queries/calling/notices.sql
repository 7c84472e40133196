-- name: list_alerts_to_tell(limit, lease)
-- Participants with urgent alerts that no investigator has assessed, whose protocol says who is told: the newest alert,
-- until when somebody holds it, and who was told so far. A claim older than the lease is of unknown fate.
SELECT x.study_id, x.id, x.participant_id, p.protocol_version_id, ps.site_id, x.raised_at, pro.now() AS now,
       (SELECT t.held_until FROM pro.alert_takes AS t
        WHERE t.study_id = x.study_id AND t.participant_id = x.participant_id AND t.taken_at >= x.raised_at
        ORDER BY t.id DESC LIMIT 1) AS held_until,
       (SELECT coalesce(jsonb_agg(jsonb_build_object(
                            'person', n.staff_id, 'ladder_at', n.ladder_at, 'step', n.step, 'try', n.try,
                            'made_at', n.made_at, 'state', CASE
                                WHEN s.state = 'claimed' AND s.recorded_at <= clock_timestamp() - $2::interval
                                THEN 'ambiguous' ELSE s.state END) ORDER BY n.id), '[]')
        FROM pro.notices AS n
        JOIN LATERAL (SELECT c.state, c.recorded_at FROM pro.notice_steps AS c
                      WHERE c.study_id = n.study_id AND c.notice_id = n.id ORDER BY c.id DESC LIMIT 1) AS s ON true
        WHERE n.study_id = x.study_id AND n.participant_id = x.participant_id
          AND n.ladder_at >= x.raised_at) AS told
FROM (SELECT o.study_id, o.participant_id, max(o.raised_at) AS raised_at,
             (array_agg(o.id ORDER BY o.raised_at DESC, o.id))[1] AS id
      FROM (SELECT a.study_id, a.id, a.participant_id, a.raised_at FROM pro.alerts AS a
            WHERE a.acted_at IS NULL AND a.severity = 'urgent' OFFSET 0) AS o
      WHERE NOT EXISTS (SELECT FROM pro.alert_assessments AS s WHERE s.study_id = o.study_id AND s.alert_id = o.id)
      GROUP BY o.study_id, o.participant_id) AS x
JOIN pro.participants AS p ON p.study_id = x.study_id AND p.id = x.participant_id
JOIN pro.protocol_versions AS w ON w.study_id = p.study_id AND w.id = p.protocol_version_id
JOIN pro.participant_sites AS ps
  ON ps.study_id = p.study_id AND ps.participant_id = p.id AND ps.valid_to IS NULL
WHERE jsonb_typeof(w.document #> '{coming,escalation}') = 'object'
ORDER BY x.study_id, x.raised_at, x.id LIMIT $1;

-- name: list_senders_for_notices(study_id, site_id)
-- Our addresses from which staff of a site may be written to, the nearest first.
SELECT s.id, s.provider, s.address FROM pro.senders_in_use AS s
WHERE s.study_id = $1 AND (s.site_id IS NULL OR s.site_id = $2)
ORDER BY s.site_id IS NULL, s.id;

-- name: claim_notice(study_id, id, participant_id, alert_id, site_id, staff_id, ladder_at, step, try, step_id, actor)
-- Begin to tell somebody, once: no row where another worker did, or it is assessed or taken meanwhile.
WITH made AS (
    INSERT INTO pro.notices (study_id, id, participant_id, alert_id, site_id, staff_id, ladder_at, step, try, actor)
    SELECT x.study_id, $2, x.participant_id, x.id, $5, $6, $7, $8, $9, $11
    FROM pro.alerts AS x
    WHERE x.study_id = $1 AND x.participant_id = $3 AND x.id = $4 AND x.acted_at IS NULL
      AND NOT EXISTS (SELECT FROM pro.alert_assessments AS s WHERE s.study_id = $1 AND s.alert_id = $4)
      AND NOT EXISTS (SELECT FROM pro.alert_takes AS t
                      WHERE t.study_id = $1 AND t.participant_id = $3 AND t.taken_at >= x.raised_at
                        AND t.held_until > pro.now())
    ON CONFLICT (study_id, alert_id, ladder_at, step, staff_id, try) DO NOTHING
    RETURNING study_id, id
), stored AS (
    INSERT INTO pro.notice_steps (study_id, id, notice_id, state, actor)
    SELECT m.study_id, $10, m.id, 'claimed', $11 FROM made AS m
    RETURNING notice_id
)
SELECT notice_id FROM stored;

-- name: record_notice_step(study_id, notice_id, id, state, actor)
-- What became of a notice.
INSERT INTO pro.notice_steps (study_id, id, notice_id, state, actor) VALUES ($1, $3, $2, $4, $5);
