-- For the copy an investigator takes of a participant's record: every entry of the audit about them, by whom, when and
-- why. What was written stands in the copy itself, as far as whoever takes it may see it; so no value and no digest of
-- one leaves this (rule R6), and words of staff are named, not opened.
CREATE FUNCTION pro.desk_audit_extract(study uuid, participant uuid)
    RETURNS TABLE (id bigint, at timestamptz, table_name text, operation text, actor text, reason text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT e.id, e.at, e.table_name, e.operation, e.actor, e.reason
    FROM pro.audit_participants AS w
    JOIN pro.audit_entries AS e ON e.at = w.at AND e.id = w.entry_id
    WHERE w.study_id = study AND w.participant_id = participant
      AND EXISTS (SELECT FROM pro.participant_sites AS ps
                  WHERE ps.study_id = study AND ps.participant_id = participant AND ps.valid_to IS NULL
                    AND ps.site_id = ANY (pro.visible_site_ids()))
    ORDER BY e.at, e.id
$$;
REVOKE ALL ON FUNCTION pro.desk_audit_extract(uuid, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pro.desk_audit_extract(uuid, uuid) TO pro_desk;

-- A command that takes a copy looks as the member of staff it names.
GRANT SELECT ON pro.present_roles TO pro_operator;
