-- No role removes what it does not own (field case M12).

-- The old table is empty and passes on what the release before writes (0036): whatever a row of it were,
-- nobody takes it away or points it elsewhere. The release before asks to, so the right itself must stay
-- until the table goes.
CREATE POLICY kept ON pro.current_responses AS RESTRICTIVE FOR DELETE TO pro_participant, pro_provider
    USING (false);
CREATE POLICY never_moved ON pro.current_responses AS RESTRICTIVE FOR UPDATE TO pro_participant, pro_provider
    USING (false);

-- The pages sweep away sessions of a week ago, and no others.
ALTER TABLE pro.participant_sessions ENABLE ROW LEVEL SECURITY;
ALTER TABLE pro.participant_sessions FORCE ROW LEVEL SECURITY;
CREATE POLICY program ON pro.participant_sessions TO pro_owner, pro_participant USING (true) WITH CHECK (true);
CREATE POLICY swept_when_old ON pro.participant_sessions AS RESTRICTIVE FOR DELETE TO pro_participant
    USING (started_at < clock_timestamp() - interval '7 days');
