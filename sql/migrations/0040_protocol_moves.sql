-- Under which protocol version a participant was, and since when, so that an export as of an earlier instant
-- names and uses the one of then. `participants.protocol_version_id` stays the present one. What enrolment
-- wrote is the first row, under the participant's own id.
CREATE TABLE pro.participant_protocols (
    study_id uuid NOT NULL,
    id uuid NOT NULL,
    participant_id uuid NOT NULL,
    protocol_version_id uuid NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT pro.now(),
    actor text NOT NULL,
    reason text NOT NULL CHECK (reason <> ''),
    PRIMARY KEY (study_id, id),
    FOREIGN KEY (study_id, participant_id) REFERENCES pro.participants (study_id, id),
    FOREIGN KEY (study_id, protocol_version_id) REFERENCES pro.protocol_versions (study_id, id)
);
CREATE INDEX protocols_of_participant ON pro.participant_protocols (study_id, participant_id, id);

INSERT INTO pro.participant_protocols (study_id, id, participant_id, protocol_version_id, recorded_at, actor,
    reason)
SELECT p.study_id, p.id, p.id, p.protocol_version_id, p.recorded_at, p.actor, 'enrolled'
FROM pro.participants AS p;

GRANT SELECT, INSERT ON pro.participant_protocols TO pro_operator;
GRANT UPDATE (protocol_version_id) ON pro.participants TO pro_operator;

SELECT pro.audit_table('participant_protocols', updatable => false, columns => ARRAY['study_id', 'id',
    'participant_id', 'protocol_version_id', 'recorded_at', 'actor', 'reason']);

-- Why a site enrols under another version.
ALTER TABLE pro.site_protocols ADD COLUMN reason text;
SELECT pro.list_audited('site_protocols', ARRAY['study_id', 'id', 'site_id', 'protocol_version_id',
    'effective_from', 'recorded_at', 'actor', 'reason']);
