-- What staff write down about a participant that belongs to nothing else in the record: that she prefers
-- mornings, that the lift is broken. The words are a note, sealed; this says that they stand for themselves.
CREATE TABLE pro.remarks (
    study_id uuid NOT NULL,
    id uuid NOT NULL,
    participant_id uuid NOT NULL,
    said text NOT NULL CHECK (pro.note_of(said) IS NOT NULL),
    recorded_at timestamptz NOT NULL DEFAULT pro.now(),
    actor text NOT NULL,
    PRIMARY KEY (study_id, id),
    FOREIGN KEY (study_id, participant_id) REFERENCES pro.participants (study_id, id)
);
CREATE INDEX remarks_of_participant ON pro.remarks (study_id, participant_id);

ALTER TABLE pro.remarks ENABLE ROW LEVEL SECURITY;
ALTER TABLE pro.remarks FORCE ROW LEVEL SECURITY;
CREATE POLICY program ON pro.remarks TO pro_owner, pro_operator USING (true) WITH CHECK (true);
CREATE POLICY desk ON pro.remarks FOR SELECT TO pro_desk
    USING (pro.desk_may_see(study_id, participant_id, recorded_at));
CREATE POLICY desk_may_make ON pro.remarks FOR INSERT TO pro_clerk
    WITH CHECK (pro.desk_may_write(study_id, participant_id));
GRANT SELECT ON pro.remarks TO pro_operator, pro_desk;
GRANT INSERT ON pro.remarks TO pro_operator, pro_clerk;

SELECT pro.audit_table('remarks', updatable => false, columns => ARRAY['study_id', 'id', 'participant_id',
    'said', 'recorded_at', 'actor']);
