-- A number that turns out to be somebody else's rests at once, on the word of whoever has it now or of staff
-- who rang there, and staff are asked to find the right one. What a call came to is acted upon as it is closed.
GRANT UPDATE (wrong_at) ON pro.contact_points TO pro_provider;

GRANT SELECT ON pro.conversations, pro.invitations TO pro_clerk;
GRANT UPDATE (wrong_at, verified_at, verified_by) ON pro.contact_points TO pro_clerk;
GRANT UPDATE (revision, closed_at) ON pro.conversations TO pro_clerk;
GRANT UPDATE (focus_participant_id, focused_at) ON pro.lines TO pro_clerk;
GRANT UPDATE (ended_at, end_reason) ON pro.invitations TO pro_clerk;
GRANT UPDATE (state, state_reason) ON pro.messages TO pro_clerk;
GRANT INSERT ON pro.call_tasks, pro.alerts TO pro_clerk;
DO $$
DECLARE
    guarded text;
BEGIN
    FOREACH guarded IN ARRAY ARRAY['contact_points', 'messages'] LOOP
        EXECUTE format('CREATE POLICY desk_may_write ON pro.%I FOR UPDATE TO pro_clerk '
            'USING (pro.desk_may_write(study_id, participant_id)) '
            'WITH CHECK (pro.desk_may_write(study_id, participant_id))', guarded);
    END LOOP;
    FOREACH guarded IN ARRAY ARRAY['call_tasks', 'alerts'] LOOP
        EXECUTE format('CREATE POLICY desk_may_make ON pro.%I FOR INSERT TO pro_clerk '
            'WITH CHECK (pro.desk_may_write(study_id, participant_id))', guarded);
    END LOOP;
END
$$;

-- Whom staff may ring, each under the id by which a form says whose telephone was rung.
CREATE OR REPLACE FUNCTION pro.desk_contacts(study uuid, participant uuid) RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(json_agg(json_build_object(
               'id', c.id, 'ordinal', c.ordinal, 'kind', c.kind, 'relation', c.relation,
               'may_be_texted', c.may_be_texted, 'may_be_told', c.may_be_told, 'agreed_on', c.agreed_on,
               'silence', CASE WHEN c.wrong THEN 'wrong_number'
                               WHEN NOT c.confirmed THEN 'number_unconfirmed'
                               WHEN c.opted_out_at IS NOT NULL THEN 'opted_out'
                               WHEN c.bad THEN 'bad_number' END) ORDER BY c.ordinal), '[]')::text
    FROM pro.contacts_of(study, participant, 'infinity') AS c
    JOIN pro.contact_points AS stored ON stored.study_id = study AND stored.id = c.id
    WHERE pro.desk_may_see(study, participant, stored.recorded_at)
$$;

-- The same for the list of calls, of which there are many: what matters to whoever rings, and no more is read.
CREATE FUNCTION pro.desk_rung(study uuid, participant uuid) RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(json_agg(json_build_object(
               'id', c.id, 'ordinal', c.ordinal, 'kind', c.kind, 'relation', c.whose,
               'may_be_texted', coalesce(c.may_be_texted, false),
               'may_be_told', coalesce(c.may_be_told, false), 'agreed_on', c.agreed_on,
               'silence', CASE WHEN c.wrong_at IS NOT NULL THEN 'wrong_number'
                               WHEN c.must_confirm AND c.verified_at IS NULL THEN 'number_unconfirmed' END)
               ORDER BY c.ordinal), '[]')::text
    FROM pro.contact_points AS c
    WHERE c.study_id = study AND c.participant_id = participant AND c.valid_to IS NULL
      AND pro.desk_may_see(study, participant, c.recorded_at)
$$;
REVOKE ALL ON FUNCTION pro.desk_rung(uuid, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pro.desk_rung(uuid, uuid) TO pro_desk;
