-- What keeps a member of staff from entering answers, whatever their role (rule R6): whoever injects, rates or
-- knows the allocation. Each row is a word on one duty, the last one counts. Insert-only.
CREATE TABLE pro.staff_duties (
    study_id uuid NOT NULL,
    id uuid NOT NULL,
    staff_id uuid NOT NULL,
    duty text NOT NULL CHECK (duty IN ('injects', 'rates', 'knows_allocation')),
    held boolean NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT pro.now(),
    actor text NOT NULL,
    reason text NOT NULL CHECK (reason <> ''),
    PRIMARY KEY (study_id, id),
    FOREIGN KEY (study_id, staff_id) REFERENCES pro.staff (study_id, id)
);
CREATE INDEX duties_of_staff ON pro.staff_duties (study_id, staff_id, duty, id);
SELECT pro.audit_table('staff_duties', updatable => false, columns => ARRAY['study_id', 'id', 'staff_id', 'duty',
    'held', 'recorded_at', 'actor', 'reason']);
GRANT SELECT, INSERT ON pro.staff_duties TO pro_operator;
GRANT SELECT ON pro.staff_duties TO pro_clerk;
