-- A data cut: a name for an instant of study time. What was recorded later is not in it, so an export of a cut is the
-- same whenever it is asked for. A name is given once, and stays with its instant.
CREATE TABLE pro.data_cuts (
    study_id uuid NOT NULL REFERENCES pro.studies (id),
    id uuid NOT NULL,
    name text NOT NULL CHECK (name ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$'),
    cut_at timestamptz NOT NULL,
    reason text NOT NULL CHECK (reason <> ''),
    recorded_at timestamptz NOT NULL DEFAULT pro.now(),
    actor text NOT NULL,
    PRIMARY KEY (study_id, id),
    UNIQUE (study_id, name),
    CHECK (cut_at <= recorded_at)
);
COMMENT ON COLUMN pro.data_cuts.cut_at IS 'Study time: what was recorded until then is in it, and nothing else.';
GRANT SELECT, INSERT ON pro.data_cuts TO pro_operator;
SELECT pro.audit_table('data_cuts', updatable => false, columns => ARRAY['study_id', 'id', 'name', 'cut_at', 'reason',
    'recorded_at', 'actor']);
