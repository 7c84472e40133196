-- What a participant agrees to beside taking part (texts, data abroad, word to others) is given and taken back by
-- itself, and the record says so: a row with a part is what was said of that part on that day, and repeats the version
-- in force with the day it was signed. A row without one is a version of the form that was signed. As ever, the latest
-- row holds.
ALTER TABLE pro.consents
    ADD COLUMN part text CHECK (part IN ('messages', 'cross_border', 'caregiver')),
    ADD COLUMN said_on date,
    ADD CONSTRAINT part_is_said CHECK ((part IS NULL) = (said_on IS NULL));
COMMENT ON COLUMN pro.consents.part IS 'What the row is the word on; empty: on the version that was signed.';
COMMENT ON COLUMN pro.consents.said_on IS 'The day on which the part was given or taken back, where the participant lives.';

SELECT pro.list_audited('consents', ARRAY['study_id', 'id', 'participant_id', 'version', 'signed_on', 'messages',
    'cross_border', 'caregiver', 'recorded_at', 'actor', 'reason', 'part', 'said_on']);

CREATE FUNCTION pro.consent_rows(study uuid, participant uuid, list jsonb) RETURNS SETOF pro.consents
    LANGUAGE sql STABLE AS $$
    SELECT study, c.id, participant, c.version, c.signed_on, c.messages, c.cross_border, c.caregiver, pro.now(), c.actor,
           c.reason, c.part, c.said_on
    FROM jsonb_to_recordset(list) AS c (id uuid, version text, signed_on date, messages boolean,
        cross_border boolean, caregiver boolean, actor text, reason text, part text, said_on date)
$$;
