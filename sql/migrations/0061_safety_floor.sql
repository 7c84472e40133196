-- The safety floor (rule R1): a call that reached nobody is followed by another, and an investigator may end
-- the safety follow-up of the injections there were, with a reason. The word that it ended is kept for good.
CREATE TABLE pro.safety_ends (
    study_id uuid NOT NULL,
    id uuid NOT NULL,
    participant_id uuid NOT NULL,
    ended_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT pro.now(),
    actor text NOT NULL,
    reason text NOT NULL CHECK (reason <> ''),
    PRIMARY KEY (study_id, id),
    FOREIGN KEY (study_id, participant_id) REFERENCES pro.participants (study_id, id)
);
CREATE INDEX safety_ends_of_participant ON pro.safety_ends (study_id, participant_id);

ALTER TABLE pro.safety_ends ENABLE ROW LEVEL SECURITY;
ALTER TABLE pro.safety_ends FORCE ROW LEVEL SECURITY;
CREATE POLICY program ON pro.safety_ends TO pro_owner, pro_participant, pro_provider, pro_worker,
    pro_operator USING (true) WITH CHECK (true);
CREATE POLICY desk ON pro.safety_ends FOR SELECT TO pro_desk
    USING (pro.desk_may_see(study_id, participant_id, recorded_at));
CREATE POLICY clerk_reads ON pro.safety_ends FOR SELECT TO pro_clerk USING (true);
CREATE POLICY desk_may_write ON pro.safety_ends FOR INSERT TO pro_clerk
    WITH CHECK (pro.desk_may_write(study_id, participant_id));
GRANT SELECT ON pro.safety_ends TO pro_participant, pro_provider, pro_worker, pro_operator, pro_desk, pro_clerk;
GRANT INSERT ON pro.safety_ends TO pro_operator, pro_clerk;

SELECT pro.audit_table('safety_ends', updatable => false, columns => ARRAY['study_id', 'id', 'participant_id',
    'ended_at', 'recorded_at', 'actor', 'reason']);

-- Calls about safety visits that were closed: few, and looked through for those that reached nobody.
CREATE INDEX safety_calls_closed ON pro.call_tasks (closes_at)
    WHERE reason = 'safety_unanswered' AND closed_at IS NOT NULL;

-- For which visits ('-': none) and reasons calls are open, and were ever made; and of those about a visit
-- that staff closed, when and with which outcome ('reached: note:...' begins with its word).
DROP FUNCTION pro.call_keys(uuid, uuid);
CREATE FUNCTION pro.call_keys(study uuid, participant uuid)
    RETURNS TABLE (open json, made json, closed json)
    LANGUAGE sql STABLE AS $$
    SELECT json_agg(one.key) FILTER (WHERE one.closed_at IS NULL), json_agg(one.key),
           json_agg(json_build_object('visit_id', one.visit_id, 'closed_at', one.closed_at,
                                      'outcome', split_part(one.outcome, ':', 1)))
               FILTER (WHERE one.visit_id IS NOT NULL AND one.closed_by <> 'service')
    FROM (SELECT coalesce(k.visit_id::text, '-') || ':' || k.reason AS key, k.closed_at, k.visit_id,
                 k.closed_by, k.outcome
          FROM pro.call_tasks AS k
          WHERE k.study_id = study AND k.participant_id = participant) AS one
$$;

-- When an investigator last ended a participant's safety follow-up.
CREATE FUNCTION pro.safety_ended_at(study uuid, participant uuid) RETURNS timestamptz
    LANGUAGE sql STABLE AS $$
    SELECT max(e.ended_at) FROM pro.safety_ends AS e
    WHERE e.study_id = study AND e.participant_id = participant
$$;
