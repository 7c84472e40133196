-- The same rule, in the order in which it is quick: the few texts that nobody has read first, and what belongs to
-- each looked up by its keys (OFFSET 0 keeps the planner to it). How few they are it cannot know, for it takes
-- being urgent and being unread for two things that have nothing to do with each other.
CREATE OR REPLACE VIEW pro.unread_warnings WITH (security_invoker = true) AS
SELECT i.study_id, i.id, i.received_at, u.participant_id
FROM (SELECT n.study_id, n.id, n.received_at, n.participant_id, n.line_id FROM pro.inbounds AS n
      WHERE n.urgent AND n.read_at IS NULL
        AND NOT EXISTS (SELECT FROM pro.alerts AS x WHERE x.study_id = n.study_id AND x.inbound_id = n.id)
      OFFSET 0) AS i
CROSS JOIN LATERAL (
    SELECT i.participant_id WHERE i.participant_id IS NOT NULL
    UNION ALL
    SELECT c.participant_id FROM pro.lines AS l
    JOIN pro.contact_points AS c ON c.study_id = l.study_id AND c.blind_index = l.their_index AND c.valid_to IS NULL
    WHERE i.participant_id IS NULL AND l.study_id = i.study_id AND l.id = i.line_id
    OFFSET 0
) AS u;

-- Urgent alerts that nobody has seen: looked for every minute, and few.
CREATE INDEX alerts_unseen ON pro.alerts (raised_at)
    WHERE seen_at IS NULL AND acted_at IS NULL AND severity = 'urgent';
