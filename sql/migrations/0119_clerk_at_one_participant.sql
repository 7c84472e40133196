-- What staff do about one participant runs as the clerk, by the same statements as the operator's commands. Beside
-- what comes of calls that is: numbers, contacts, opt-outs that end, another site. The clerk writes about
-- participants who are now at a site set for the transaction.

-- What those decisions read beside the facts.
GRANT SELECT ON pro.site_protocols TO pro_clerk;

GRANT INSERT ON pro.contact_points, pro.consents, pro.participant_sites TO pro_clerk;
GRANT UPDATE (valid_to, ordinal, may_be_texted, may_be_told, agreed_on) ON pro.contact_points TO pro_clerk;
GRANT UPDATE (ended_at, ended_by, end_reason) ON pro.opt_outs TO pro_clerk;
GRANT UPDATE (valid_to) ON pro.participant_sites TO pro_clerk;
DO $$
DECLARE
    guarded text;
BEGIN
    FOREACH guarded IN ARRAY ARRAY['contact_points', 'consents', 'participant_sites'] LOOP
        EXECUTE format('CREATE POLICY desk_may_make ON pro.%I FOR INSERT TO pro_clerk '
            'WITH CHECK (pro.desk_may_write(study_id, participant_id))', guarded);
    END LOOP;
END
$$;
CREATE POLICY desk_may_write ON pro.participant_sites FOR UPDATE TO pro_clerk
    USING (pro.desk_may_write(study_id, participant_id))
    WITH CHECK (pro.desk_may_write(study_id, participant_id));

-- An opt-out belongs to a line, which several may share: it ends on the word of anybody at this desk who uses
-- the number.
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
