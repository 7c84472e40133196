-- Which sitting is the record is chosen once, when its visit closes, and written down with the reason
-- (`standing_sitting` of pro_service/domain/study/sittings.py is the rule).

-- A sitting in which all that was asked is answered, and that was not sent, is scored apart from one
-- that was left unfinished.
ALTER TABLE pro.scores DROP CONSTRAINT scores_basis_check,
    ADD CONSTRAINT scores_basis_check CHECK (basis IN ('complete', 'unsent', 'partial'));

-- Insert-only. One row for an assessment and a closing of its visit; where the closing was moved (the
-- injection's time was put right), the row of the present closing counts, and where there is none yet,
-- the choice is derived.
CREATE TABLE pro.standing_sittings (
    study_id uuid NOT NULL,
    id uuid NOT NULL,
    participant_id uuid NOT NULL,
    assessment_id uuid NOT NULL,
    attempt_id uuid NOT NULL,
    reason text NOT NULL CHECK (reason IN
        ('only', 'sent', 'scorable', 'fuller', 'nearest', 'earlier', 'late')),
    closes_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT pro.now(),
    actor text NOT NULL,
    PRIMARY KEY (study_id, id),
    UNIQUE (study_id, assessment_id, closes_at),
    FOREIGN KEY (study_id, participant_id) REFERENCES pro.participants (study_id, id),
    FOREIGN KEY (study_id, assessment_id) REFERENCES pro.assessments (study_id, id),
    FOREIGN KEY (study_id, attempt_id) REFERENCES pro.attempts (study_id, id)
);

ALTER TABLE pro.standing_sittings ENABLE ROW LEVEL SECURITY;
ALTER TABLE pro.standing_sittings FORCE ROW LEVEL SECURITY;
CREATE POLICY program ON pro.standing_sittings TO pro_owner, pro_participant, pro_provider, pro_worker,
    pro_operator USING (true) WITH CHECK (true);
CREATE POLICY clerk_reads ON pro.standing_sittings FOR SELECT TO pro_clerk USING (true);
CREATE POLICY desk ON pro.standing_sittings TO pro_desk
    USING (pro.desk_may_see(study_id, participant_id, recorded_at));
GRANT SELECT ON pro.standing_sittings
    TO pro_participant, pro_provider, pro_worker, pro_operator, pro_desk, pro_clerk;
GRANT INSERT ON pro.standing_sittings TO pro_worker;
SELECT pro.audit_table('standing_sittings', updatable => false, columns => ARRAY['study_id', 'id',
    'participant_id', 'assessment_id', 'attempt_id', 'reason', 'closes_at', 'recorded_at', 'actor']);

-- For which closing it was chosen which sittings of a visit are the record: what differs from its closing
-- is still to be chosen. A sitting sent late empties it, for at a visit that was missed it may stand.
ALTER TABLE pro.visits ADD COLUMN chosen_for timestamptz;
CREATE INDEX visits_to_choose ON pro.visits (closes_at)
    WHERE superseded_at IS NULL AND NOT provisional AND chosen_for IS DISTINCT FROM closes_at;
GRANT UPDATE (chosen_for) ON pro.visits TO pro_participant, pro_provider, pro_worker;
SELECT pro.list_audited('visits', ARRAY['study_id', 'id', 'participant_id', 'definition', 'kind',
    'occurrence', 'schedule_revision', 'provisional', 'opens_at', 'target_on', 'closes_at',
    'attended_on', 'superseded_at', 'superseded_reason', 'recorded_at', 'actor', 'chosen_for']);
