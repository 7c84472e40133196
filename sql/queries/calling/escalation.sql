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
