-- The analysis plan of a study (R4): a file of its own, kept by its content, and which version has been in
-- force since when. One holds for the whole study, whichever protocol version a participant is under.
CREATE TABLE pro.analysis_plans (
    study_id uuid NOT NULL REFERENCES pro.studies (id),
    id uuid NOT NULL,
    content_sha256 text NOT NULL CHECK (content_sha256 ~ '^[0-9a-f]{64}$'),
    label text NOT NULL CHECK (label <> ''),
    source text NOT NULL,
    document jsonb NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT pro.now(),
    actor text NOT NULL,
    reason text NOT NULL CHECK (reason <> ''),
    PRIMARY KEY (study_id, id),
    UNIQUE (study_id, content_sha256)
);

-- The newest row holds; an export as of an earlier instant computes by the one that held then.
CREATE TABLE pro.plans_in_force (
    study_id uuid NOT NULL,
    id uuid NOT NULL,
    plan_id uuid NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT pro.now(),
    actor text NOT NULL,
    reason text NOT NULL CHECK (reason <> ''),
    PRIMARY KEY (study_id, id),
    FOREIGN KEY (study_id, plan_id) REFERENCES pro.analysis_plans (study_id, id)
);

GRANT SELECT, INSERT ON pro.analysis_plans, pro.plans_in_force TO pro_operator;

SELECT pro.audit_table('analysis_plans', updatable => false, columns => ARRAY['study_id', 'id',
    'content_sha256', 'label', 'source', 'document', 'recorded_at', 'actor', 'reason']);
SELECT pro.audit_table('plans_in_force', updatable => false, columns => ARRAY['study_id', 'id', 'plan_id',
    'recorded_at', 'actor', 'reason']);
