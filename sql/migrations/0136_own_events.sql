-- What else happened (rule R24): events of the protocol's own kinds, entered by staff. An event is its revisions, of
-- which the last stands: what was entered is never changed. No words: what is told in words is a note.
CREATE TABLE pro.own_events (
    study_id uuid NOT NULL,
    id uuid NOT NULL,
    participant_id uuid NOT NULL,
    event_id uuid NOT NULL,
    revision integer NOT NULL CHECK (revision >= 1),
    kind text NOT NULL,
    target text CHECK (target IN ('left_knee', 'right_knee')),
    began_on date NOT NULL,
    ended_on date,
    dose numeric CHECK (dose > 0),
    dose_unit text,
    struck boolean NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT pro.now(),
    actor text NOT NULL,
    PRIMARY KEY (study_id, id),
    UNIQUE (study_id, event_id, revision),
    FOREIGN KEY (study_id, participant_id) REFERENCES pro.participants (study_id, id),
    CHECK (ended_on >= began_on),
    CHECK ((dose IS NULL) = (dose_unit IS NULL))
);
COMMENT ON COLUMN pro.own_events.event_id IS 'The event, of all its revisions: the id of the first.';
COMMENT ON COLUMN pro.own_events.began_on IS 'The day it happened, or its first day, in the participant''s zone.';
COMMENT ON COLUMN pro.own_events.ended_on IS 'The last day of what lasts. Empty: it goes on, or has one day only.';
COMMENT ON COLUMN pro.own_events.struck IS 'It was entered by mistake, and did not happen.';
CREATE INDEX own_events_of_participant ON pro.own_events (study_id, participant_id);

ALTER TABLE pro.own_events ENABLE ROW LEVEL SECURITY;
ALTER TABLE pro.own_events FORCE ROW LEVEL SECURITY;
CREATE POLICY program ON pro.own_events TO pro_owner, pro_operator USING (true) WITH CHECK (true);
CREATE POLICY clerk_reads ON pro.own_events FOR SELECT TO pro_clerk USING (true);
CREATE POLICY desk ON pro.own_events FOR SELECT TO pro_desk
    USING (pro.desk_may_see(study_id, participant_id, recorded_at));
CREATE POLICY desk_may_make ON pro.own_events FOR INSERT TO pro_clerk
    WITH CHECK (pro.desk_may_write(study_id, participant_id));
GRANT SELECT ON pro.own_events TO pro_operator, pro_desk, pro_clerk;
GRANT INSERT ON pro.own_events TO pro_clerk;

SELECT pro.audit_table('own_events', updatable => false, columns => ARRAY['study_id', 'id', 'participant_id',
    'event_id', 'revision', 'kind', 'target', 'began_on', 'ended_on', 'dose', 'dose_unit', 'struck', 'recorded_at',
    'actor']);
