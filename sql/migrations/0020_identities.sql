-- What identifies a participant beside a number: sealed under their own key. Insert-only; the latest row
-- of a kind holds. The pages compare what is typed with it; the desk has no right to it at all.
CREATE TABLE pro.identities (
    study_id uuid NOT NULL,
    id uuid NOT NULL,
    participant_id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('year_of_birth')),
    value_sealed bytea NOT NULL,
    value_key text NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT pro.now(),
    actor text NOT NULL,
    reason text,
    PRIMARY KEY (study_id, id),
    FOREIGN KEY (study_id, participant_id) REFERENCES pro.participants (study_id, id)
);
CREATE INDEX identities_of_participant ON pro.identities (study_id, participant_id, kind, id);

CREATE TRIGGER audit_insert AFTER INSERT ON pro.identities REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION pro.audit_insert();
CREATE TRIGGER insert_only BEFORE UPDATE OR DELETE ON pro.identities
    FOR EACH ROW EXECUTE FUNCTION pro.refuse_change();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON pro.identities
    FOR EACH STATEMENT EXECUTE FUNCTION pro.refuse_change();
ALTER TABLE pro.identities ENABLE ROW LEVEL SECURITY;
ALTER TABLE pro.identities FORCE ROW LEVEL SECURITY;
CREATE POLICY program ON pro.identities TO pro_owner, pro_participant, pro_operator
    USING (true) WITH CHECK (true);
GRANT SELECT ON pro.identities TO pro_participant, pro_operator;
GRANT INSERT ON pro.identities TO pro_operator;
