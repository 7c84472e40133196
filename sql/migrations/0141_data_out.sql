-- What leaves the service as a file stands in the record: who took what out, when, narrowed by what, and how many
-- rows. Cards have showings of their own (0076).
CREATE TABLE pro.data_out (
    study_id uuid NOT NULL REFERENCES pro.studies (id),
    id uuid NOT NULL,
    what text NOT NULL CHECK (what <> ''),
    -- As an address or a command says it; empty: nothing was left out.
    narrowed_by text NOT NULL,
    row_count integer NOT NULL CHECK (row_count >= 0),
    recorded_at timestamptz NOT NULL DEFAULT pro.now(),
    actor text NOT NULL,
    PRIMARY KEY (study_id, id)
);
COMMENT ON TABLE pro.data_out IS 'Every file of study data that was taken out, at the desk or by a command.';

ALTER TABLE pro.data_out ENABLE ROW LEVEL SECURITY;
ALTER TABLE pro.data_out FORCE ROW LEVEL SECURITY;
CREATE POLICY program ON pro.data_out TO pro_owner, pro_operator USING (true) WITH CHECK (true);
CREATE POLICY desk_takes ON pro.data_out FOR INSERT TO pro_desk
    WITH CHECK (cardinality(pro.visible_site_ids()) > 0
                AND actor = nullif(current_setting('pro.actor', true), ''));
GRANT SELECT, INSERT ON pro.data_out TO pro_operator;
GRANT INSERT ON pro.data_out TO pro_desk;

SELECT pro.audit_table('data_out', updatable => false, columns => ARRAY['study_id', 'id', 'what', 'narrowed_by',
    'row_count', 'recorded_at', 'actor']);
