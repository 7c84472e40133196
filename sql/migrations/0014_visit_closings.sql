-- When a visit would have closed until its closing was moved, so that an export as of an earlier instant
-- tells its windows as they stood. `recorded_at` is the study time of the move.
CREATE TABLE pro.visit_closings (
    study_id uuid NOT NULL,
    id uuid NOT NULL,
    participant_id uuid NOT NULL,
    visit_id uuid NOT NULL,
    closes_at timestamptz,
    recorded_at timestamptz NOT NULL DEFAULT pro.now(),
    actor text NOT NULL,
    PRIMARY KEY (study_id, id),
    FOREIGN KEY (study_id, visit_id) REFERENCES pro.visits (study_id, id)
);
CREATE INDEX closings_of_visit ON pro.visit_closings (study_id, visit_id, id);

CREATE TRIGGER audit_insert AFTER INSERT ON pro.visit_closings
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION pro.audit_insert();
CREATE TRIGGER insert_only BEFORE UPDATE OR DELETE ON pro.visit_closings
    FOR EACH ROW EXECUTE FUNCTION pro.refuse_change();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON pro.visit_closings
    FOR EACH STATEMENT EXECUTE FUNCTION pro.refuse_change();

GRANT SELECT, INSERT ON pro.visit_closings TO pro_operator;
