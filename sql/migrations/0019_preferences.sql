-- What participants chose on their own page, and the few rights that page needs for it.

-- Insert-only: the latest row is what they wish now; NULL is as they were enrolled.
CREATE TABLE pro.preferences (
    study_id uuid NOT NULL,
    id uuid NOT NULL,
    participant_id uuid NOT NULL,
    language text CHECK (language IN ('en', 'zh_CN')),
    channel text CHECK (channel IN ('text', 'link')),
    nudge_at time,
    larger_text boolean NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT pro.now(),
    actor text NOT NULL,
    reason text,
    PRIMARY KEY (study_id, id),
    FOREIGN KEY (study_id, participant_id) REFERENCES pro.participants (study_id, id)
);
CREATE INDEX preferences_of_participant ON pro.preferences (study_id, participant_id, id);

CREATE TRIGGER audit_insert AFTER INSERT ON pro.preferences REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION pro.audit_insert();
CREATE TRIGGER insert_only BEFORE UPDATE OR DELETE ON pro.preferences
    FOR EACH ROW EXECUTE FUNCTION pro.refuse_change();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON pro.preferences
    FOR EACH STATEMENT EXECUTE FUNCTION pro.refuse_change();
ALTER TABLE pro.preferences ENABLE ROW LEVEL SECURITY;
ALTER TABLE pro.preferences FORCE ROW LEVEL SECURITY;
CREATE POLICY program ON pro.preferences TO pro_owner, pro_participant, pro_provider, pro_worker,
    pro_operator USING (true) WITH CHECK (true);
CREATE POLICY desk ON pro.preferences TO pro_desk
    USING (pro.desk_may_see(study_id, participant_id, recorded_at));
GRANT SELECT ON pro.preferences TO pro_participant, pro_provider, pro_worker, pro_operator, pro_desk;
GRANT INSERT ON pro.preferences TO pro_participant;

-- A pause is a status with another one dated to follow it; no other status comes from a page.
GRANT INSERT ON pro.statuses TO pro_participant;
CREATE POLICY only_pauses ON pro.statuses AS RESTRICTIVE FOR INSERT TO pro_participant
    WITH CHECK (status IN ('paused', 'screened', 'active', 'stopped_treatment'));
-- A choice moves the next nudges at once.
GRANT UPDATE (due_at) ON pro.reminders TO pro_participant;
-- "No more texts" holds for the line, as it does when said by text.
GRANT INSERT ON pro.lines, pro.opt_outs TO pro_participant;
