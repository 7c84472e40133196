-- An alert has three steps (rule R9): seen at the site, assessed by an investigator, closed. The first stands in
-- the alert itself, as before. An assessment is a row of its own that nobody changes; another may follow, and the
-- latest stands. Closing writes what acting on an alert in one step wrote, so that a server of the release before
-- knows it for done. An alert that was acted on and has no assessment is of the time before.
CREATE TABLE pro.alert_assessments (
    study_id uuid NOT NULL,
    id uuid NOT NULL,
    participant_id uuid NOT NULL,
    alert_id uuid NOT NULL,
    verdict text NOT NULL CHECK (verdict IN ('no_ae', 'ae', 'sae')),
    -- The number in the site's log of adverse events; it may follow with another assessment.
    reference text CHECK (reference ~ '^[A-Za-z0-9][A-Za-z0-9 ./_#-]{0,39}$'),
    -- 'note:<id>': what the participant was told.
    told text NOT NULL CHECK (pro.note_of(told) IS NOT NULL),
    assessed_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT pro.now(),
    actor text NOT NULL,
    PRIMARY KEY (study_id, id),
    FOREIGN KEY (study_id, participant_id) REFERENCES pro.participants (study_id, id),
    FOREIGN KEY (study_id, alert_id) REFERENCES pro.alerts (study_id, id),
    CHECK (verdict <> 'no_ae' OR reference IS NULL)
);
CREATE INDEX assessments_of_alert ON pro.alert_assessments (study_id, alert_id);
CREATE INDEX alert_assessments_of_participant ON pro.alert_assessments (study_id, participant_id);

ALTER TABLE pro.alert_assessments ENABLE ROW LEVEL SECURITY;
ALTER TABLE pro.alert_assessments FORCE ROW LEVEL SECURITY;
CREATE POLICY program ON pro.alert_assessments TO pro_owner, pro_participant, pro_provider, pro_worker,
    pro_operator USING (true) WITH CHECK (true);
CREATE POLICY desk ON pro.alert_assessments FOR SELECT TO pro_desk
    USING (pro.desk_may_see(study_id, participant_id, recorded_at));
CREATE POLICY clerk_reads ON pro.alert_assessments FOR SELECT TO pro_clerk USING (true);
CREATE POLICY desk_may_write ON pro.alert_assessments FOR INSERT TO pro_clerk
    WITH CHECK (pro.desk_may_write(study_id, participant_id));
GRANT SELECT ON pro.alert_assessments TO pro_worker, pro_operator, pro_desk, pro_clerk;
GRANT INSERT ON pro.alert_assessments TO pro_clerk;

SELECT pro.audit_table('alert_assessments', updatable => false, columns => ARRAY['study_id', 'id', 'participant_id',
    'alert_id', 'verdict', 'reference', 'told', 'assessed_at', 'recorded_at', 'actor']);

-- Urgent alerts that are not closed: looked for every minute, and few.
CREATE INDEX alerts_open ON pro.alerts (raised_at) WHERE acted_at IS NULL AND severity = 'urgent';
