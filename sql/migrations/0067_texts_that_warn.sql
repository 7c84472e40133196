-- Words that warn (rule R8). A text that names a sign of harm is read first, and where it says one it
-- raises an alert as an answer does: once a text, a participant and a rule, whatever copies come.
ALTER TABLE pro.inbounds ADD COLUMN urgent boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN pro.inbounds.urgent IS 'It names a sign of harm: somebody reads it first.';
ALTER TABLE pro.alerts ADD COLUMN uncertain_who boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN pro.alerts.uncertain_who IS
    'Raised by a text of a telephone that several use: nobody knows which of them wrote it.';
CREATE UNIQUE INDEX one_alert_a_text_and_rule ON pro.alerts (study_id, inbound_id, participant_id, rule)
    WHERE inbound_id IS NOT NULL;
CREATE INDEX urgent_texts_unread ON pro.inbounds (received_at) WHERE urgent AND read_at IS NULL;
CREATE INDEX calls_about_unread_texts ON pro.call_tasks (study_id, participant_id)
    WHERE reason = 'text_unread' AND closed_at IS NULL;

-- Urgent texts that nobody has read and no alert speaks of, with everybody who may have written them: an
-- alert is looked after by itself.
CREATE VIEW pro.unread_warnings WITH (security_invoker = true) AS
SELECT i.study_id, i.id, i.received_at, u.participant_id
FROM pro.inbounds AS i
JOIN pro.lines AS l ON l.study_id = i.study_id AND l.id = i.line_id
CROSS JOIN LATERAL (
    SELECT i.participant_id WHERE i.participant_id IS NOT NULL
    UNION ALL
    SELECT c.participant_id FROM pro.contact_points AS c
    WHERE i.participant_id IS NULL AND c.study_id = i.study_id AND c.blind_index = l.their_index
      AND c.valid_to IS NULL
) AS u
WHERE i.urgent AND i.read_at IS NULL
  AND NOT EXISTS (SELECT FROM pro.alerts AS x WHERE x.study_id = i.study_id AND x.inbound_id = i.id);
GRANT SELECT ON pro.unread_warnings TO pro_worker;

SELECT pro.list_audited('inbounds', ARRAY['study_id', 'id', 'line_id', 'participant_id', 'provider',
    'provider_id', 'body_sealed', 'body_key', 'media_count', 'disposition', 'command', 'reply_message_id',
    'received_at', 'read_at', 'read_by', 'recorded_at', 'actor', 'urgent']);
SELECT pro.list_audited('alerts', ARRAY['study_id', 'id', 'participant_id', 'assessment_id', 'inbound_id',
    'rule', 'severity', 'raised_at', 'seen_at', 'seen_by', 'acted_at', 'acted_by', 'action', 'recorded_at',
    'actor', 'uncertain_who']);
