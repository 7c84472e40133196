-- Several providers in one process. A sender belongs to one for good; an address that changes its provider gets
-- a sender there, and a move says from which to which. New texts go out from those that were not moved away;
-- what went before keeps its sender, so a row's provider decides its retries, look-ups, receipts and replies.
CREATE TABLE pro.sender_moves (
    study_id uuid NOT NULL,
    id uuid NOT NULL,
    from_id uuid NOT NULL,
    to_id uuid NOT NULL CHECK (to_id <> from_id),
    recorded_at timestamptz NOT NULL DEFAULT pro.now(),
    actor text NOT NULL,
    reason text NOT NULL,
    PRIMARY KEY (study_id, id),
    FOREIGN KEY (study_id, from_id) REFERENCES pro.senders (study_id, id),
    FOREIGN KEY (study_id, to_id) REFERENCES pro.senders (study_id, id)
);
COMMENT ON TABLE pro.sender_moves IS 'From which sender to which new texts went over; the last about a sender holds.';
SELECT pro.audit_table('sender_moves', updatable => false, columns => ARRAY['study_id', 'id', 'from_id', 'to_id',
    'recorded_at', 'actor', 'reason']);
GRANT SELECT ON pro.sender_moves TO pro_participant, pro_provider, pro_worker, pro_operator, pro_clerk;
GRANT INSERT ON pro.sender_moves TO pro_operator;

-- Until now a move only added a second sender of the same address, and PRO_GATEWAY chose between them. The one
-- that sent last is in use; where none ever sent, the one added last. (An older id than any later move's.)
SELECT set_config('pro.actor', 'service:migration', true),
       set_config('pro.reason', 'moved before senders could be in use side by side', true);
INSERT INTO pro.sender_moves (study_id, id, from_id, to_id, actor, reason)
SELECT s.study_id, s.id, s.id, used.id, 'service:migration', 'moved before senders could be in use side by side'
FROM pro.senders AS s
CROSS JOIN LATERAL (
    SELECT o.id FROM pro.senders AS o
    WHERE o.study_id = s.study_id AND o.address = s.address
    ORDER BY (SELECT max(m.id::text) FROM pro.lines AS l
              JOIN pro.messages AS m ON m.study_id = l.study_id AND m.line_id = l.id
              WHERE l.study_id = o.study_id AND l.sender_id = o.id) DESC NULLS LAST, o.id DESC
    LIMIT 1
) AS used
WHERE used.id <> s.id;

-- The senders new texts may go out from.
CREATE VIEW pro.senders_in_use WITH (security_invoker = true) AS
SELECT s.study_id, s.id, s.channel, s.provider, s.address, s.site_id
FROM pro.senders AS s
WHERE NOT coalesce((
    SELECT m.from_id = s.id FROM pro.sender_moves AS m
    WHERE m.study_id = s.study_id AND s.id IN (m.from_id, m.to_id)
    ORDER BY m.id DESC LIMIT 1), false);
GRANT SELECT ON pro.senders_in_use TO pro_participant, pro_provider, pro_worker, pro_operator, pro_clerk;

-- The site a participant is at, with the sender that speaks for it through each provider: its own, else the
-- study's, else one shared with another site; the nearest first.
DROP FUNCTION pro.present_site(uuid, uuid);
CREATE FUNCTION pro.present_site(study uuid, participant uuid)
    RETURNS TABLE (id uuid, code text, zone text, telephone text, emergency_number text, country text,
                   senders json)
    LANGUAGE sql STABLE AS $$
    SELECT t.id, t.code, t.zone, t.telephone, t.emergency_number, t.country,
           (SELECT coalesce(json_agg(json_build_object('id', n.id, 'provider', n.provider,
                                                       'address', n.address) ORDER BY n.distance, n.id), '[]')
            FROM (SELECT DISTINCT ON (s.provider) s.id, s.provider, s.address,
                         CASE WHEN s.site_id = t.id THEN 0 WHEN s.site_id IS NULL THEN 1 ELSE 2 END AS distance
                  FROM pro.senders_in_use AS s WHERE s.study_id = study
                  ORDER BY s.provider, distance, s.id) AS n)
    FROM pro.participant_sites AS ps
    JOIN pro.sites AS t ON t.study_id = ps.study_id AND t.id = ps.site_id
    WHERE ps.study_id = study AND ps.participant_id = participant AND ps.valid_to IS NULL
$$;
