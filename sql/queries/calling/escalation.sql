-- name: list_unseen_alerts(limit)
-- Participants with an urgent alert nobody has seen for as long as their protocol allows, and no call
-- made for it since.
SELECT DISTINCT x.study_id, x.participant_id
FROM (SELECT a.study_id, a.participant_id, a.raised_at FROM pro.alerts AS a
      WHERE a.seen_at IS NULL AND a.acted_at IS NULL AND a.severity = 'urgent' OFFSET 0) AS x
-- Few are unseen: what tells whether it is time is looked up for each.
CROSS JOIN LATERAL (
    SELECT (w.document #>> '{safety,escalate_after_hours}')::integer AS hours
    FROM pro.participants AS p
    JOIN pro.protocol_versions AS w ON w.study_id = p.study_id AND w.id = p.protocol_version_id
    WHERE p.study_id = x.study_id AND p.id = x.participant_id
      AND NOT EXISTS (SELECT FROM pro.call_tasks AS k
                      WHERE k.study_id = x.study_id AND k.participant_id = x.participant_id
                        AND k.reason = 'alert_unseen'
                        AND (k.closed_at IS NULL OR k.created_at >= x.raised_at))
    OFFSET 0) AS late
WHERE x.raised_at + make_interval(hours => late.hours) <= (SELECT pro.now())
ORDER BY x.study_id, x.participant_id LIMIT $1;

-- name: list_unassessed_alerts(serious, limit)
-- Participants with an urgent alert that no investigator has assessed for as long as their protocol allows since
-- it was raised, or since the last call about their alerts was closed. Rules listed as serious wait for no hours
-- before the first call. None while such a call is open.
SELECT DISTINCT x.study_id, x.participant_id
FROM (SELECT a.study_id, a.id, a.participant_id, a.raised_at, a.rule = ANY ($1::text[]) AS serious
      FROM pro.alerts AS a
      WHERE a.acted_at IS NULL AND a.severity = 'urgent' OFFSET 0) AS x
-- Few are open: what tells whether it is time is looked up for each.
CROSS JOIN LATERAL (
    SELECT make_interval(hours => (w.document #>> '{safety,escalate_after_hours}')::integer) AS wait,
           k.closed_at, k.made
    FROM pro.participants AS p
    JOIN pro.protocol_versions AS w ON w.study_id = p.study_id AND w.id = p.protocol_version_id
    CROSS JOIN LATERAL (
        SELECT max(c.closed_at) AS closed_at, bool_or(c.closed_at IS NULL) AS open,
               coalesce(bool_or(c.created_at >= x.raised_at), false) AS made
        FROM pro.call_tasks AS c
        WHERE c.study_id = x.study_id AND c.participant_id = x.participant_id
          AND c.reason IN ('alert_unseen', 'alert_unassessed')) AS k
    WHERE p.study_id = x.study_id AND p.id = x.participant_id AND k.open IS NOT TRUE
      AND NOT EXISTS (SELECT FROM pro.alert_assessments AS s
                      WHERE s.study_id = x.study_id AND s.alert_id = x.id)
    OFFSET 0) AS late
WHERE x.serious AND NOT late.made
   OR greatest(x.raised_at, late.closed_at) + late.wait <= (SELECT pro.now())
ORDER BY x.study_id, x.participant_id LIMIT $2;

-- name: list_unread_warnings(limit)
-- Participants of whom a text that names a sign and raised no alert has been read by nobody for as long as
-- their protocol allows, and no call made for it since.
SELECT DISTINCT u.study_id, u.participant_id
FROM pro.unread_warnings AS u
-- Few are unread: what tells whether it is time is looked up for each.
CROSS JOIN LATERAL (
    SELECT (w.document #>> '{safety,escalate_after_hours}')::integer AS hours
    FROM pro.participants AS p
    JOIN pro.protocol_versions AS w ON w.study_id = p.study_id AND w.id = p.protocol_version_id
    WHERE p.study_id = u.study_id AND p.id = u.participant_id
      AND NOT EXISTS (SELECT FROM pro.call_tasks AS k
                      WHERE k.study_id = u.study_id AND k.participant_id = u.participant_id
                        AND k.reason = 'text_unread'
                        AND (k.closed_at IS NULL OR k.created_at >= u.received_at))
    OFFSET 0) AS late
WHERE u.received_at + make_interval(hours => late.hours) <= (SELECT pro.now())
ORDER BY u.study_id, u.participant_id LIMIT $1;

-- name: close_calls_read()
-- End the calls about texts that somebody has read meanwhile.
UPDATE pro.call_tasks AS k SET closed_at = pro.now(), closed_by = 'service', outcome = 'text read'
WHERE k.reason = 'text_unread' AND k.closed_at IS NULL
  AND NOT EXISTS (SELECT FROM pro.unread_warnings AS u
                  WHERE u.study_id = k.study_id AND u.participant_id = k.participant_id)
RETURNING k.id;
