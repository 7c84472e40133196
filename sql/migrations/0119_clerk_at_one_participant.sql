-- What staff do about one participant runs as the clerk, by the same statements as the operator's commands:
-- events and statuses with the schedule they lead to, extra visits, what is asked now, numbers, contacts and
-- opt-outs, another site. The clerk writes about participants who are now at a site set for the transaction.

-- What those decisions read beside the facts.
GRANT SELECT ON pro.senders, pro.site_protocols, pro.visit_closings, pro.participant_protocols TO pro_clerk;

GRANT INSERT ON pro.events, pro.visits, pro.visit_closings, pro.assessments, pro.reminders, pro.contact_points,
    pro.consents, pro.opt_outs, pro.lines, pro.participant_sites, pro.participant_protocols TO pro_clerk;
GRANT UPDATE (superseded_at, superseded_reason, closes_at, attended_on) ON pro.visits TO pro_clerk;
GRANT UPDATE (due_at, ended_at, end_reason) ON pro.reminders TO pro_clerk;
GRANT UPDATE (valid_to, ordinal, may_be_texted, may_be_told, agreed_on) ON pro.contact_points TO pro_clerk;
GRANT UPDATE (ended_at, ended_by, end_reason) ON pro.opt_outs TO pro_clerk;
GRANT UPDATE (valid_to) ON pro.participant_sites TO pro_clerk;
-- The statement that records an event can move somebody to another protocol version as well: the right is asked
-- for by the statement, and no row is there for the clerk (the policies below).
GRANT UPDATE (protocol_version_id) ON pro.participants TO pro_clerk;

-- Only the operator says under which version somebody is.
ALTER TABLE pro.participant_protocols ENABLE ROW LEVEL SECURITY;
ALTER TABLE pro.participant_protocols FORCE ROW LEVEL SECURITY;
CREATE POLICY program ON pro.participant_protocols TO pro_owner, pro_operator USING (true) WITH CHECK (true);

-- Made once, whichever of the desk's rooms came first.
CREATE FUNCTION pro.let_clerk(guarded text, command text) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    named CONSTANT text := CASE command WHEN 'INSERT' THEN 'desk_may_make' ELSE 'desk_may_write' END;
    rule CONSTANT text := 'pro.desk_may_write(study_id, participant_id)';
BEGIN
    IF EXISTS (SELECT FROM pg_policies WHERE schemaname = 'pro' AND tablename = guarded
                                         AND policyname = named) THEN
        EXECUTE format('DROP POLICY %I ON pro.%I', named, guarded);
    END IF;
    EXECUTE format('CREATE POLICY %I ON pro.%I FOR %s TO pro_clerk %s', named, guarded, command,
        CASE command WHEN 'INSERT' THEN format('WITH CHECK (%s)', rule)
             ELSE format('USING (%1$s) WITH CHECK (%1$s)', rule) END);
END
$$;
REVOKE ALL ON FUNCTION pro.let_clerk(text, text) FROM PUBLIC;
SELECT pro.let_clerk(one, 'INSERT')
FROM unnest(ARRAY['events', 'visits', 'assessments', 'reminders', 'contact_points', 'consents',
                  'participant_sites']) AS one;
SELECT pro.let_clerk(one, 'UPDATE') FROM unnest(ARRAY['visits', 'participant_sites']) AS one;
DROP FUNCTION pro.let_clerk(text, text);

-- An opt-out belongs to a line, which several may share: it names whose word it is, and ends on the word of
-- anybody at this desk who uses the number.
CREATE POLICY desk_opts_out ON pro.opt_outs FOR INSERT TO pro_clerk
    WITH CHECK (participant_id IS NOT NULL AND pro.desk_may_write(study_id, participant_id));
CREATE FUNCTION pro.desk_may_write_to(study uuid, line uuid) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT EXISTS (
        SELECT FROM pro.lines AS l
        JOIN pro.contact_points AS c ON c.study_id = l.study_id AND c.blind_index = l.their_index
        WHERE l.study_id = study AND l.id = line AND c.valid_to IS NULL
          AND pro.desk_may_write(study, c.participant_id))
$$;
REVOKE ALL ON FUNCTION pro.desk_may_write_to(uuid, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pro.desk_may_write_to(uuid, uuid) TO pro_clerk;
CREATE POLICY desk_opts_in ON pro.opt_outs FOR UPDATE TO pro_clerk
    USING (pro.desk_may_write_to(study_id, line_id)) WITH CHECK (pro.desk_may_write_to(study_id, line_id));

-- Which status comes from the desk is decided by the same rules as the command's; pages go on with pauses alone.
ALTER POLICY only_pauses ON pro.statuses TO pro_participant;
