-- A visit that staff moved to another day of its window stays there while its window stands: an event or a status
-- recorded later dates it anew only where it dates the window anew.
CREATE TABLE pro.visit_moves (
    study_id uuid NOT NULL,
    id uuid NOT NULL,
    participant_id uuid NOT NULL,
    visit_id uuid NOT NULL,
    moved_from date NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT pro.now(),
    actor text NOT NULL,
    reason text NOT NULL CHECK (reason <> ''),
    PRIMARY KEY (study_id, id),
    FOREIGN KEY (study_id, participant_id) REFERENCES pro.participants (study_id, id),
    FOREIGN KEY (study_id, visit_id) REFERENCES pro.visits (study_id, id)
);
COMMENT ON COLUMN pro.visit_moves.visit_id IS 'The visit as it is dated since.';
CREATE INDEX moves_of_participant ON pro.visit_moves (study_id, participant_id);

ALTER TABLE pro.visit_moves ENABLE ROW LEVEL SECURITY;
ALTER TABLE pro.visit_moves FORCE ROW LEVEL SECURITY;
CREATE POLICY program ON pro.visit_moves TO pro_owner, pro_operator USING (true) WITH CHECK (true);
CREATE POLICY clerk_reads ON pro.visit_moves FOR SELECT TO pro_clerk USING (true);
CREATE POLICY desk_may_make ON pro.visit_moves FOR INSERT TO pro_clerk
    WITH CHECK (pro.desk_may_write(study_id, participant_id));
GRANT SELECT, INSERT ON pro.visit_moves TO pro_operator, pro_clerk;

SELECT pro.audit_table('visit_moves', updatable => false, columns => ARRAY['study_id', 'id', 'participant_id',
    'visit_id', 'moved_from', 'recorded_at', 'actor', 'reason']);
